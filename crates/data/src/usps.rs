//! The reader of USPS text: gzipped lines of a label and the pixels of one image.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::images::{Images, ImagesError};
use crate::manifest::{DataFile, Manifest};
use crate::regular::Regular;

/// A file of USPS text that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}, line {line}: {reason}", .path.display())]
pub struct UspsError {
    path: PathBuf,
    line: usize,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("{0}; is the file complete?")]
    Stream(io::Error),
    #[error("longer than {0} bytes, expected one image a line")]
    Long(u64),
    #[error("{0:?}, expected a number")]
    Number(String),
    #[error("label {label}, expected a whole number 0 to {last}")]
    Label { label: f32, last: usize },
    #[error("{values} values, expected {expected}: a label, then {shape} pixels; is the file complete?")]
    Width { values: usize, expected: usize, shape: String },
    #[error("pixel {pixel} is {value}, expected {low} to {high}")]
    Pixel { pixel: usize, value: f32, low: f32, high: f32 },
    #[error("the file ends after {0} images, expected {1}; is it complete?")]
    Few(usize, usize),
    #[error("one image too many, expected {0}")]
    Many(usize),
    #[error(transparent)]
    Images(ImagesError),
}

/// Reads `file` of `manifest` in `folder`, a line at a time.
///
/// A value `v` of the file becomes the pixel `(v - low) / (high - low)`, for USPS `(v + 1) / 2`.
///
/// # Errors
/// If the file cannot be read or is not what the manifest says; the message names file and line.
pub(crate) fn read(manifest: &Manifest, file: &DataFile, folder: &Path) -> Result<Images, UspsError> {
    let path = folder.join(&file.name);
    let mut reader = Reader { manifest, file, line: 0, pixels: Vec::new(), labels: Vec::new() };
    Regular::open(&path)
        .map_err(Reason::Stream)
        .and_then(|bytes| reader.lines(BufReader::new(MultiGzDecoder::new(BufReader::new(bytes.file)))))
        .and_then(|()| {
            let Reader { pixels, labels, .. } = &mut reader;
            Images::new(manifest.shape, manifest.classes, std::mem::take(pixels), std::mem::take(labels))
                .map_err(Reason::Images)
        })
        .map_err(|reason| UspsError { path, line: reader.line.max(1), reason })
}

struct Reader<'a> {
    manifest: &'a Manifest,
    file: &'a DataFile,
    /// From 1; 0 before the first.
    line: usize,
    pixels: Vec<f32>,
    labels: Vec<u8>,
}

impl Reader<'_> {
    fn lines(&mut self, mut text: impl BufRead) -> Result<(), Reason> {
        // USPS writes at most 8 bytes a value. Without a cap, one endless line would fill the memory.
        let longest = 16 * (1 + self.manifest.shape.pixels() as u64);
        let mut line = Vec::new();
        loop {
            self.line += 1;
            line.clear();
            let length =
                (&mut text).take(longest + 1).read_until(b'\n', &mut line).map_err(Reason::Stream)?;
            let found = self.labels.len();
            match length {
                0 if found == self.file.images => return Ok(()),
                0 => return Err(Reason::Few(found, self.file.images)),
                _ if length as u64 > longest => return Err(Reason::Long(longest)),
                _ if found == self.file.images => return Err(Reason::Many(found)),
                _ => self.image(&line)?,
            }
        }
    }

    fn image(&mut self, line: &[u8]) -> Result<(), Reason> {
        let values: Vec<f32> = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .map(number)
            .collect::<Result<_, _>>()?;
        let Manifest { shape, classes, values: range, .. } = self.manifest;
        let expected = 1 + shape.pixels();
        let [label, pixels @ ..] = values.as_slice() else {
            return Err(Reason::Width { values: 0, expected, shape: shape.to_string() });
        };
        if values.len() != expected {
            return Err(Reason::Width { values: values.len(), expected, shape: shape.to_string() });
        }
        let last = classes - 1;
        if label.fract() != 0.0 || !(0.0..=last as f32).contains(label) {
            return Err(Reason::Label { label: *label, last });
        }
        self.labels.push(*label as u8);
        let (low, high) = (range.low, range.high);
        if let Some(pixel) = pixels.iter().position(|value| !(low..=high).contains(value)) {
            return Err(Reason::Pixel { pixel, value: pixels[pixel], low, high });
        }
        self.pixels.extend(pixels.iter().map(|value| (value - low) / (high - low)));
        Ok(())
    }
}

fn number(word: &[u8]) -> Result<f32, Reason> {
    let text = String::from_utf8_lossy(word);
    text.parse().map_err(|_| Reason::Number(text.chars().take(20).collect()))
}

#[cfg(test)]
mod tests;
