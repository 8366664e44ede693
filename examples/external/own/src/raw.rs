//! A data format: for each image a byte with its label, then a byte for each pixel.

use std::io::Read;
use std::path::Path;

use tinderbox_data::{DataFile, Format, FormatError, Images, Manifest, Part, Position};

/// A part has one file.
#[derive(Debug)]
pub struct Raw;

impl Format for Raw {
    fn name(&self) -> &str {
        "raw"
    }

    fn check(&self, _: &Manifest, part: &Part) -> Result<(), String> {
        only_file(part).map(drop)
    }

    fn read(&self, manifest: &Manifest, part: &Part, folder: &Path) -> Result<Images, FormatError> {
        let file = only_file(part).map_err(|reason| FormatError::new(folder, reason))?;
        let path = folder.join(&file.name);
        let refused = |reason: String| FormatError::new(&path, reason);
        let record = 1 + manifest.shape.pixels();
        let expected =
            part.images.checked_mul(record).ok_or_else(|| refused("too many images".to_owned()))?;
        let mut bytes = Vec::new();
        // A byte more than there may be: so much is read and no more.
        let most = (expected as u64).saturating_add(1);
        file.open(folder)
            .and_then(|content| content.take(most).read_to_end(&mut bytes))
            .map_err(|error| FormatError::new(&path, error))?;
        if bytes.len() != expected {
            let found = bytes.len() as u64;
            let reason = format!("expected {expected} bytes: {} images of {record}", part.images);
            return Err(refused(reason).at(Position::Byte(found)));
        }
        let (low, high) = (manifest.values.low, manifest.values.high);
        let pixel = |&byte: &u8| (f32::from(byte) - low) / (high - low);
        let pixels = bytes.chunks(record).flat_map(|image| image[1..].iter().map(pixel)).collect();
        let labels = bytes.chunks(record).map(|image| image[0]).collect();
        // Refuses pixels outside [0, 1], and labels beyond the classes.
        Images::new(manifest.shape, manifest.classes, pixels, labels)
            .map_err(|error| FormatError::new(&path, error))
    }
}

fn only_file(part: &Part) -> Result<&DataFile, String> {
    match part.files.as_slice() {
        [file] => Ok(file),
        files => Err(format!("{} files, expected 1", files.len())),
    }
}
