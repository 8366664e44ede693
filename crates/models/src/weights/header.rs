//! The header of a safetensors file: which tensors it holds and where. It is read and checked before any of their numbers.
//!
//! The format is that of <https://github.com/huggingface/safetensors#format>, with one liberty: other programs may keep
//! what they like among the metadata, as long as it is JSON.

use std::collections::{BTreeMap, btree_map};
use std::fmt::{Formatter, Result as Fmt};
use std::io::Read;

use serde::Deserialize;
use serde::de::{Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::Reason;
use super::float::Float;
use crate::check::MOST_LAYERS;
use crate::file_kind::{FILE_KIND_BYTES, file_kind};
use crate::summary::product;

/// The most bytes of a header: some ten times as many as the largest network's take.
pub const MOST_HEADER_BYTES: u64 = 1 << 20;
/// The most tensors of a file: a weight and a bias of each layer, and of the output.
pub const MOST_TENSORS: usize = 2 * (MOST_LAYERS + 1);

/// Letters of a name that a message shows.
pub(super) const QUOTED: usize = 60;
/// Bytes of the number before the header: its length.
const LENGTH: u64 = 8;

/// What a file says of itself.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) metadata: Map<String, Value>,
    pub(super) tensors: BTreeMap<String, Entry>,
    /// Bytes before the first tensor.
    pub(super) start: u64,
}

/// One tensor of a file.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    /// The type of its numbers, as safetensors spells it.
    pub(super) dtype: String,
    pub(super) shape: Vec<usize>,
    /// Its first byte and the one after its last, both counted from the first tensor.
    #[serde(rename = "data_offsets")]
    pub(super) bytes: [u64; 2],
}

impl Header {
    /// Reads the header of `file`, which has `length` bytes.
    pub(super) fn read(file: &mut impl Read, length: u64) -> Result<Self, Reason> {
        let mut first = Vec::with_capacity(FILE_KIND_BYTES);
        file.by_ref().take(FILE_KIND_BYTES as u64).read_to_end(&mut first).map_err(Reason::Read)?;
        let header = Self::length(&first, length)?;
        let mut text = first.split_off(LENGTH as usize);
        text.truncate(header as usize);
        file.by_ref().take(header - text.len() as u64).read_to_end(&mut text).map_err(Reason::Read)?;
        let Content { metadata, tensors } = serde_json::from_slice(&text).map_err(Reason::Header)?;
        let read = Self { metadata, tensors, start: LENGTH + header };
        read.check_places(length)?;
        Ok(read)
    }

    /// Numbers in all tensors, for which the file has bytes.
    pub(super) fn numbers(&self) -> Result<u64, Reason> {
        let numbers = self.tensors.iter().map(|(name, entry)| entry.numbers(name));
        numbers.sum()
    }

    /// Bytes of the header of a file that begins with `first` and has `length` bytes.
    fn length(first: &[u8], length: u64) -> Result<u64, Reason> {
        let other = || file_kind(first).filter(|kind| *kind != "a safetensors file");
        let Some(word) = first.first_chunk::<8>() else {
            return Err(Reason::Incomplete(format!("{length} bytes")));
        };
        let header = u64::from_le_bytes(*word);
        let expected = LENGTH.saturating_add(header);
        match other() {
            Some(kind) if first.get(8) != Some(&b'{') => Err(Reason::Other(kind)),
            _ if expected > length => Err(Reason::Incomplete(format!(
                "its header ends at byte {expected}, the file at byte {length}"
            ))),
            _ if header > MOST_HEADER_BYTES => Err(Reason::LongHeader(header)),
            _ => Ok(header),
        }
    }

    /// Refuses tensors that overlap, leave a gap, or do not end where the file does.
    fn check_places(&self, length: u64) -> Result<(), Reason> {
        let mut places: Vec<_> = self.tensors.iter().map(|(name, entry)| (entry.bytes, name)).collect();
        places.sort_unstable();
        let mut end = 0;
        for ([first, last], name) in places {
            if first != end || last < first {
                let place = format!("from byte {first} to {last}, expected from byte {end}");
                return Err(Reason::Place { name: quoted(name), place });
            }
            end = last;
        }
        let end = self.start.saturating_add(end);
        if end > length {
            return Err(Reason::Incomplete(format!(
                "its tensors end at byte {end}, the file at byte {length}"
            )));
        }
        if end < length {
            return Err(Reason::Trailing(length - end));
        }
        Ok(())
    }
}

impl Entry {
    fn numbers(&self, name: &str) -> Result<u64, Reason> {
        let numbers = product(&self.shape);
        let found = self.bytes[1] - self.bytes[0];
        match Float::named(&self.dtype) {
            Some(float) if numbers.saturating_mul(float.size() as u64) != found => {
                let expected = numbers.saturating_mul(float.size() as u64);
                Err(Reason::Size { name: quoted(name), expected, found })
            }
            // Tensors of other types are refused later: by their name or by their type.
            _ => Ok(numbers.min(found)),
        }
    }
}

struct Content {
    metadata: Map<String, Value>,
    tensors: BTreeMap<String, Entry>,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Content;

            fn expecting(&self, f: &mut Formatter<'_>) -> Fmt {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
                let mut content = Content { metadata: Map::new(), tensors: BTreeMap::new() };
                while let Some(name) = entries.next_key::<String>()? {
                    if name == "__metadata__" {
                        content.metadata = entries.next_value::<Option<_>>()?.unwrap_or_default();
                    } else if content.tensors.len() == MOST_TENSORS {
                        return Err(A::Error::custom(format!("more than {MOST_TENSORS} tensors")));
                    } else {
                        match content.tensors.entry(name) {
                            btree_map::Entry::Vacant(place) => _ = place.insert(entries.next_value()?),
                            btree_map::Entry::Occupied(place) => {
                                let name = quoted(place.key());
                                return Err(A::Error::custom(format!("two tensors are called {name}")));
                            }
                        }
                    }
                }
                Ok(content)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// A name that a stranger's file holds, on one line of bounded length.
pub(super) fn quoted(name: &str) -> String {
    let mut letters = name.escape_debug();
    let shown: String = letters.by_ref().take(QUOTED).collect();
    format!("`{shown}{}`", if letters.next().is_some() { "…" } else { "" })
}
