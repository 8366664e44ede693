//! Manifests: what a dataset consists of, where its files are and how to tell them.
//!
//! A manifest is a TOML file under `datasets/`; the program carries them all.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::checksum::Checksum;
use crate::images::Shape;

/// The most bytes of a file of a dataset, and the most pixels of all its images: 512 MiB in memory.
const MOST_BYTES: u64 = 1 << 30;
const MOST_PIXELS: usize = 1 << 27;

/// Describes a dataset: one file under `datasets/`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What a user types, and the folder of the files: lower-case letters, digits, `-`.
    pub name: String,
    /// What a reader sees.
    pub title: String,
    /// Size of each image.
    pub shape: Shape,
    /// Number of classes, 1 to 256.
    pub classes: usize,
    /// Range of a pixel in the files.
    pub values: ValueRange,
    /// How the files are written.
    pub format: Format,
    /// Terms under which the files may be used.
    pub licence: String,
    /// Whom to cite.
    pub citation: String,
    /// The official training set.
    pub training: DataFile,
    /// The official test set.
    pub test: DataFile,
}

/// The values from black to white in a file; readers map them to `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueRange {
    /// Becomes 0.
    pub low: f32,
    /// Becomes 1; above `low`.
    pub high: f32,
}

/// How the files of a dataset are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// Gzipped text, one image a line: the label, then the pixels row by row, separated by spaces.
    UspsText,
}

/// One file of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Name in the dataset's folder.
    pub name: String,
    /// Full addresses, tried in turn.
    pub mirrors: Vec<String>,
    /// Checksum of the file as it is downloaded.
    pub sha256: Checksum,
    /// Bytes.
    pub size: u64,
    /// Number of images.
    pub images: usize,
}

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct ManifestError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("{}", .0.to_string().trim_end())]
    Toml(toml::de::Error),
    #[error("name {0:?}, expected lower-case letters, digits and -")]
    Name(String),
    #[error("shape {0} and {1} classes, expected at least one pixel and 1 to 256 classes")]
    Images(Shape, usize),
    #[error("values from {low} to {high}, expected low below high", low = .0.low, high = .0.high)]
    Values(ValueRange),
    #[error("file name {0:?}, expected a plain name without folders, and another one for each file")]
    FileName(String),
    #[error("{0}: {1}, expected at least one")]
    Nothing(String, &'static str),
    #[error(
        "{name}: {bytes} bytes and {images} images of {shape}, expected at most {MOST_BYTES} bytes and {MOST_PIXELS} pixels"
    )]
    Large { name: String, bytes: u64, images: usize, shape: Shape },
    #[error("{0}: mirror {1:?}, expected an address that starts with https:// or http://")]
    Mirror(String, String),
}

/// The manifests that the program carries, by name.
pub fn manifests() -> &'static [Manifest] {
    static MANIFESTS: LazyLock<Vec<Manifest>> = LazyLock::new(|| {
        let read = |(path, text): &(&str, &str)| Manifest::parse(text, Path::new(path));
        EMBEDDED.iter().map(read).collect::<Result<_, _>>().expect("the tests read the embedded manifests")
    });
    &MANIFESTS
}

/// The manifest called `name`.
pub fn manifest(name: &str) -> Option<&'static Manifest> {
    manifests().iter().find(|manifest| manifest.name == name)
}

const EMBEDDED: &[(&str, &str)] = &[("datasets/usps.toml", include_str!("../../../datasets/usps.toml"))];

impl Manifest {
    /// Reads a manifest; `path` is where `text` comes from, for messages only.
    ///
    /// # Errors
    /// If a key is missing, unknown or of another type, or its value cannot be: see the fields.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ManifestError> {
        toml::from_str(text)
            .map_err(Reason::Toml)
            .and_then(|manifest: Self| manifest.check().map(|()| manifest))
            .map_err(|reason| ManifestError { path: path.to_owned(), reason })
    }

    /// All files: the training set's, then the test set's.
    pub fn files(&self) -> [&DataFile; 2] {
        [&self.training, &self.test]
    }

    /// One checksum for all files: the SHA-256 of the lines that `sha256sum` prints for them, in the order of
    /// [`Manifest::files`].
    pub fn fingerprint(&self) -> Checksum {
        let line = |file: &DataFile| format!("{}  {}\n", file.sha256, file.name);
        Checksum::of(self.files().map(line).into_iter().collect::<String>().as_bytes())
    }

    fn check(&self) -> Result<(), Reason> {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Err(Reason::Name(self.name.clone()));
        }
        if self.shape.checked_pixels().is_none() || !(1..=256).contains(&self.classes) {
            return Err(Reason::Images(self.shape, self.classes));
        }
        let ValueRange { low, high } = self.values;
        if !(low < high && (high - low).is_finite()) {
            return Err(Reason::Values(self.values));
        }
        if self.training.name == self.test.name {
            return Err(Reason::FileName(self.test.name.clone()));
        }
        let pixels = self.shape.pixels();
        let large = |file: &&DataFile| file.size > MOST_BYTES || file.images > MOST_PIXELS / pixels;
        if let Some(DataFile { name, size, images, .. }) = self.files().into_iter().find(large) {
            let (name, bytes, images, shape) = (name.clone(), *size, *images, self.shape);
            return Err(Reason::Large { name, bytes, images, shape });
        }
        self.files().into_iter().try_for_each(DataFile::check)
    }
}

