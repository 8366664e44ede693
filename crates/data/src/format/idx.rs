//! IDX, the format of MNIST: arrays of bytes with their dimensions ahead; images and labels in files of their own.
//!
//! Source: Y. `LeCun`, C. Cortes, C. Burges, "The MNIST database", <http://yann.lecun.com/exdb/mnist/>.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use super::{Format, FormatError, Position};
use crate::images::{Images, Shape};
use crate::manifest::{DataFile, Manifest, Part, ValueRange};

/// `idx`: a part has two files, images and then labels, each gzipped or not.
///
/// A file begins with two zeros, the type of a value (8, a byte) and the number of dimensions. The dimensions follow, as
/// big-endian 32-bit numbers, and then the values, the last dimension fastest. Dimensions of images are
/// `[images, height, width]` or `[images, channels, height, width]`; those of labels are `[images]`.
#[derive(Debug)]
pub(crate) struct Idx;

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("{0}; is the file complete?")]
    Stream(io::Error),
    #[error("the file ends, expected {0} more bytes; is it complete?")]
    Short(u64),
    #[error("bytes after the last value; expected the end of the file")]
    Long,
    #[error("magic number {found:08x}, expected {expected}; is this the file of the {content}?")]
    Magic { found: u32, expected: String, content: &'static str },
    #[error("dimensions {}, expected {}", by(.found), by(.expected))]
    Dimensions { found: Vec<u64>, expected: Vec<u64> },
    #[error("value {value}, expected {low} to {high}")]
    Value { value: u8, low: f32, high: f32 },
    #[error("label {label}, expected 0 to {last}")]
    Label { label: u8, last: usize },
}

impl Format for Idx {
    fn name(&self) -> &'static str {
        "idx"
    }

    fn check(&self, _: &Manifest, part: &Part) -> Result<(), String> {
        files(part).map(drop)
    }

    fn read(&self, manifest: &Manifest, part: &Part, folder: &Path) -> Result<Images, FormatError> {
        let [images, labels] = files(part).map_err(|reason| FormatError::new(folder, reason))?;
        let Shape { channels, height, width } = manifest.shape;
        let mut shapes = vec![vec![part.images, channels, height, width]];
        if channels == 1 {
            shapes.insert(0, vec![part.images, height, width]);
        }
        let images = Array::read(images, folder, "images", &shapes)?;
        let labels = Array::read(labels, folder, "labels", &[vec![part.images]])?;
        let pixels = images.map(|value| pixel(value, manifest.values))?;
        let last = manifest.classes.saturating_sub(1);
        let classes = labels.map(|label| match label {
            label if usize::from(label) <= last => Ok(label),
            label => Err(Reason::Label { label, last }),
        })?;
        Images::new(manifest.shape, manifest.classes, pixels, classes)
            .map_err(|reason| FormatError::new(images.path, reason))
    }
}

fn files(part: &Part) -> Result<[&DataFile; 2], String> {
    match part.files.as_slice() {
        [images, labels] => Ok([images, labels]),
        files => Err(format!("{} files, expected 2: images, then labels", files.len())),
    }
}

fn pixel(value: u8, ValueRange { low, high }: ValueRange) -> Result<f32, Reason> {
    let number = f32::from(value);
    if !(low..=high).contains(&number) {
        return Err(Reason::Value { value, low, high });
    }
    Ok((number - low) / (high - low))
}

/// The values of one file.
struct Array {
    path: PathBuf,
    /// Bytes ahead of the values.
    header: u64,
    values: Vec<u8>,
}

impl Array {
    /// Reads `file`, which holds `content` in one of `shapes`, all of different lengths.
    fn read(
        file: &DataFile,
        folder: &Path,
        content: &'static str,
        shapes: &[Vec<usize>],
    ) -> Result<Self, FormatError> {
        let path = folder.join(&file.name);
        let bytes = file.open(folder).map_err(|reason| FormatError::new(&path, reason))?;
        let mut reader = Reader { bytes, at: 0 };
        match reader.array(content, shapes) {
            Ok((header, values)) => Ok(Self { path, header, values }),
            Err(reason) => Err(FormatError::new(path, reason).at(Position::Byte(reader.at))),
        }
    }

    fn map<T>(&self, of: impl Fn(u8) -> Result<T, Reason>) -> Result<Vec<T>, FormatError> {
        let place = |index: usize| Position::Byte(self.header + index as u64);
        let value = |(index, &value): (usize, &u8)| {
            of(value).map_err(|reason| FormatError::new(&self.path, reason).at(place(index)))
        };
        self.values.iter().enumerate().map(value).collect()
    }
}

/// Where an error is: at the byte `at`.
struct Reader {
    bytes: Box<dyn BufRead>,
    at: u64,
}

impl Reader {
    /// Bytes of the header, and the values.
    fn array(&mut self, content: &'static str, shapes: &[Vec<usize>]) -> Result<(u64, Vec<u8>), Reason> {
        let found = self.number()?;
        let magic = |shape: &Vec<usize>| 0x0800 + shape.len() as u32;
        let Some(shape) = shapes.iter().find(|shape| magic(shape) == found) else {
            self.at = 0;
            let expected: Vec<_> = shapes.iter().map(|shape| format!("{:08x}", magic(shape))).collect();
            return Err(Reason::Magic { found, expected: expected.join(" or "), content });
        };
        let expected: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
        let start = self.at;
        let found: Vec<u64> = shape.iter().map(|_| self.number().map(u64::from)).collect::<Result<_, _>>()?;
        let header = self.at;
        // Equal to the manifest's: no file decides how much memory is taken.
        let count = expected.iter().try_fold(1_u64, |count, &length| count.checked_mul(length));
        let Some(count) = count.filter(|_| found == expected) else {
            self.at = start;
            return Err(Reason::Dimensions { found, expected });
        };
        let values = self.take(count)?;
        if self.up_to(1)?.is_empty() { Ok((header, values)) } else { Err(Reason::Long) }
    }

    fn number(&mut self) -> Result<u32, Reason> {
        Ok(self.take(4)?.into_iter().fold(0, |number, byte| (number << 8) | u32::from(byte)))
    }

    fn take(&mut self, count: u64) -> Result<Vec<u8>, Reason> {
        let bytes = self.up_to(count)?;
        self.at += bytes.len() as u64;
        match count - bytes.len() as u64 {
            0 => Ok(bytes),
            missing => Err(Reason::Short(missing)),
        }
    }

    fn up_to(&mut self, count: u64) -> Result<Vec<u8>, Reason> {
        let mut bytes = Vec::new();
        (&mut self.bytes).take(count).read_to_end(&mut bytes).map_err(Reason::Stream)?;
        Ok(bytes)
    }
}

/// `2x28x28`.
fn by(dimensions: &[u64]) -> String {
    dimensions.iter().map(ToString::to_string).collect::<Vec<_>>().join("x")
}

#[cfg(test)]
pub(super) mod tests;
