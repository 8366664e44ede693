//! The search for a dataset's files among the places where they may be.

use std::ffi::OsString;
use std::fmt::{Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

use crate::checksum::Checksum;
use crate::manifest::{Manifest, manifests};
use crate::verify::{State, verify};

/// Where datasets are looked for, in this order.
///
/// In each place the files of the dataset `usps` may lie in the folder `usps` or in the place itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// A folder given on the command line.
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
pub struct Listed {
    /// The dataset.
    pub manifest: &'static Manifest,
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
    /// A file has the right name and other bytes.
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
    /// A file is there and cannot be read.
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
/// A place that lacks a file is passed over: whatever is found further on is, by its checksum, the same data.
///
/// # Errors
/// If no place has all files, or a file that is there has another checksum or cannot be read.
pub fn find(manifest: &Manifest, places: &Places) -> Result<PathBuf, FindError> {
    for (place, root) in places.iter() {
        for folder in [root.join(&manifest.name), root.to_owned()] {
            if complete(manifest, place, &folder)? {
                return Ok(folder);
            }
        }
    }
    let looked = places.iter().map(|(place, root)| (place, root.to_owned())).collect();
    Err(FindError::Missing { name: manifest.name.clone(), looked })
}

/// All datasets that the program knows, and where their files were found.
pub fn list(places: &Places) -> Vec<Listed> {
    manifests().iter().map(|manifest| Listed { manifest, found: find(manifest, places) }).collect()
}

fn complete(manifest: &Manifest, place: Place, folder: &Path) -> Result<bool, FindError> {
    let mut complete = true;
    for verified in verify(manifest, folder) {
        let (path, expected) = (verified.path, verified.file.sha256);
        match verified.state {
            State::Ok => {}
            State::Missing => complete = false,
            State::Wrong { found } => return Err(FindError::Wrong { place, path, found, expected }),
            State::Unreadable(reason) => return Err(FindError::Unreadable { place, path, reason }),
        }
    }
    Ok(complete)
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

    /// The places that are set, in the order of the search.
    pub fn iter(&self) -> impl Iterator<Item = (Place, &Path)> {
        [
            (Place::DataDir, &self.data_dir),
            (Place::Environment, &self.environment),
            (Place::Cache, &self.cache),
        ]
        .into_iter()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::two_files;

    fn write(folder: &Path, manifest: &Manifest, contents: &[&[u8]]) {
        std::fs::create_dir_all(folder).expect("made");
        for (file, bytes) in manifest.files().into_iter().zip(contents) {
            std::fs::write(folder.join(&file.name), bytes).expect("written");
        }
    }

    fn three_places(root: &Path) -> Places {
        Places {
            data_dir: Some(root.join("given")),
            environment: Some(root.join("environment")),
            cache: Some(root.join("cache")),
        }
    }

    #[test]
    fn the_first_place_with_all_files_is_taken() {
        let (manifest, [train, test]) = two_files("http://127.0.0.1:1");
        let root = tempfile::tempdir().expect("temporary folder");
        let places = three_places(root.path());
        let found = || find(&manifest, &places).expect("found").strip_prefix(root.path()).map(Path::to_owned);

        write(&root.path().join("cache/usps"), &manifest, &[&train, &test]);
        assert_eq!(found(), Ok(PathBuf::from("cache/usps")));
        write(&root.path().join("environment"), &manifest, &[&train, &test]);
        assert_eq!(found(), Ok(PathBuf::from("environment")));
        write(&root.path().join("given/usps"), &manifest, &[&train]);
        assert_eq!(found(), Ok(PathBuf::from("environment")), "half a dataset is passed over");
        write(&root.path().join("given"), &manifest, &[&train, &test]);
        assert_eq!(found(), Ok(PathBuf::from("given")));
    }

    #[test]
    fn a_wrong_file_is_an_error_even_where_another_place_has_the_right_one() {
        let (manifest, [train, test]) = two_files("http://127.0.0.1:1");
        let root = tempfile::tempdir().expect("temporary folder");
        write(&root.path().join("cache/usps"), &manifest, &[&train, &test]);
        write(&root.path().join("given/usps"), &manifest, &[b"other"]);
        let message = find(&manifest, &three_places(root.path())).expect_err("wrong").to_string();
        let sums = format!(
            "given/usps/zip.train.gz (--data-dir) has the SHA-256 {}, expected {}; ",
            Checksum::of(b"other"),
            Checksum::of(&train)
        );
        assert!(message.contains(&sums), "{message}");
    }

    #[test]
    #[cfg(unix)]
    fn the_environment_gives_a_folder_and_the_cache() {
        let places = |data_dir: &'static str, caches: &'static str, home: Option<&str>| {
            let variable = |name: &str| match name {
                "TINDERBOX_DATA_DIR" => Some(data_dir.into()),
                "XDG_CACHE_HOME" => Some(caches.into()),
                _ => None,
            };
            let places = Places::of(None, variable, home.map(PathBuf::from));
            [places.environment, places.cache].map(|folder| folder.map(|folder| folder.display().to_string()))
        };
        let some = |folder: &str| Some(folder.to_owned());
        assert_eq!(places("/d", "/c", Some("/h")), [some("/d"), some("/c/tinderbox")]);
        assert_eq!(places("", "", Some("/h")), [None, some("/h/.cache/tinderbox")]);
        assert_eq!(places("d", "c", Some("/h")), [some("d"), some("/h/.cache/tinderbox")]);
        assert_eq!(places("", "", None), [None, None]);
    }

    #[test]
    fn the_places_that_lack_the_files_are_named() {
        let (manifest, _) = two_files("http://127.0.0.1:1");
        let places = Places { environment: None, ..three_places(Path::new("/nowhere")) };
        assert_eq!(
            find(&manifest, &places).expect_err("missing").to_string(),
            "usps is not in /nowhere/given (--data-dir), nor in /nowhere/cache (the cache)"
        );
        assert_eq!(
            find(&manifest, &Places::default()).expect_err("missing").to_string(),
            "usps is not in any place: give --data-dir or set TINDERBOX_DATA_DIR"
        );
    }

    #[test]
    fn every_manifest_is_listed_found_or_not() {
        let listed = list(&Places::default());
        assert_eq!(listed[0].manifest.name, "usps");
        assert!(matches!(listed[0].found, Err(FindError::Missing { .. })));
    }
}