impl DataFile {
    fn check(&self) -> Result<(), Reason> {
        // A name with a folder in it could write outside the dataset's own; one with a dot first could hide.
        if self.name.is_empty() || self.name.starts_with('.') || self.name.contains(['/', '\\', ':']) {
            return Err(Reason::FileName(self.name.clone()));
        }
        let nothing = |what| Err(Reason::Nothing(self.name.clone(), what));
        if self.mirrors.is_empty() {
            return nothing("no mirrors");
        }
        if self.size == 0 {
            return nothing("no bytes");
        }
        if self.images == 0 {
            return nothing("no images");
        }
        let web = |address: &&String| !address.starts_with("https://") && !address.starts_with("http://");
        match self.mirrors.iter().find(web) {
            Some(address) => Err(Reason::Mirror(self.name.clone(), address.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USPS: &str = EMBEDDED[0].1;

    /// Changes one thing of a good manifest and expects a message with `expected` in it.
    #[track_caller]
    fn refused(from: &str, to: &str, expected: &str) {
        assert!(USPS.contains(from), "{from:?} stands in the manifest");
        let text = USPS.replacen(from, to, 1);
        let message = Manifest::parse(&text, Path::new("datasets/bad.toml")).expect_err("bad").to_string();
        assert!(message.starts_with("datasets/bad.toml: ") && message.contains(expected), "{message}");
        assert!(!message.ends_with(['\n', '.']), "{message:?}");
    }

    #[test]
    fn every_embedded_manifest_is_read_and_has_its_files_name() {
        for ((path, _), manifest) in EMBEDDED.iter().zip(manifests()) {
            assert_eq!(*path, format!("datasets/{}.toml", manifest.name));
        }
    }

    #[test]
    fn usps_is_found_by_name() {
        let usps = manifest("usps").expect("embedded");
        assert_eq!(usps.files().map(|file| file.images), [7291, 2007]);
        assert_eq!(usps.shape.pixels(), 256);
        assert_eq!(manifest("uspz"), None);
    }

    #[test]
    fn the_fingerprint_is_what_sha256sum_gives() {
        // sha256sum zip.train.gz zip.test.gz | sha256sum
        let expected = "def0fb7ca57b603dca6808b8e991ec5261f0e8b35d7df2aecac241181dc2b2cc";
        assert_eq!(manifest("usps").expect("embedded").fingerprint().to_string(), expected);
    }

    #[test]
    fn a_typo_is_shown_with_its_line() {
        refused("licence =", "license =", "unknown field `license`");
        refused("licence =", "license =", "line 8");
        refused("usps-text", "usps-txt", "unknown variant `usps-txt`, expected `usps-text`");
        refused("[test]", "[tests]", "unknown field `tests`");
        refused("size = 1829071\n", "", "missing field `size`");
        refused("66ebf231", "66ebf23", "expected the 64 hexadecimal digits of a SHA-256");
        refused("width = 16", "width = 16, depth = 1", "unknown field `depth`");
    }

    #[test]
    fn a_value_that_cannot_be_is_refused() {
        refused("name = \"usps\"", "name = \"../usps\"", "expected lower-case letters, digits and -");
        refused("height = 16", "height = 0", "expected at least one pixel");
        refused("classes = 10", "classes = 257", "1 to 256 classes");
        refused("high = 1.0", "high = -1.0", "values from -1 to -1, expected low below high");
        refused("high = 1.0", "high = nan", "expected low below high");
        refused("\"zip.test.gz\"", "\"zip.train.gz\"", "another one for each file");
        refused("\"zip.test.gz\"", "\"../zip.test.gz\"", "a plain name without folders");
        refused("images = 2007", "images = 0", "zip.test.gz: no images, expected at least one");
        refused(
            "size = 439208",
            "size = 1073741825",
            "zip.test.gz: 1073741825 bytes and 2007 images of 1x16x16",
        );
        refused("images = 2007", "images = 524289", "at most 1073741824 bytes and 134217728 pixels");
        refused("\"https://hastie", "\"ftp://hastie", "expected an address that starts with https://");
    }

    #[test]
    fn a_file_may_be_as_large_as_its_bounds() {
        let text =
            USPS.replace("size = 439208", "size = 1073741824").replace("images = 2007", "images = 524288");
        let manifest = Manifest::parse(&text, Path::new("large.toml")).expect("allowed");
        assert_eq!((manifest.test.size, manifest.test.images * 256), (MOST_BYTES, MOST_PIXELS));
    }
}
