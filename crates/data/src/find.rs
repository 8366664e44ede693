//! Searches the places where a dataset's files may be.

use std::ffi::OsString;
use std::fmt::{Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

use crate::checksum::Checksum;
use crate::datasets::Datasets;
use crate::manifest::Manifest;
use crate::nearest;
use crate::verify::{State, verify};

/// Where datasets are searched: in `data_dir` alone if it is given, else in the others, in this order.
///
/// In each place, the files of the dataset `usps` may be in the folder `usps` or in the place itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// A folder given on the command line. If it lacks a file, that is an error.
    pub data_dir: Option<PathBuf>,
    /// A folder given by the environment.
    pub environment: Option<PathBuf>,
    /// The folder that downloads go to.
    pub cache: Option<PathBuf>,
}

/// One of the [`Places`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// [`Places::data_dir`].
    DataDir,
    /// [`Places::environment`].
    Environment,
    /// [`Places::cache`].
    Cache,
}

/// A dataset and where its files are.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The dataset.
    pub manifest: &'a Manifest,
    /// The folder of its files, all of them verified.
    pub found: Result<PathBuf, FindError>,
}

/// Why the files of a dataset were not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// No place has all of them.
    #[error("{name} is not in {}", list_places(.looked))]
    Missing {
        /// The dataset.
        name: String,
        /// The places that were searched.
        looked: Vec<(Place, PathBuf)>,
    },
    /// The folder that was given lacks files.
    #[error(
        "{name} is not in {} ({}): {} missing; leave out {} to look elsewhere and download",
        .folder.display(), Place::DataDir, list_files(.files), Place::DataDir
    )]
    NotGiven {
        /// The dataset.
        name: String,
        /// The folder that was given.
        folder: PathBuf,
        /// The files that it lacks.
        files: Vec<String>,
    },
    /// A file has the right name and more bytes than the manifest says.
    #[error(
        "{} ({place}) has {found} bytes, expected {expected}; remove it or put the right file there",
        .path.display()
    )]
    Long {
        /// Where it was found.
        place: Place,
        /// The file.
        path: PathBuf,
        /// Its bytes.
        found: u64,
        /// The manifest's bytes.
        expected: u64,
    },
    /// A file has the right name and the wrong checksum.
    #[error(
        "{} ({place}) has the SHA-256 {found}, expected {expected}; remove it or put the right file there",
        .path.display()
    )]
    Wrong {
        /// Where it was found.
        place: Place,
        /// The file.
        path: PathBuf,
        /// Its checksum.
        found: Checksum,
        /// The manifest's checksum.
        expected: Checksum,
    },
    /// A file exists and cannot be read.
    #[error("{} ({place}) cannot be read: {reason}", .path.display())]
    Unreadable {
        /// Where it was found.
        place: Place,
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// Finds the folder with all files of `manifest`, each verified by its checksum; downloads nothing.
///
/// A place that lacks a file is skipped, unless it is the folder that was given: a file found in a later place has the
/// same checksum and so is the same data.
///
/// # Errors
/// If no place has all files, the folder that was given lacks one, or a file that is there has other bytes or cannot be
/// read.
pub fn find(manifest: &Manifest, places: &Places) -> Result<PathBuf, FindError> {
    for (place, root) in places.iter() {
        let mut missing: Option<Vec<String>> = None;
        for folder in [root.join(&manifest.name), root.to_owned()] {
            let files = missing_files(manifest, place, &folder)?;
            if files.is_empty() {
                return Ok(folder);
            }
            if missing.as_ref().is_none_or(|fewest| files.len() < fewest.len()) {
                missing = Some(files);
            }
        }
        if let (Place::DataDir, Some(files)) = (place, missing) {
            return Err(FindError::NotGiven { name: manifest.name.clone(), folder: root.to_owned(), files });
        }
    }
    let looked = places.iter().map(|(place, root)| (place, root.to_owned())).collect();
    Err(FindError::Missing { name: manifest.name.clone(), looked })
}

/// Every manifest of `datasets`, and where its files were found.
pub fn list<'a>(datasets: &'a Datasets, places: &Places) -> Vec<Listed<'a>> {
    datasets.manifests().map(|manifest| Listed { manifest, found: find(manifest, places) }).collect()
}

/// The files of `manifest` that are not in `folder`; those that are there are verified.
fn missing_files(manifest: &Manifest, place: Place, folder: &Path) -> Result<Vec<String>, FindError> {
    let mut missing = Vec::new();
    for verified in verify(manifest, folder) {
        let (path, file) = (verified.path, verified.file);
        match verified.state {
            State::Ok => {}
            State::Missing => missing.push(file.name.clone()),
            State::Wrong { found } => {
                return Err(FindError::Wrong { place, path, found, expected: file.sha256 });
            }
            State::Long { found } => return Err(FindError::Long { place, path, found, expected: file.size }),
            State::Unreadable(reason) => return Err(FindError::Unreadable { place, path, reason }),
        }
    }
    Ok(missing)
}

impl Places {
    /// The places of this process: `data_dir`, then what the environment says.
    ///
    /// The one function of this crate that reads the environment (downloads also obey `HTTPS_PROXY` and its like):
    /// `TINDERBOX_DATA_DIR`, and for the cache `$XDG_CACHE_HOME/tinderbox`, else `.cache/tinderbox` in the home folder.
    /// Empty variables count as not set, and so does a relative `XDG_CACHE_HOME`, as its specification demands.
    pub fn of_process(data_dir: Option<PathBuf>) -> Self {
        Self::of(data_dir, |name| std::env::var_os(name), std::env::home_dir())
    }

    /// The places that are searched, in this order: the folder that was given alone, or else those that are set.
    pub fn iter(&self) -> impl Iterator<Item = (Place, &Path)> {
        let elsewhere = self.data_dir.is_none();
        [
            (Place::DataDir, &self.data_dir),
            (Place::Environment, &self.environment),
            (Place::Cache, &self.cache),
        ]
        .into_iter()
        .filter(move |(place, _)| elsewhere || *place == Place::DataDir)
        .filter_map(|(place, folder)| Some((place, folder.as_deref()?)))
    }
}

impl Places {
    fn of(
        data_dir: Option<PathBuf>,
        variable: impl Fn(&str) -> Option<OsString>,
        home: Option<PathBuf>,
    ) -> Self {
        let folder = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let caches = folder("XDG_CACHE_HOME")
            .filter(|folder| folder.is_absolute())
            .or_else(|| home.filter(|home| home.is_absolute()).map(|home| home.join(".cache")));
        Self {
            data_dir,
            environment: folder("TINDERBOX_DATA_DIR"),
            cache: caches.map(|folder| folder.join("tinderbox")),
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DataDir => "--data-dir",
            Self::Environment => "TINDERBOX_DATA_DIR",
            Self::Cache => "the cache",
        })
    }
}

fn list_places(looked: &[(Place, PathBuf)]) -> String {
    let place = |(place, folder): &(Place, PathBuf)| format!("{} ({place})", folder.display());
    match looked.iter().map(place).collect::<Vec<_>>().join(", nor in ") {
        none if none.is_empty() => "any place: give --data-dir or set TINDERBOX_DATA_DIR".into(),
        places => places,
    }
}

fn list_files(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", nearest::list(names, "and"))
}

#[cfg(test)]
mod tests;
