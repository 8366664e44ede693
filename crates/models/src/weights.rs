//! Networks as files: safetensors, with the configuration in the metadata.
//!
//! Tensors are named by their place in the network, such as `hidden.0.weight`. A file is complete or absent: it gets its
//! name once all of it is on the disk.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use burn::prelude::*;
use burn::tensor::Shape;
use burn_pack::AtomicFile;
use burn_store::{ApplyError, ModuleSnapshot, ModuleStore, SafetensorsStore, bridge};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::{ConfigError, Network, NetworkConfig};

/// The key of the configuration among the metadata.
const CONFIGURATION: &str = "tinderbox.network";
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
    /// The bytes are no safetensors file, or end too early.
    #[error("no complete safetensors file ({0}); was it copied to the end?")]
    Format(String),
    /// The metadata lack the configuration.
    #[error("no `{CONFIGURATION}` among its metadata; was it saved by Tinderbox?")]
    NoConfiguration,
    /// The configuration cannot be read as a network's.
    #[error("its configuration describes no network of Tinderbox: {0}")]
    Configuration(serde_json::Error),
    /// The configuration can be read, but [`check`](NetworkConfig::check) refuses it.
    #[error("its configuration is refused: {0}")]
    Refused(ConfigError),
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
    /// A tensor that the network has and the file lacks.
    #[error("tensor `{0}` is missing")]
    Missing(String),
    /// A tensor that the file has and the network lacks.
    #[error("tensor `{0}` is no part of the network")]
    Unexpected(String),
    /// A tensor that cannot be read.
    #[error("tensor `{name}` cannot be read: {message}")]
    Tensor {
        /// The tensor.
        name: String,
        /// What Burn says about it.
        message: String,
    },
    /// A tensor with NaN or infinity in it.
    #[error("tensor `{0}` holds a value that is not finite; did its training diverge?")]
    NotFinite(String),
}

/// Writes a network and its configuration to `path`, replacing what was there.
///
/// # Errors
/// If the file cannot be written; what was at `path` is then still there.
pub fn save(network: &Network, config: &NetworkConfig, path: &Path) -> Result<(), WeightsError> {
    save_with_note(network, config, &Value::Null, path)
}

/// As [`save`], with a note that [`note`] reads: where the weights come from, say.
///
/// # Errors
/// As [`save`].
pub fn save_with_note(
    network: &Network,
    config: &NetworkConfig,
    note: &Value,
    path: &Path,
) -> Result<(), WeightsError> {
    to_bytes(network, config, note)
        .and_then(|bytes| write(path, &bytes))
        .map_err(|reason| WeightsError { path: path.to_owned(), reason })
}

/// A whole file.
fn to_bytes(network: &Network, config: &NetworkConfig, note: &Value) -> Result<Vec<u8>, Reason> {
    let mut configuration = serde_json::to_value(config).map_err(Reason::unwritten)?;
    if !note.is_null() {
        configuration[NOTE] = note.clone();
    }
    let configuration = configuration.to_string();
    // Burn's own metadata are left out: with a single key, equal networks make equal files.
    let mut store = SafetensorsStore::from_bytes(None)
        .skip_enum_variants(true)
        .clear_metadata()
        .metadata(CONFIGURATION, configuration);
    network.save_into(&mut store).map_err(Reason::unwritten)?;
    store.get_bytes().map_err(Reason::unwritten)
}

/// Writes a whole file with the mode that the umask leaves; Burn's store makes one that only its owner can read.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Reason> {
    let (scratch, mut file) = AtomicFile::create(path).map_err(Reason::unwritten)?;
    // Scratch files that nobody holds locked count as left over. Where there are no locks, none are looked for.
    _ = file.try_lock();
    file.write_all(bytes).map_err(Reason::unwritten)?;
    let committed = scratch.commit().map_err(Reason::unwritten);
    drop(file);
    committed
}

