//! Regular files: their length is known before a byte is read.

use std::fs::{self, File};
use std::io::{self, Read, Take};
use std::path::Path;

/// A regular file, and how many bytes it had when it was opened: no more of it is read.
pub(crate) struct Regular {
    pub(crate) file: Take<File>,
    pub(crate) length: u64,
}

impl Regular {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// If it cannot be opened, or is a folder, a pipe or a device. These may have no end, or no beginning.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let kind = fs::metadata(path)?;
        if kind.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !kind.is_file() {
            return Err(io::Error::other("a pipe or a device, expected a file"));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file: file.take(length), length })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn only_a_regular_file_is_opened() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let refused = |path: &Path| Regular::open(path).err().expect("refused").to_string();
        assert_eq!(refused(folder.path()), "is a directory");
        for device in ["/dev/zero", "/dev/null"] {
            assert_eq!(refused(Path::new(device)), "a pipe or a device, expected a file");
        }
        let [socket, circle, link, file] =
            ["socket", "circle", "link", "file"].map(|name| folder.path().join(name));
        let _listener = UnixListener::bind(&socket).expect("bound");
        assert_eq!(refused(&socket), "a pipe or a device, expected a file");
        symlink("/dev/zero", &link).expect("linked");
        assert_eq!(refused(&link), "a pipe or a device, expected a file");
        symlink(&circle, &circle).expect("linked");
        assert!(refused(&circle).contains("symbolic link"));
        fs::write(&file, "text").expect("written");
        assert_eq!(Regular::open(&file).expect("opened").length, 4);
    }
}
