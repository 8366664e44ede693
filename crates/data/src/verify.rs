//! Verification: are the files of a dataset in a folder the ones that its manifest means?

use std::io;
use std::path::{Path, PathBuf};

use crate::checksum::Checksum;
use crate::manifest::{DataFile, Manifest};

/// One file of a dataset and what was found in its place.
#[derive(Debug)]
pub struct Verified<'a> {
    /// The file as the manifest describes it.
    pub file: &'a DataFile,
    /// Where it was looked for.
    pub path: PathBuf,
    /// What was found.
    pub state: State,
}

/// What stands in the place of a file.
#[derive(Debug)]
pub enum State {
    /// The file, with the right checksum.
    Ok,
    /// Nothing.
    Missing,
    /// A file with another checksum.
    Wrong {
        /// Its checksum.
        found: Checksum,
    },
    /// Something that cannot be read.
    Unreadable(io::Error),
}

/// Hashes every file of `manifest` in `folder`; one entry for each, in the order of [`Manifest::files`].
pub fn verify<'a>(manifest: &'a Manifest, folder: &Path) -> [Verified<'a>; 2] {
    let verified = |file: &'a DataFile| {
        let path = folder.join(&file.name);
        Verified { file, state: state(file, &path), path }
    };
    manifest.files().map(verified)
}

fn state(file: &DataFile, path: &Path) -> State {
    match Checksum::of_file(path) {
        Ok(found) if found == file.sha256 => State::Ok,
        Ok(found) => State::Wrong { found },
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            State::Missing
        }
        Err(error) => State::Unreadable(error),
    }
}

impl std::fmt::Display for Verified<'_> {
    /// One line: the path, what was found, what was expected.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, path, state } = self;
        write!(f, "{}: ", path.display())?;
        match state {
            State::Ok => f.write_str("ok"),
            State::Missing => f.write_str("missing"),
            State::Wrong { found } => write!(f, "SHA-256 {found}, expected {}", file.sha256),
            State::Unreadable(error) => write!(f, "unreadable: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::manifest;

    /// What verification says of the training file, after `put` has put something in its place.
    fn line(put: impl FnOnce(&Path)) -> String {
        let mut usps = manifest("usps").expect("embedded").clone();
        usps.training.sha256 = Checksum::of(b"right");
        let folder = tempfile::tempdir().expect("temporary folder");
        put(&folder.path().join("zip.train.gz"));
        let [training, test] = verify(&usps, folder.path());
        assert!(matches!(test.state, State::Missing));
        training.to_string().split_once("zip.train.gz: ").expect("the path").1.to_owned()
    }

    #[test]
    fn a_file_is_ok_missing_wrong_or_unreadable() {
        let (wrong, right) = (Checksum::of(b"wrong"), Checksum::of(b"right"));
        assert_eq!(line(|path| std::fs::write(path, "right").expect("written")), "ok");
        assert_eq!(line(|_| {}), "missing");
        assert_eq!(
            line(|path| std::fs::write(path, "wrong").expect("written")),
            format!("SHA-256 {wrong}, expected {right}")
        );
        assert!(line(|path| std::fs::create_dir(path).expect("made")).starts_with("unreadable: "));
    }
}
