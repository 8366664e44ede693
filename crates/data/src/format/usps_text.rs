//! USPS text: lines of a label and the pixels of one image.

use std::io::{self, BufRead, Read};
use std::path::Path;

use super::{Format, FormatError, Position};
use crate::images::{Images, ImagesError};
use crate::manifest::{DataFile, Manifest, Part};

/// `usps-text`: a part has one file of text, gzipped or not, with one image a line.
///
/// A line has the label, then the pixels row by row, separated by spaces.
#[derive(Debug)]
pub(crate) struct UspsText;

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
    #[error("the file ends after {0} of {1} images; is it complete?")]
    Few(usize, usize),
    #[error("more than the expected {0} images")]
    Many(usize),
    #[error(transparent)]
    Images(ImagesError),
}

impl Format for UspsText {
    fn name(&self) -> &'static str {
        "usps-text"
    }

    fn check(&self, _: &Manifest, part: &Part) -> Result<(), String> {
        file(part).map(drop)
    }

    fn read(&self, manifest: &Manifest, part: &Part, folder: &Path) -> Result<Images, FormatError> {
        let file = file(part).map_err(|reason| FormatError::new(folder, reason))?;
        let path = folder.join(&file.name);
        let text = file.open(folder).map_err(|reason| FormatError::new(&path, reason))?;
        let mut reader =
            Reader { manifest, images: part.images, line: 0, pixels: Vec::new(), labels: Vec::new() };
        reader
            .lines(text)
            .and_then(|()| {
                let Reader { pixels, labels, .. } = &mut reader;
                let (pixels, labels) = (std::mem::take(pixels), std::mem::take(labels));
                Images::new(manifest.shape, manifest.classes, pixels, labels).map_err(Reason::Images)
            })
            .map_err(|reason| FormatError::new(path, reason).at(Position::Line(reader.line)))
    }
}

fn file(part: &Part) -> Result<&DataFile, String> {
    match part.files.as_slice() {
        [file] => Ok(file),
        files => Err(format!("{} files, expected 1", files.len())),
    }
}

struct Reader<'a> {
    manifest: &'a Manifest,
    /// Images expected.
    images: usize,
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
                0 if found == self.images => return Ok(()),
                0 => return Err(Reason::Few(found, self.images)),
                _ if length as u64 > longest => return Err(Reason::Long(longest)),
                _ if found == self.images => return Err(Reason::Many(found)),
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
        let last = classes.saturating_sub(1);
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
pub(super) mod tests;
