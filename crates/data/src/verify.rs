//! Verification: whether the files of a dataset in a folder are those of its manifest.

use std::io;
use std::path::{Path, PathBuf};

use crate::checksum::Checksum;
use crate::manifest::{DataFile, Manifest};
use crate::regular::Regular;

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

/// What was found in the place of a file.
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
    /// A file with more bytes than the manifest says; they are not read.
    Long {
        /// How many it has.
        found: u64,
    },
    /// A file that cannot be read, or something else than a file.
    Unreadable(io::Error),
}

/// Hashes every file of `manifest` in `folder`; one entry for each, in the order of [`Manifest::files`].
pub fn verify<'a>(manifest: &'a Manifest, folder: &Path) -> Vec<Verified<'a>> {
    let verified = |file: &'a DataFile| {
        let path = folder.join(&file.name);
        Verified { file, state: state(file, &path), path }
    };
    manifest.files().map(verified).collect()
}

/// What was found at `path`, where `file` is expected. Reads at most the file's size.
pub(crate) fn state(file: &DataFile, path: &Path) -> State {
    let found = match Regular::open(path) {
        Ok(Regular { length, .. }) if length > file.size => return State::Long { found: length },
        opened => opened.and_then(|regular| Checksum::of_reader(regular.file)),
    };
    match found {
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
            State::Long { found } => write!(f, "{found} bytes, expected {}", file.size),
            State::Unreadable(error) => write!(f, "unreadable: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::usps;

    /// What verification says of the training file, after `put` has put something in its place.
    fn line(put: impl FnOnce(&Path)) -> String {
        let mut usps = usps();
        usps.training.files[0].sha256 = Checksum::of(b"right");
        let folder = tempfile::tempdir().expect("temporary folder");
        put(&folder.path().join("zip.train.gz"));
        let verified = verify(&usps, folder.path());
        let [training, test] = verified.as_slice() else { panic!("two files") };
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

    /// A file of the right size is hashed, one that is a byte longer is not even read.
    #[test]
    fn a_file_is_read_up_to_its_size() {
        let size = usps().training.files[0].size;
        let sparse = |length| {
            move |path: &Path| {
                std::fs::File::create(path).and_then(|file| file.set_len(length)).expect("made");
            }
        };
        assert!(line(sparse(size)).starts_with("SHA-256 "));
        assert_eq!(line(sparse(size + 1)), format!("{} bytes, expected {size}", size + 1));
        assert_eq!(line(sparse(1 << 40)), format!("{} bytes, expected {size}", 1u64 << 40));
    }

    #[test]
    #[cfg(unix)]
    fn a_device_or_a_pipe_is_unreadable_and_not_waited_for() {
        let link = |to: &'static str| line(move |path| std::os::unix::fs::symlink(to, path).expect("linked"));
        assert_eq!(link("/dev/zero"), "unreadable: a pipe or a device, expected a file");
        assert!(link("zip.train.gz").starts_with("unreadable: "));
        let mut listener = None;
        let socket =
            line(|path| listener = Some(std::os::unix::net::UnixListener::bind(path).expect("bound")));
        assert_eq!(socket, "unreadable: a pipe or a device, expected a file");
    }
}
