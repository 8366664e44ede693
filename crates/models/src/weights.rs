//! Networks as files: safetensors, with the configuration in the metadata.
//!
//! Tensors are named by their place in the network, such as `hidden.0.weight`. A file is complete or absent: it gets its
//! name once all of it is on the disk.
//!
//! A reader may be given any file. It first reads the header, at most [`MOST_HEADER_BYTES`], and compares the number of
//! parameters in it with the network's, then the names and shapes of its tensors. Only a file that holds the whole network,
//! and nothing else, is read further. That takes twice the memory of the network: its weights as the file has them, and the
//! network.

mod read;

mod float;
mod header;

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use burn::prelude::*;
use burn_pack::AtomicFile;
use burn_store::{ModuleSnapshot, SafetensorsStore};
use serde_json::Map;

use self::header::Header;
use self::read::{Description, layout, open, read};
use crate::{ConfigError, NetworkConfig};

pub use header::{MOST_HEADER_BYTES, MOST_TENSORS};
pub use serde_json::Value;

/// The key of the configuration among the metadata.
const CONFIGURATION: &str = "tinderbox.network";
/// The key of the kind within the configuration.
const KIND: &str = "kind";
/// The key of the note within the configuration: a second key among the metadata would come in any order.
const NOTE: &str = "note";

/// A file of weights that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct WeightsError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a file of weights.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// The file cannot be opened or read.
    #[error("cannot be read: {0}")]
    Read(std::io::Error),
    /// The file cannot be written.
    #[error("cannot be written: {0}")]
    Write(String),
    /// Not a regular file.
    #[error("is {0}, expected a file")]
    NotAFile(&'static str),
    /// The file is of another format.
    #[error("is {0}, expected a safetensors file")]
    Other(&'static str),
    /// The bytes end too early, or are not those of a safetensors file.
    #[error("is not a complete safetensors file ({0}); was it copied completely?")]
    Incomplete(String),
    /// Bytes after the last tensor.
    #[error("has {0} bytes after its last tensor")]
    Trailing(u64),
    /// A header beyond [`MOST_HEADER_BYTES`].
    #[error("has a header of {0} bytes, expected at most {MOST_HEADER_BYTES}")]
    LongHeader(u64),
    /// The header cannot be read.
    #[error("its header cannot be read: {0}")]
    Header(serde_json::Error),
    /// Tensors overlap or leave a gap.
    #[error("tensor {name} lies {place}")]
    Place {
        /// The tensor.
        name: String,
        /// Where it lies, and where it should.
        place: String,
    },
    /// The metadata lack the configuration.
    #[error("no `{CONFIGURATION}` among its metadata; was it saved by Tinderbox?")]
    NoConfiguration,
    /// The configuration cannot be read as a network's.
    #[error("its configuration does not describe a Tinderbox network: {0}")]
    Configuration(serde_json::Error),
    /// A key of the configuration that the network does not have.
    #[error("its configuration has the unknown key `{0}`")]
    UnknownKey(String),
    /// A network of another kind than the caller's.
    #[error("holds a network of kind `{found}`, expected kind `{expected}`")]
    Kind {
        /// The kind in the file.
        found: String,
        /// The kind that was asked for.
        expected: &'static str,
    },
    /// The configuration can be read, but [`check_network`](crate::check_network) refuses it.
    #[error("its configuration is refused: {0}")]
    Refused(ConfigError),
    /// A network with tensors that no file of weights holds.
    #[error("cannot hold the network: {0}")]
    Network(String),
    /// Fewer numbers than the network has parameters.
    #[error(
        "its tensors hold {found} numbers, but the network in its configuration has {expected} parameters"
    )]
    Numbers {
        /// Numbers in the file.
        found: u64,
        /// Parameters by the configuration.
        expected: u64,
    },
    /// A tensor of another shape than the configuration's.
    #[error("tensor `{name}` has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape by the configuration.
        expected: Vec<usize>,
        /// Its shape in the file.
        found: Vec<usize>,
    },
    /// A tensor of numbers that cannot be weights.
    #[error("tensor `{name}` holds {found}, expected F32 (F16, BF16 and F64 are converted)")]
    Type {
        /// The tensor.
        name: String,
        /// The type, as safetensors spells it.
        found: String,
    },
    /// A tensor whose bytes do not fit its shape.
    #[error("tensor {name} has {found} bytes, expected {expected}")]
    Size {
        /// The tensor.
        name: String,
        /// Bytes by its shape and type.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// A tensor that the network has and the file lacks.
    #[error("tensor `{0}` is missing")]
    Missing(String),
    /// A tensor that the file has and the network lacks.
    #[error("tensor {0} is not part of the network")]
    Unexpected(String),
    /// A tensor with NaN or infinity in it.
    #[error("tensor `{0}` holds a value that is not finite; did its training diverge?")]
    NotFinite(String),
    /// A tensor with a finite number in it that has no place in 32 bits.
    #[error("tensor `{0}` holds a value beyond the range of 32-bit numbers")]
    Range(String),
}

