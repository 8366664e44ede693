//! A dataset: training and test images, and where they come from.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::download::Progress;
use crate::fetch::{FetchError, fetch};
use crate::find::Places;
use crate::images::Images;
use crate::manifest::{Format, Manifest, manifest, manifests};
use crate::stand_in::stand_in;
use crate::usps::{self, UspsError};

/// Training and test images, and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// What a user types: `usps`, or `stand-in`.
    pub name: String,
    /// What a reader sees.
    pub title: String,
    /// Whom to cite.
    pub citation: String,
    /// The official training set.
    pub training: Images,
    /// The official test set.
    pub test: Images,
    /// Where the images come from.
    pub origin: Origin,
    /// One fingerprint for all files, see [`Manifest::fingerprint`]: 64 hexadecimal digits.
    pub sha256: String,
}

/// Where images come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The dataset's own files, in this folder.
    Files(PathBuf),
    /// The embedded digits, see [`stand_in`].
    StandIn {
        /// Why, in one line.
        reason: String,
    },
}

/// Which dataset is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// USPS, or the stand-in digits if it cannot be had; written `auto`.
    #[default]
    Auto,
    /// The dataset of this name, and no other.
    Named(String),
    /// The stand-in digits; written `stand-in`.
    StandIn,
}

/// A text that is no [`Choice`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("dataset {name:?}, expected auto, stand-in or {known}")]
pub struct ChoiceError {
    name: String,
    known: String,
}

/// Why a dataset could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such dataset.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// Its files cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its files cannot be read.
    #[error(transparent)]
    Read(#[from] UspsError),
}

/// What [`Choice::Auto`] asks for first.
const PREFERRED: &str = "usps";

