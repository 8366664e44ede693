//! Manifests: what a dataset consists of, where its files are, and their checksums.
//!
//! A manifest is a TOML file; `datasets/` has those that are compiled in.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;

use crate::checksum::Checksum;
use crate::images::{ImageSpec, Shape};
use crate::regular::Regular;

/// The most bytes of a file of a dataset, and the most pixels of a part: 512 MiB in memory.
const MOST_BYTES: u64 = 1 << 30;
const MOST_PIXELS: usize = 1 << 27;
/// The most letters of a name of a dataset or a format.
const LONGEST_NAME: usize = 64;

/// Describes a dataset: one TOML file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What a user types, and the folder of the files: lower-case letters, digits, `-`.
    pub name: String,
    /// The name in prose and tables.
    pub title: String,
    /// Size of each image.
    pub shape: Shape,
    /// Number of classes, 1 to 256.
    pub classes: usize,
    /// Range of a pixel in the files.
    pub values: ValueRange,
    /// How the files are written: the name of a [`Format`](crate::Format).
    pub format: String,
    /// Terms under which the files may be used.
    pub licence: String,
    /// What to cite.
    pub citation: String,
    /// The official training set.
    pub training: Part,
    /// The official test set.
    pub test: Part,
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

/// The training set or the test set of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Number of images.
    pub images: usize,
    /// Its files, in the order that the format asks for.
    pub files: Vec<DataFile>,
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
}

/// Error of a manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct ManifestError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    #[error("{}", .0.to_string().trim_end())]
    Toml(toml::de::Error),
    #[error("name {0:?}, expected lower-case letters, digits and -, at most {LONGEST_NAME}")]
    Name(String),
    #[error("dataset `{0}` already exists; choose another name")]
    Taken(String),
    #[error("name `{0}` is reserved: `--dataset {0}` has a meaning of its own; choose another name")]
    Reserved(String),
    #[error("{0}")]
    Format(String),
    #[error("[{0}]: {1}")]
    Part(&'static str, String),
    #[error("shape {0} and {1} classes, expected at least one pixel and 1 to 256 classes")]
    Images(Shape, usize),
    #[error("values from {low} to {high}, expected low below high", low = .0.low, high = .0.high)]
    Values(ValueRange),
    #[error("file name {0:?}, expected a plain name without folders")]
    FileName(String),
    #[error("file name {0:?} is used twice; give each file a name of its own")]
    Twice(String),
    #[error("{0}: {1}, expected at least one")]
    Nothing(String, &'static str),
    #[error("{0}: {1} bytes, expected at most {MOST_BYTES}")]
    Bytes(String, u64),
    #[error("[{0}]: {1} images of {2}, expected at most {MOST_PIXELS} pixels")]
    Pixels(&'static str, usize, Shape),
    #[error("{0}: mirror {1:?}, expected an address that starts with https:// or http://")]
    Mirror(String, String),
}

/// Whether `name` can name a dataset or a format.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain)
}

impl Manifest {
    /// Reads a manifest; `path` is where `text` comes from, for messages only.
    ///
    /// The name of the format is not looked up: [`Datasets::add_manifest`](crate::Datasets::add_manifest) does that.
    ///
    /// # Errors
    /// If a key is missing, unknown or of another type, or its value is not allowed: see the fields.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ManifestError> {
        toml::from_str(text)
            .map_err(Reason::Toml)
            .and_then(|manifest: Self| manifest.check().map(|()| manifest))
            .map_err(|reason| ManifestError::new(path, reason))
    }

    /// The size of its images, and how many classes they have.
    pub fn spec(&self) -> ImageSpec {
        ImageSpec { shape: self.shape, classes: self.classes }
    }

    /// All files: the training set's, then the test set's.
    pub fn files(&self) -> impl Iterator<Item = &DataFile> {
        self.parts().into_iter().flat_map(|(_, part)| &part.files)
    }

    /// One checksum for all files: the SHA-256 of the lines that `sha256sum` prints for them, in the order of
    /// [`Manifest::files`].
    pub fn fingerprint(&self) -> Checksum {
        let line = |file: &DataFile| format!("{}  {}\n", file.sha256, file.name);
        Checksum::of(self.files().map(line).collect::<Vec<_>>().concat().as_bytes())
    }

    /// Both parts with their names in the file.
    pub(crate) fn parts(&self) -> [(&'static str, &Part); 2] {
        [("training", &self.training), ("test", &self.test)]
    }

    fn check(&self) -> Result<(), Reason> {
        if !is_name(&self.name) {
            return Err(Reason::Name(self.name.clone()));
        }
        if self.shape.checked_pixels().is_none() || !(1..=256).contains(&self.classes) {
            return Err(Reason::Images(self.shape, self.classes));
        }
        let ValueRange { low, high } = self.values;
        if !(low < high && (high - low).is_finite()) {
            return Err(Reason::Values(self.values));
        }
        for (name, part) in self.parts() {
            part.check(name, self.shape)?;
        }
        let mut names = BTreeSet::new();
        match self.files().find(|file| !names.insert(&file.name)) {
            Some(file) => Err(Reason::Twice(file.name.clone())),
            None => Ok(()),
        }
    }
}

impl Part {
    fn check(&self, name: &'static str, shape: Shape) -> Result<(), Reason> {
        let nothing = |what| Err(Reason::Nothing(format!("[{name}]"), what));
        if self.images == 0 {
            return nothing("no images");
        }
        if self.files.is_empty() {
            return nothing("no files");
        }
        if self.images > MOST_PIXELS / shape.pixels() {
            return Err(Reason::Pixels(name, self.images, shape));
        }
        self.files.iter().try_for_each(DataFile::check)
    }
}

impl DataFile {
    /// Opens the file in `folder` and unzips it if it is gzip, which its first bytes tell.
    ///
    /// # Errors
    /// If there is no such file, it cannot be read, or it is a pipe or a device.
    pub fn open(&self, folder: &Path) -> io::Result<Box<dyn BufRead>> {
        let mut bytes = BufReader::new(Regular::open(&folder.join(&self.name))?.file);
        if bytes.fill_buf()?.starts_with(&GZIP) {
            return Ok(Box::new(BufReader::new(MultiGzDecoder::new(bytes))));
        }
        Ok(Box::new(bytes))
    }

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
        if self.size > MOST_BYTES {
            return Err(Reason::Bytes(self.name.clone(), self.size));
        }
        let web = |address: &&String| !address.starts_with("https://") && !address.starts_with("http://");
        match self.mirrors.iter().find(web) {
            Some(address) => Err(Reason::Mirror(self.name.clone(), address.clone())),
            None => Ok(()),
        }
    }
}

/// The first bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

impl ManifestError {
    pub(crate) fn new(path: &Path, reason: Reason) -> Self {
        Self { path: path.to_owned(), reason }
    }
}

#[cfg(test)]
mod tests;