/// Writes a network and its configuration to `path`, replacing what was there.
///
/// # Errors
/// If the file cannot be written; what was at `path` is then still there.
pub fn save<C: NetworkConfig>(network: &C::Network, config: &C, path: &Path) -> Result<(), WeightsError> {
    save_with_note(network, config, &Value::Null, path)
}

/// As [`save`], with a note that [`note`] reads: where the weights come from, say.
///
/// # Errors
/// As [`save`].
pub fn save_with_note<C: NetworkConfig>(
    network: &C::Network,
    config: &C,
    note: &Value,
    path: &Path,
) -> Result<(), WeightsError> {
    let saved = to_bytes(network, config, note).and_then(|bytes| write(path, &bytes));
    saved.map_err(|reason| reason.at(path))
}

/// A whole file.
pub(crate) fn to_bytes<C: NetworkConfig>(
    network: &C::Network,
    config: &C,
    note: &Value,
) -> Result<Vec<u8>, Reason> {
    let settings: Map<String, Value> = serde_json::to_value(config)
        .and_then(serde_json::from_value)
        .map_err(|error| Reason::unwritten(format!("its configuration is not an object: {error}")))?;
    if let Some(key) = [KIND, NOTE].into_iter().find(|key| settings.contains_key(*key)) {
        return Err(Reason::unwritten(format!("its configuration uses the reserved key `{key}`")));
    }
    let mut configuration = Map::from_iter([(KIND.to_owned(), C::KIND.into())]);
    configuration.extend(settings);
    if !note.is_null() {
        configuration.insert(NOTE.to_owned(), note.clone());
    }
    // Running statistics lag behind by an update that `valid` brings in.
    let network = network.valid();
    layout(&network)?;
    // Burn's own metadata are left out: with a single key, equal networks make equal files.
    let mut store = SafetensorsStore::from_bytes(None)
        .skip_enum_variants(true)
        .clear_metadata()
        .metadata(CONFIGURATION, Value::Object(configuration).to_string());
    network.save_into(&mut store).map_err(Reason::unwritten)?;
    store.get_bytes().map_err(Reason::unwritten)
}

/// Writes a whole file with the mode that the umask leaves; Burn's store makes one that only its owner can read.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Reason> {
    let (scratch, mut file) = AtomicFile::create(path).map_err(Reason::unwritten)?;
    // Scratch files that nobody holds locked count as left over. Where there are no locks, none are looked for.
    _ = file.try_lock();
    file.write_all(bytes).map_err(Reason::unwritten)?;
    // Late failures of a write are reported to the handle that wrote.
    file.sync_all().map_err(Reason::unwritten)?;
    let committed = scratch.commit().map_err(Reason::unwritten);
    drop(file);
    committed
}

/// Reads a network that [`save`] wrote, onto `device`. Weights of other floating-point types become 32-bit numbers.
///
/// # Errors
/// Says what is wrong with the file, which tensor does not fit the configuration, or that the network is of another kind.
pub fn load<C: NetworkConfig>(path: &Path, device: &Device) -> Result<(C, C::Network), WeightsError> {
    let loaded = open(path).and_then(|(mut file, header)| read(&mut file, &header, device));
    loaded.map_err(|reason| reason.at(path))
}

/// As [`load`], from a whole file in memory.
pub(crate) fn from_bytes<C: NetworkConfig>(bytes: &[u8], device: &Device) -> Result<(C, C::Network), Reason> {
    let mut file = Cursor::new(bytes);
    let header = Header::read(&mut file, bytes.len() as u64)?;
    read(&mut file, &header, device)
}

/// The [`KIND`](NetworkConfig::KIND) of the network in a file, for programs that choose by it what to [`load`].
///
/// # Errors
/// If the file cannot be read, or does not describe a Tinderbox network.
pub fn kind(path: &Path) -> Result<String, WeightsError> {
    Ok(described(path)?.kind)
}

/// The note of a file that [`save_with_note`] wrote; null if it has none.
///
/// # Errors
/// If the file cannot be read, or does not describe a Tinderbox network.
pub fn note(path: &Path) -> Result<Value, WeightsError> {
    Ok(described(path)?.note)
}

fn described(path: &Path) -> Result<Description, WeightsError> {
    open(path).and_then(|(_, header)| Description::read(&header)).map_err(|reason| reason.at(path))
}

impl Reason {
    fn unwritten(error: impl std::fmt::Display) -> Self {
        Self::Write(error.to_string())
    }

    fn at(self, path: &Path) -> WeightsError {
        WeightsError { path: path.to_owned(), reason: self }
    }
}

#[cfg(test)]
mod tests;
