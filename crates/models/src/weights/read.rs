//! Reading a file of weights: its header, then what is in it, checked one after the other.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use burn::prelude::*;
use burn_store::{ModuleSnapshot, bridge};
use serde_json::Value;

use super::float::Float;
use super::header::{Entry, Header};
use super::layout::layout;
use super::{CONFIGURATION, NOTE, Reason};
use crate::{Network, NetworkConfig};

/// Bytes of a tensor that are read at a time: whole numbers of each type.
const PIECE: usize = 1 << 16;
/// Letters of a name that a message shows.
const QUOTED: usize = 60;

/// Opens a regular file and reads its header. A pipe or a device might never end, or never begin.
pub(super) fn open(path: &Path) -> Result<(File, Header), Reason> {
    let kind = fs::metadata(path).map_err(Reason::Read)?;
    if kind.is_dir() {
        return Err(Reason::NotAFile("a folder"));
    }
    if !kind.is_file() {
        return Err(Reason::NotAFile("a pipe or a device"));
    }
    let mut file = File::open(path).map_err(Reason::Read)?;
    let length = file.metadata().map_err(Reason::Read)?.len();
    let header = Header::read(&mut file, length)?;
    Ok((file, header))
}

pub(super) fn read(
    file: &mut File,
    header: &Header,
    device: &Device,
) -> Result<(NetworkConfig, Network), Reason> {
    let config = configuration(header)?;
    // All is compared before the network is made: it takes no more memory than the file has bytes for.
    let layout = layout(&config);
    let entries = layout.iter().map(|(name, shape)| Ok((name, find(header, name, shape)?)));
    let entries = entries.collect::<Result<Vec<_>, Reason>>()?;
    if let Some(name) = header.tensors.keys().find(|name| layout.iter().all(|(known, _)| known != *name)) {
        return Err(Reason::Unexpected(quoted(name)));
    }
    let tensors = entries.into_iter().map(|(name, (entry, float))| {
        let values = values(file, header.start, name, entry, float)?;
        Ok(bridge::from_data(TensorData::new(values, entry.shape.clone()), name.clone(), None))
    });
    let tensors = tensors.collect::<Result<Vec<_>, Reason>>()?;
    let mut network = config.init(device);
    let applied = network.apply(tensors, None, None, true);
    match applied.missing.into_iter().next() {
        Some((name, _)) => Err(Reason::Missing(name)),
        None => Ok((config, network)),
    }
}

/// The tensor of this name and the type of its numbers, if it has this shape and as many bytes.
fn find<'a>(header: &'a Header, name: &str, expected: &[usize]) -> Result<(&'a Entry, Float), Reason> {
    let name = || name.to_owned();
    let entry = header.tensors.get(&name()).ok_or_else(|| Reason::Missing(name()))?;
    if entry.shape != expected {
        let (expected, found) = (expected.to_owned(), entry.shape.clone());
        return Err(Reason::Shape { name: name(), expected, found });
    }
    let float = Float::named(&entry.dtype)
        .ok_or_else(|| Reason::Type { name: name(), found: quoted(&entry.dtype) })?;
    let sizes = expected.iter().map(|&size| size as u64);
    let expected = sizes.fold(float.size() as u64, u64::saturating_mul);
    let found = entry.bytes[1] - entry.bytes[0];
    if found != expected {
        return Err(Reason::Size { name: name(), expected, found });
    }
    Ok((entry, float))
}

/// The numbers of a tensor, all of them finite.
fn values(file: &mut File, start: u64, name: &str, entry: &Entry, float: Float) -> Result<Vec<f32>, Reason> {
    let [first, last] = entry.bytes;
    let length = (last - first) as usize;
    file.seek(SeekFrom::Start(start + first)).map_err(Reason::Read)?;
    let mut values = Vec::with_capacity(length / float.size());
    let mut piece = vec![0; PIECE.min(length)];
    for begin in (0..length).step_by(PIECE) {
        let piece = &mut piece[..PIECE.min(length - begin)];
        file.read_exact(piece).map_err(Reason::Read)?;
        let before = values.len();
        float.append(piece, &mut values);
        if let Some(at) = values[before..].iter().position(|value| !value.is_finite()) {
            let finite = float == Float::F64 && f64::from_le_bytes(piece.as_chunks().0[at]).is_finite();
            let name = name.to_owned();
            return Err(if finite { Reason::Range(name) } else { Reason::NotFinite(name) });
        }
    }
    Ok(values)
}

/// The configuration among the metadata of a file.
fn configuration(header: &Header) -> Result<NetworkConfig, Reason> {
    let mut described = description(header)?;
    if let Some(entries) = described.as_object_mut() {
        entries.remove(NOTE);
    }
    let config: NetworkConfig = serde_json::from_value(described.clone()).map_err(Reason::Configuration)?;
    config.check().map_err(Reason::Refused)?;
    let known = serde_json::to_value(&config).map_err(Reason::Configuration)?;
    match unknown_key(&described, &known) {
        Some(key) => Err(Reason::UnknownKey(key)),
        None => Ok(config),
    }
}

/// What the metadata of a file say of the network.
pub(super) fn description(header: &Header) -> Result<Value, Reason> {
    match header.metadata.get(CONFIGURATION) {
        None => Err(Reason::NoConfiguration),
        Some(Value::String(text)) => serde_json::from_str(text).map_err(Reason::Configuration),
        Some(other) => serde_json::from_value::<String>(other.clone())
            .map_err(Reason::Configuration)
            .and(Err(Reason::NoConfiguration)),
    }
}

/// A key of `given` that `known` does not have: what was read, written again, has all keys that mean something.
fn unknown_key(given: &Value, known: &Value) -> Option<String> {
    given.as_object()?.iter().find_map(|(key, value)| match known.get(key) {
        None => Some(key.escape_debug().take(QUOTED).collect()),
        Some(known) => unknown_key(value, known).map(|inner| format!("{key}.{inner}")),
    })
}

/// A name that a stranger's file holds, on one line of bounded length.
pub(super) fn quoted(name: &str) -> String {
    let mut letters = name.escape_debug();
    let shown: String = letters.by_ref().take(QUOTED).collect();
    format!("`{shown}{}`", if letters.next().is_some() { "…" } else { "" })
}
