//! Reading a file of weights: its header, then what is in it, checked one after the other.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use burn::prelude::*;
use burn_store::{ModuleSnapshot, bridge};
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Map, Value};

use super::float::Float;
use super::header::{Entry, Header, QUOTED, quoted};
use super::{CONFIGURATION, KIND, MOST_TENSORS, NOTE, Reason};
use crate::{NetworkConfig, check_network};

/// Bytes of a tensor that are read at a time: whole numbers of each type.
const PIECE: usize = 1 << 16;
/// A network of so many parameters, 4 MiB of them, is made whatever the file holds: the message then names the tensor that
/// does not fit. A larger one is made only if the file has as many numbers.
const SMALL: u64 = 1 << 20;

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

pub(super) fn read<C: NetworkConfig>(
    file: &mut (impl Read + Seek),
    header: &Header,
    device: &Device,
) -> Result<(C, C::Network), Reason> {
    let config: C = Description::read(header)?.configuration()?;
    let (found, expected) = (header.numbers()?, config.summary().parameters());
    if expected > found.max(SMALL) {
        return Err(Reason::Numbers { found, expected });
    }
    let mut network = config.init(device);
    // All is compared before any numbers are read.
    let layout = layout(&network)?;
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
    let applied = network.apply(tensors, None, None, true);
    match applied.missing.into_iter().next() {
        Some((name, _)) => Err(Reason::Missing(name)),
        None => Ok((config, network)),
    }
}

/// The tensors of a network: their names and shapes. Or why a file cannot hold them.
pub(super) fn layout(network: &impl Module) -> Result<Vec<(String, Vec<usize>)>, Reason> {
    let tensors = network.collect(None, None, true);
    if let Some(tensor) = tensors.iter().find(|tensor| !tensor.dtype.is_float()) {
        let (name, found) = (&tensor.name, tensor.dtype);
        return Err(Reason::Network(format!(
            "tensor `{name}` holds {found:?}, expected floating-point numbers"
        )));
    }
    if tensors.len() > MOST_TENSORS {
        return Err(Reason::Network(format!("{} tensors, expected at most {MOST_TENSORS}", tensors.len())));
    }
    Ok(tensors.into_iter().map(|tensor| (tensor.name, tensor.shape.iter().copied().collect())).collect())
}

/// The tensor of this name and the type of its numbers, if it has this shape.
fn find<'a>(header: &'a Header, name: &str, expected: &[usize]) -> Result<(&'a Entry, Float), Reason> {
    let name = || name.to_owned();
    let entry = header.tensors.get(&name()).ok_or_else(|| Reason::Missing(name()))?;
    if entry.shape != expected {
        let (expected, found) = (expected.to_owned(), entry.shape.clone());
        return Err(Reason::Shape { name: name(), expected, found });
    }
    match Float::named(&entry.dtype) {
        Some(float) => Ok((entry, float)),
        None => Err(Reason::Type { name: name(), found: quoted(&entry.dtype) }),
    }
}

/// The numbers of a tensor, all of them finite.
fn values(
    file: &mut (impl Read + Seek),
    start: u64,
    name: &str,
    entry: &Entry,
    float: Float,
) -> Result<Vec<f32>, Reason> {
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

/// What the metadata of a file say of the network.
pub(super) struct Description {
    pub(super) kind: String,
    pub(super) note: Value,
    settings: Map<String, Value>,
}

impl Description {
    pub(super) fn read(header: &Header) -> Result<Self, Reason> {
        let text = match header.metadata.get(CONFIGURATION) {
            None => return Err(Reason::NoConfiguration),
            Some(text) => String::deserialize(text).map_err(Reason::Configuration)?,
        };
        let mut settings: Map<String, Value> = serde_json::from_str(&text).map_err(Reason::Configuration)?;
        let note = settings.remove(NOTE).unwrap_or_default();
        match settings.remove(KIND) {
            None => Err(Reason::Configuration(serde_json::Error::missing_field(KIND))),
            Some(kind) => {
                let kind = String::deserialize(kind).map_err(Reason::Configuration)?;
                Ok(Self { kind, note, settings })
            }
        }
    }

    /// The settings of a network of kind `C`, checked.
    fn configuration<C: NetworkConfig>(self) -> Result<C, Reason> {
        if self.kind != C::KIND {
            let found = self.kind.escape_debug().take(QUOTED).collect();
            return Err(Reason::Kind { found, expected: C::KIND });
        }
        let described = Value::Object(self.settings);
        let config = C::deserialize(&described).map_err(Reason::Configuration)?;
        check_network(&config).map_err(Reason::Refused)?;
        let known = serde_json::to_value(&config).map_err(Reason::Configuration)?;
        match unknown_key(&described, &known) {
            Some(key) => Err(Reason::UnknownKey(key)),
            None => Ok(config),
        }
    }
}

/// A key of `given` that `known` does not have: what was read, written again, has all keys that mean something.
fn unknown_key(given: &Value, known: &Value) -> Option<String> {
    given.as_object()?.iter().find_map(|(key, value)| match known.get(key) {
        None => Some(key.escape_debug().take(QUOTED).collect()),
        Some(known) => unknown_key(value, known).map(|inner| format!("{key}.{inner}")),
    })
}
