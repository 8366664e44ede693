//! Fetching: finds a dataset's files, or else downloads them into the cache.

use std::path::PathBuf;

use crate::download::{DownloadError, Progress, download};
use crate::find::{FindError, Place, Places, find};
use crate::manifest::Manifest;

/// Error of fetching the files of a dataset.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A file that the user gave is missing, wrong or unreadable.
    #[error(transparent)]
    Find(FindError),
    /// There is no folder to download to.
    #[error("{0}, and there is no cache to download it into; set XDG_CACHE_HOME or HOME")]
    NoCache(FindError),
    /// The download failed.
    #[error("{missing}; {reason}")]
    Download {
        /// Where the files were looked for.
        missing: Box<FindError>,
        /// Why they could not be downloaded.
        reason: DownloadError,
    },
}

/// Finds the files of `manifest` or downloads them, and returns their folder; every file is verified by its checksum.
///
/// A wrong or unreadable file in a given folder is an error, and so is one that [`Places::data_dir`] lacks; a wrong one in
/// the cache is downloaded again.
///
/// # Errors
/// If a given file is missing, wrong or unreadable, or the files are nowhere and cannot be downloaded.
pub fn fetch(
    manifest: &Manifest,
    places: &Places,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, FetchError> {
    let missing = match find(manifest, places) {
        Ok(folder) => return Ok(folder),
        Err(
            missing @ (FindError::Missing { .. }
            | FindError::Wrong { place: Place::Cache, .. }
            | FindError::Long { place: Place::Cache, .. }),
        ) => missing,
        Err(error) => return Err(FetchError::Find(error)),
    };
    let Some(cache) = &places.cache else { return Err(FetchError::NoCache(missing)) };
    let folder = cache.join(&manifest.name);
    let downloaded = manifest.files().try_for_each(|file| download(file, &folder, progress).map(drop));
    match downloaded {
        Ok(()) => Ok(folder),
        Err(reason) => Err(FetchError::Download { missing: Box::new(missing), reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Server, two_files};

    #[test]
    fn what_is_nowhere_is_downloaded_once() {
        let server = Server::start(|request, reply| {
            let (_, [train, test]) = two_files("");
            reply.whole(if request.path.contains("train") { &train } else { &test });
        });
        let (manifest, _) = two_files(&server.address);
        let root = tempfile::tempdir().expect("temporary folder");
        let places = Places { cache: Some(root.path().join("new")), ..Places::default() };
        let mut names = Vec::new();
        let mut fetch = || fetch(&manifest, &places, &mut |step| names.push(step.name.to_owned()));
        assert_eq!(fetch().expect("downloaded"), root.path().join("new/usps"));
        assert_eq!(fetch().expect("found"), root.path().join("new/usps"));
        names.dedup();
        assert_eq!(names, ["zip.train.gz", "zip.test.gz"]);
        assert_eq!(server.requests().len(), 2);
    }

    #[test]
    fn a_wrong_file_in_the_cache_is_replaced_and_the_right_one_kept() {
        let (_, [train, test]) = two_files("");
        let wanted = train.clone();
        let server = Server::start(move |_, reply| reply.whole(&wanted));
        let (manifest, _) = two_files(&server.address);
        let root = tempfile::tempdir().expect("temporary folder");
        std::fs::create_dir(root.path().join("usps")).expect("made");
        std::fs::write(root.path().join("usps/zip.train.gz"), "rotten").expect("written");
        std::fs::write(root.path().join("usps/zip.test.gz"), test).expect("written");
        let places = Places { cache: Some(root.path().to_owned()), ..Places::default() };
        let folder = fetch(&manifest, &places, &mut |_| {}).expect("repaired");
        assert_eq!(std::fs::read(folder.join("zip.train.gz")).expect("there"), train);
        assert_eq!(server.requests().len(), 1);
    }

    #[test]
    fn a_wrong_file_in_a_given_folder_is_never_replaced() {
        let root = tempfile::tempdir().expect("temporary folder");
        std::fs::write(root.path().join("zip.train.gz"), "mine").expect("written");
        let (manifest, _) = two_files("http://127.0.0.1:1");
        let places = Places { environment: Some(root.path().to_owned()), ..Places::default() };
        let error = fetch(&manifest, &places, &mut |_| {}).expect_err("wrong");
        assert!(matches!(error, FetchError::Find(FindError::Wrong { place: Place::Environment, .. })));
        assert_eq!(std::fs::read(root.path().join("zip.train.gz")).expect("there"), b"mine");
    }

    #[test]
    fn without_a_cache_the_message_says_what_to_set() {
        let (manifest, _) = two_files("http://127.0.0.1:1");
        let error = fetch(&manifest, &Places::default(), &mut |_| {}).expect_err("no cache");
        assert!(error.to_string().ends_with("set XDG_CACHE_HOME or HOME"), "{error}");
    }

    #[test]
    fn nothing_is_downloaded_for_a_folder_that_was_given() {
        let (manifest, _) = two_files("http://127.0.0.1:1");
        let root = tempfile::tempdir().expect("temporary folder");
        let cache = root.path().join("cache");
        let places =
            Places { data_dir: Some(root.path().into()), cache: Some(cache.clone()), ..Places::default() };
        let error = fetch(&manifest, &places, &mut |_| panic!("a download")).expect_err("refused");
        assert!(matches!(error, FetchError::Find(FindError::NotGiven { .. })), "{error}");
        assert!(!cache.exists());
    }
}
