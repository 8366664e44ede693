//! A data format: for each image a byte with its label, then a byte for each pixel.

use std::io::Read;
use std::path::Path;

use tinderbox_data::{Format, FormatError, Images, Manifest, Part, Position};

/// A part has one file.
#[derive(Debug)]
pub struct Raw;

impl Format for Raw {
    fn name(&self) -> &str {
        "raw"
    }

    fn check(&self, _: &Manifest, part: &Part) -> Result<(), String> {
        match part.files.len() {
            1 => Ok(()),
            files => Err(format!("{files} files, expected 1")),
        }
    }

    fn read(&self, manifest: &Manifest, part: &Part, folder: &Path) -> Result<Images, FormatError> {
        let file = &part.files[0];
        let path = folder.join(&file.name);
        let failed = |error| FormatError::new(&path, error);
        let record = 1 + manifest.shape.pixels();
        let expected = part.images * record;
        let mut bytes = Vec::new();
        let mut content = file.open(folder).map_err(failed)?.take(expected as u64 + 1);
        content.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() != expected {
            let reason = format!("expected {expected} bytes: {} images of {record}", part.images);
            return Err(FormatError::new(&path, reason).at(Position::Byte(bytes.len() as u64)));
        }
        let (low, high) = (manifest.values.low, manifest.values.high);
        let pixel = |&byte: &u8| (f32::from(byte) - low) / (high - low);
        let pixels = bytes.chunks(record).flat_map(|image| image[1..].iter().map(pixel)).collect();
        let labels = bytes.chunks(record).map(|image| image[0]).collect();
        Images::new(manifest.shape, manifest.classes, pixels, labels)
            .map_err(|error| FormatError::new(&path, error))
    }
}
