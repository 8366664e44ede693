//! The images that everybody learns from, in one plain file: a line of JSON, then pixels, then labels.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tinderbox_data::{Images, ImagesError, Shape};

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// Images.
    count: usize,
    /// Channels, height and width.
    shape: [usize; 3],
    /// Labels are below this.
    classes: usize,
}

/// A file that is none of images.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub(crate) struct MaterialError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("{0}")]
    File(#[from] std::io::Error),
    #[error("its first line says neither how many images it holds nor of which shape: {0}")]
    Header(#[from] serde_json::Error),
    #[error("{0}")]
    Images(#[from] ImagesError),
}

/// Writes `images`: each pixel as 4 bytes, least significant first, then each label as one.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write(path: &Path, images: &Images) -> Result<(), MaterialError> {
    try_write(path, images).map_err(|reason| MaterialError { path: path.to_path_buf(), reason })
}

/// Reads what [`write`](fn@write) wrote.
///
/// # Errors
/// If the file cannot be read, or holds no images.
pub(crate) fn read(path: &Path) -> Result<Images, MaterialError> {
    try_read(path).map_err(|reason| MaterialError { path: path.to_path_buf(), reason })
}

fn try_write(path: &Path, images: &Images) -> Result<(), Reason> {
    let Shape { channels, height, width } = images.shape();
    let shape = [channels, height, width];
    let header = Header { count: images.labels().len(), shape, classes: images.classes() };
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{}", serde_json::to_string(&header)?)?;
    for pixel in images.pixels() {
        file.write_all(&pixel.to_le_bytes())?;
    }
    file.write_all(images.labels())?;
    Ok(file.flush()?)
}

fn try_read(path: &Path) -> Result<Images, Reason> {
    let mut file = BufReader::new(File::open(path)?);
    let mut line = String::new();
    file.read_line(&mut line)?;
    let Header { count, shape: [channels, height, width], classes } = serde_json::from_str(&line)?;
    let shape = Shape { channels, height, width };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let (pixels, labels) = bytes.split_at(bytes.len() - count.min(bytes.len()));
    let (pixels, _) = pixels.as_chunks::<4>();
    let pixels = pixels.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(Images::new(shape, classes, pixels, labels.to_vec())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_come_back_from_their_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("images");
        let digits = tinderbox_data::stand_in("a test").test;
        write(&path, &digits).expect("written");
        assert_eq!(read(&path).expect("read"), digits);
    }

    #[test]
    fn a_file_cut_short_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("images");
        std::fs::write(&path, "{\"count\":2,\"shape\":[1,1,1],\"classes\":10}\n\0\0\0\0\x03\x04")
            .expect("written");
        let message = read(&path).expect_err("refused").to_string();
        assert!(
            message.ends_with("1 pixels for 2 labels, expected 1x1x1 pixels for each label"),
            "{message}"
        );
    }
}