/// Reads a network that [`save`] wrote, onto `device`.
///
/// # Errors
/// Says what is wrong with the file, and which tensor does not fit the configuration.
pub fn load(path: &Path, device: &Device) -> Result<(NetworkConfig, Network), WeightsError> {
    fs::read(path)
        .map_err(Reason::Read)
        .and_then(|bytes| read(bytes, device))
        .map_err(|reason| WeightsError { path: path.to_owned(), reason })
}

/// The note of a file that [`save_with_note`] wrote; null if it has none.
///
/// # Errors
/// If the file cannot be read, or describes no network of Tinderbox.
pub fn note(path: &Path) -> Result<Value, WeightsError> {
    fs::read(path)
        .map_err(Reason::Read)
        .and_then(|bytes| Ok(metadata(&bytes)?.get(NOTE).cloned().unwrap_or_default()))
        .map_err(|reason| WeightsError { path: path.to_owned(), reason })
}

fn read(bytes: Vec<u8>, device: &Device) -> Result<(NetworkConfig, Network), Reason> {
    let config = configuration(&bytes)?;
    let mut store = SafetensorsStore::from_bytes(Some(bytes))
        .skip_enum_variants(true)
        .validate(false)
        .allow_partial(true);
    refuse_infinities(&mut store)?;

    let mut network = config.init(device);
    let applied = network.load_from(&mut store).map_err(|error| Reason::Format(error.to_string()))?;
    if let Some(error) = applied.errors.into_iter().next() {
        return Err(error.into());
    }
    if let Some((name, _)) = applied.missing.into_iter().next() {
        return Err(Reason::Missing(name));
    }
    if let Some(name) = applied.unused.into_iter().next() {
        return Err(Reason::Unexpected(name));
    }
    Ok((config, network))
}

/// The configuration among the metadata of a whole file.
fn configuration(bytes: &[u8]) -> Result<NetworkConfig, Reason> {
    let mut described = metadata(bytes)?;
    if let Some(entries) = described.as_object_mut() {
        entries.remove(NOTE);
    }
    let config: NetworkConfig = serde_json::from_value(described).map_err(Reason::Configuration)?;
    config.check().map_err(Reason::Refused)?;
    Ok(config)
}

/// What the metadata of a whole file say of the network.
fn metadata(bytes: &[u8]) -> Result<Value, Reason> {
    // Burn's store reads no metadata. This also checks that the tensors fill the file to its end.
    let (_, metadata) =
        SafeTensors::read_metadata(bytes).map_err(|error| Reason::Format(error.to_string()))?;
    let configuration =
        metadata.metadata().as_ref().and_then(|map| map.get(CONFIGURATION)).ok_or(Reason::NoConfiguration)?;
    serde_json::from_str(configuration).map_err(Reason::Configuration)
}

fn refuse_infinities(store: &mut SafetensorsStore) -> Result<(), Reason> {
    let tensors = store.get_all_tensors().map_err(|error| Reason::Format(error.to_string()))?;
    for (name, tensor) in tensors {
        let data = bridge::to_data(tensor)
            .map_err(|error| Reason::Tensor { name: name.clone(), message: error.to_string() })?;
        if data.iter::<f32>().any(|value| !value.is_finite()) {
            return Err(Reason::NotFinite(name.clone()));
        }
    }
    Ok(())
}

impl Reason {
    fn unwritten(error: impl std::fmt::Display) -> Self {
        Self::Write(error.to_string())
    }
}

impl From<ApplyError> for Reason {
    fn from(error: ApplyError) -> Self {
        let sizes = |shape: Shape| shape.iter().copied().collect();
        match error {
            ApplyError::ShapeMismatch { path, expected, found } => {
                Self::Shape { name: path, expected: sizes(expected), found: sizes(found) }
            }
            ApplyError::DTypeMismatch { path, expected, found } => {
                Self::Tensor { name: path, message: format!("it holds {found:?}, expected {expected:?}") }
            }
            ApplyError::AdapterError { path, message } | ApplyError::LoadError { path, message } => {
                Self::Tensor { name: path, message }
            }
        }
    }
}

#[cfg(test)]
mod tests;
