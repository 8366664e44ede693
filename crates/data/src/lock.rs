//! Lock files.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Opens the lock file `path`, or creates it. Its content is kept, and a symlink is not followed.
///
/// # Errors
/// If it cannot be opened, or `path` is not a regular file.
pub fn lock_file(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made,
    }
    if !fs::symlink_metadata(path)?.is_file() {
        let reason = format!("{} is not a regular file; a lock file must be one", path.display());
        return Err(io::Error::new(ErrorKind::InvalidInput, reason));
    }
    File::options().append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_is_made_once_and_keeps_its_content() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        lock_file(&path).expect("made").lock().expect("locked");
        fs::write(&path, "kept").expect("written");
        lock_file(&path).expect("opened").lock().expect("locked");
        assert_eq!(fs::read(&path).expect("read"), b"kept");
        assert!(lock_file(folder.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_symlink_is_refused_and_its_target_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let [link, target] = ["lock", "diary"].map(|name| folder.path().join(name));
        fs::write(&target, "dear diary").expect("written");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        let error = lock_file(&link).expect_err("refused").to_string();
        assert!(error.contains("lock is not a regular file"), "{error}");
        assert_eq!(fs::read(&target).expect("read"), b"dear diary");
        fs::remove_file(&target).expect("removed");
        lock_file(&link).expect_err("refused");
        assert!(!target.exists(), "a dangling link makes no file");
    }
}