/// Finds, downloads if need be, verifies and reads the dataset of `choice`.
///
/// [`Choice::Auto`] falls back to [`stand_in`], with the reason, only when the files are nowhere and cannot be
/// downloaded; a wrong file in a folder that the user gave is an error all the same, and so is a file that
/// [`Places::data_dir`] lacks.
///
/// # Errors
/// If the dataset is unknown, or its files cannot be had or read.
pub fn load(
    choice: &Choice,
    places: &Places,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Dataset, LoadError> {
    let named = |name: &str| manifest(name).ok_or_else(|| ChoiceError::new(name));
    match choice {
        Choice::Auto => load_or_stand_in(named(PREFERRED)?, places, progress),
        Choice::Named(name) => load_files(named(name)?, places, progress),
        Choice::StandIn => Ok(stand_in("the stand-in digits were asked for")),
    }
}

fn load_files(
    manifest: &Manifest,
    places: &Places,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Dataset, LoadError> {
    let folder = fetch(manifest, places, progress)?;
    read(manifest, &folder)
}

fn load_or_stand_in(
    manifest: &Manifest,
    places: &Places,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Dataset, LoadError> {
    match load_files(manifest, places, progress) {
        Err(LoadError::Fetch(reason @ (FetchError::NoCache(_) | FetchError::Download { .. }))) => {
            Ok(stand_in(reason.to_string()))
        }
        loaded => loaded,
    }
}

/// Reads the files of `manifest` in `folder`, whose checksums are known to be right.
fn read(manifest: &Manifest, folder: &Path) -> Result<Dataset, LoadError> {
    let images = |file| match manifest.format {
        Format::UspsText => usps::read(manifest, file, folder),
    };
    Ok(Dataset {
        name: manifest.name.clone(),
        title: manifest.title.clone(),
        citation: manifest.citation.clone(),
        training: images(&manifest.training)?,
        test: images(&manifest.test)?,
        origin: Origin::Files(folder.to_owned()),
        sha256: manifest.fingerprint().to_string(),
    })
}

impl ChoiceError {
    fn new(name: &str) -> Self {
        let names: Vec<&str> = manifests().iter().map(|manifest| manifest.name.as_str()).collect();
        Self { name: name.to_owned(), known: names.join(", ") }
    }
}

impl FromStr for Choice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "stand-in" => Ok(Self::StandIn),
            name if manifest(name).is_some() => Ok(Self::Named(name.to_owned())),
            name => Err(ChoiceError::new(name)),
        }
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::StandIn => "stand-in",
            Self::Named(name) => name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Server, two_files};

    fn cache(folder: &Path) -> Places {
        Places { cache: Some(folder.to_owned()), ..Places::default() }
    }

    fn nowhere() -> Server {
        Server::start(|_, reply| reply.head("503 Service Unavailable\r\nContent-Length: 0"))
    }

    #[test]
    fn files_are_downloaded_and_read() {
        let server = Server::start(|request, reply| {
            let (_, [train, test]) = two_files("");
            reply.whole(if request.path.contains("train") { &train } else { &test });
        });
        let (manifest, _) = two_files(&server.address);
        let root = tempfile::tempdir().expect("temporary folder");
        let data = load_or_stand_in(&manifest, &cache(root.path()), &mut |_| {}).expect("loaded");
        assert_eq!(data.training.labels(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!((data.test.labels(), data.test.pixels()), (&[7][..], &[1.0, 0.5][..]));
        assert_eq!(data.origin, Origin::Files(root.path().join("usps")));
        assert_eq!(data.sha256, manifest.fingerprint().to_string());
    }

    #[test]
    fn auto_falls_back_and_says_why_in_a_line() {
        let server = nowhere();
        let (manifest, _) = two_files(&server.address);
        let root = tempfile::tempdir().expect("temporary folder");
        let data = load_or_stand_in(&manifest, &cache(root.path()), &mut |_| {}).expect("stand-in");
        assert_eq!(data.name, "stand-in");
        let reason = format!(
            "usps is not in {} (the cache); zip.train.gz could not be downloaded: {}/zip.train.gz: \
             the server answers 503 Service Unavailable",
            root.path().display(),
            server.address
        );
        assert_eq!(data.origin, Origin::StandIn { reason });
    }

    #[test]
    fn a_named_dataset_never_falls_back() {
        let (manifest, _) = two_files(&nowhere().address);
        let root = tempfile::tempdir().expect("temporary folder");
        let error = load_files(&manifest, &cache(root.path()), &mut |_| {}).expect_err("nowhere");
        assert!(matches!(error, LoadError::Fetch(FetchError::Download { .. })), "{error}");
    }

    #[test]
    fn auto_does_not_fall_back_from_a_wrong_file_that_was_given() {
        let root = tempfile::tempdir().expect("temporary folder");
        std::fs::write(root.path().join("zip.test.gz"), "other").expect("written");
        let places = Places { data_dir: Some(root.path().to_owned()), ..Places::default() };
        let error = load(&Choice::Auto, &places, &mut |_| {}).expect_err("wrong").to_string();
        assert!(error.contains("zip.test.gz (--data-dir) has the SHA-256 "), "{error}");
    }

    #[test]
    fn auto_does_not_fall_back_from_a_folder_that_was_given() {
        let root = tempfile::tempdir().expect("temporary folder");
        let places = Places { data_dir: Some(root.path().to_owned()), ..Places::default() };
        let error = load(&Choice::Auto, &places, &mut |_| {}).expect_err("nothing there").to_string();
        assert!(error.contains("(--data-dir): zip.train.gz and zip.test.gz are missing"), "{error}");
    }

    #[test]
    fn auto_falls_back_where_there_is_not_even_a_cache() {
        let data = load(&Choice::Auto, &Places::default(), &mut |_| {}).expect("stand-in");
        assert!(
            matches!(data.origin, Origin::StandIn { reason } if reason.contains("usps is not in any place"))
        );
    }

    #[test]
    fn a_choice_is_written_as_it_is_read() {
        for choice in [Choice::Auto, Choice::StandIn, Choice::Named("usps".into())] {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        let message = "dataset \"mnits\", expected auto, stand-in or usps";
        assert_eq!("mnits".parse::<Choice>().expect_err("unknown").to_string(), message);
        let named = Choice::Named("mnits".into());
        assert_eq!(load(&named, &Places::default(), &mut |_| {}).expect_err("unknown").to_string(), message);
    }
}
