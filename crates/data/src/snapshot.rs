//! A snapshot: a dataset as one binary file, for processes that start often.
//!
//! Reading USPS as text takes a fifth of a second, reading its snapshot an eighth of that. A snapshot is a safetensors file,
//! which Python can open too. Its checksum is kept elsewhere: a reader must know which file it expects, and refuses one that
//! was damaged or comes from another version of the program.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;
use crate::dataset::{Dataset, Origin};
use crate::images::{Images, Shape};
use crate::regular::Regular;
use crate::replace::replace;

/// The most bytes of a snapshot, written or read: 27 times the size of USPS.
pub const MOST_SNAPSHOT_BYTES: u64 = 256 << 20;

/// Error of writing or reading a snapshot.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct SnapshotError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Io(io::Error),
    #[error("a snapshot of {0} bytes, expected at most {MOST_SNAPSHOT_BYTES}")]
    Long(u64),
    #[error("SHA-256 {found}, expected {expected}; it was damaged, or another program wrote it")]
    Checksum { found: Checksum, expected: Checksum },
    #[error("not a snapshot of a dataset: {0}")]
    Content(Box<dyn Error + Send + Sync>),
}

/// Writes `dataset` to `path`, whole or not at all, and returns the checksum that [`read_snapshot`] asks for.
///
/// Equal datasets make equal files. Several writers may write at the same time; the last one wins.
///
/// # Errors
/// If the file cannot be written, or would have more than [`MOST_SNAPSHOT_BYTES`].
pub fn write_snapshot(dataset: &Dataset, path: &Path) -> Result<Checksum, SnapshotError> {
    serialize(dataset)
        .and_then(|bytes| {
            bounded(bytes.len() as u64)?;
            replace(path, &bytes).map_err(Reason::Io)?;
            Ok(Checksum::of(&bytes))
        })
        .map_err(|reason| SnapshotError { path: path.to_owned(), reason })
}

/// Reads the dataset that [`write_snapshot`] wrote to `path`: the same pixels, bit for bit.
///
/// # Errors
/// If the file cannot be read, or its checksum is not `expected`.
pub fn read_snapshot(path: &Path, expected: Checksum) -> Result<Dataset, SnapshotError> {
    bytes(path)
        .and_then(|bytes| match Checksum::of(&bytes) {
            found if found == expected => deserialize(&bytes),
            found => Err(Reason::Checksum { found, expected }),
        })
        .map_err(|reason| SnapshotError { path: path.to_owned(), reason })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Reason> {
    let Regular { mut file, length } = Regular::open(path).map_err(Reason::Io)?;
    bounded(length)?;
    let mut bytes = Vec::with_capacity(length as usize);
    file.read_to_end(&mut bytes).map_err(Reason::Io)?;
    Ok(bytes)
}

fn bounded(bytes: u64) -> Result<(), Reason> {
    if bytes > MOST_SNAPSHOT_BYTES { Err(Reason::Long(bytes)) } else { Ok(()) }
}

/// Key of the [`Head`] among the metadata: the only one, for their order is random.
const HEAD: &str = "dataset";

/// All of a dataset but its pixels and labels, as TOML.
#[derive(Serialize, Deserialize)]
struct Head {
    name: String,
    title: String,
    citation: String,
    sha256: String,
    /// Of the training set and of the test set.
    classes: [usize; 2],
    origin: Origin,
}

fn serialize(dataset: &Dataset) -> Result<Vec<u8>, Reason> {
    let Dataset { name, title, citation, training, test, origin, sha256 } = dataset.clone();
    let head = Head { name, title, citation, sha256, classes: [training.classes(), test.classes()], origin };
    let head = toml::to_string(&head).map_err(content)?;
    let pixels = [&training, &test].map(|images| {
        images.pixels().iter().map(|pixel| pixel.to_le_bytes()).collect::<Vec<_>>().into_flattened()
    });
    let mut tensors = Vec::new();
    for ((part, images), pixels) in [("training", &training), ("test", &test)].into_iter().zip(&pixels) {
        let Shape { channels, height, width } = images.shape();
        let shape = vec![images.len(), channels, height, width];
        let pixels = TensorView::new(Dtype::F32, shape, pixels).map_err(content)?;
        let labels = TensorView::new(Dtype::U8, vec![images.len()], images.labels()).map_err(content)?;
        tensors.extend([(format!("{part}.pixels"), pixels), (format!("{part}.labels"), labels)]);
    }
    safetensors::serialize(tensors, Some(HashMap::from([(HEAD.to_owned(), head)]))).map_err(content)
}

fn deserialize(bytes: &[u8]) -> Result<Dataset, Reason> {
    let tensors = SafeTensors::deserialize(bytes).map_err(content)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(content)?;
    let head = header.metadata().as_ref().and_then(|metadata| metadata.get(HEAD));
    let head = head.ok_or_else(|| content("it does not say which"))?;
    let Head { name, title, citation, sha256, classes, origin } = toml::from_str(head).map_err(content)?;
    let training = images(&tensors, "training", classes[0])?;
    let test = images(&tensors, "test", classes[1])?;
    Ok(Dataset { name, title, citation, training, test, origin, sha256 })
}

fn images(tensors: &SafeTensors, part: &str, classes: usize) -> Result<Images, Reason> {
    let pixels = tensors.tensor(&format!("{part}.pixels")).map_err(content)?;
    let labels = tensors.tensor(&format!("{part}.labels")).map_err(content)?;
    let (Dtype::F32, &[_, channels, height, width]) = (pixels.dtype(), pixels.shape()) else {
        return Err(content(format!("{part}.pixels are not 32-bit numbers in four dimensions")));
    };
    let (words, _) = pixels.data().as_chunks::<4>();
    let pixels = words.iter().map(|&word| f32::from_le_bytes(word)).collect();
    Images::new(Shape { channels, height, width }, classes, pixels, labels.data().to_vec()).map_err(content)
}

fn content(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Reason {
    Reason::Content(reason.into())
}

#[cfg(test)]
mod tests;
