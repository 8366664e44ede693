//! Where a file will be written, checked before the work whose result goes there.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::replace::{folder_of, rehearse, replace, sweep_beside};

/// A place where a file can be written: its folder is there and takes files, and what has its name is a file or nothing.
///
/// A symlink to a file is followed: the link stays, and its target gets the new content.
#[derive(Debug, Clone)]
pub struct Destination {
    path: PathBuf,
    /// The same place without symlinks.
    target: PathBuf,
}

/// A place where no file can be written.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// The path is empty.
    #[error("the path is empty, expected the name of a file")]
    Unnamed,
    /// The folder is missing.
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// A file is named where a folder must be.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// A folder has the name, or the name ends like a folder's.
    #[error("{} is a folder, expected a file", .0.display())]
    Folder(PathBuf),
    /// A pipe, socket or device: writing would replace it, or never end.
    #[error("{} is a {kind}, expected a regular file", .path.display())]
    Special {
        /// The path.
        path: PathBuf,
        /// `pipe`, `socket` or `device`.
        kind: &'static str,
    },
    /// A symlink whose target is missing.
    #[error("{} is a symlink to something that does not exist", .0.display())]
    Dangling(PathBuf),
    /// The file is read-only.
    #[error("{} is write-protected", .0.display())]
    Protected(PathBuf),
    /// The system reports an error.
    #[error("cannot write {}: {error}", .path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl Destination {
    /// Checks `path` by making a scratch file beside it; what is at `path` is not changed.
    ///
    /// # Errors
    /// If no file can be written there.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, DestinationError> {
        let path = path.into();
        let target = target(&path)?;
        match fs::metadata(&target) {
            Ok(metadata) => regular(&path, &metadata)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(DestinationError::Io { path, error }),
        }
        // What killed writers left; what cannot be removed only takes space.
        _ = sweep_beside(&target);
        match rehearse(&target) {
            Ok(()) => Ok(Self { path, target }),
            Err(error) => Err(DestinationError::Io { path, error }),
        }
    }

    /// The place as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place without symlinks, for what replaces the file itself.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Whether both are the same file, even under different names.
    pub fn is_same_file(&self, other: &Self) -> bool {
        self.target == other.target || same_inode(&self.target, &other.target)
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written; the earlier file is then unchanged.
    pub fn write(&self, bytes: &[u8]) -> Result<(), DestinationError> {
        replace(&self.target, bytes).map_err(|error| DestinationError::Io { path: self.path.clone(), error })
    }
}

/// `path` without symlinks, whether or not the file is there.
fn target(path: &Path) -> Result<PathBuf, DestinationError> {
    let io = |error| DestinationError::Io { path: path.to_owned(), error };
    if path.as_os_str().is_empty() {
        return Err(DestinationError::Unnamed);
    }
    let Some(name) = path.file_name() else { return Err(DestinationError::Folder(path.to_owned())) };
    let folder = folder_of(path);
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(DestinationError::NotAFolder(folder.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(DestinationError::NoFolder(folder.to_owned()));
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(DestinationError::NotAFolder(folder.to_owned()));
        }
        Err(error) => return Err(io(error)),
    }
    if path.as_os_str().to_string_lossy().ends_with(std::path::is_separator) {
        return Err(DestinationError::Folder(path.to_owned()));
    }
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => match fs::canonicalize(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => match fs::metadata(path) {
                // `/dev/stdout` leads to what has no name.
                Ok(unnamed) => Err(DestinationError::Special { path: path.to_owned(), kind: kind(&unnamed) }),
                Err(_) => Err(DestinationError::Dangling(path.to_owned())),
            },
            followed => followed.map_err(io),
        },
        _ => Ok(fs::canonicalize(folder).map_err(io)?.join(name)),
    }
}

/// Refuses what is not a file, and a file that is write-protected.
fn regular(path: &Path, metadata: &Metadata) -> Result<(), DestinationError> {
    if metadata.is_dir() {
        return Err(DestinationError::Folder(path.to_owned()));
    }
    if !metadata.is_file() {
        return Err(DestinationError::Special { path: path.to_owned(), kind: kind(metadata) });
    }
    // A rename would replace it all the same.
    if metadata.permissions().readonly() {
        return Err(DestinationError::Protected(path.to_owned()));
    }
    Ok(())
}

#[cfg(unix)]
fn kind(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    match (kind.is_fifo(), kind.is_socket()) {
        (true, _) => "pipe",
        (_, true) => "socket",
        _ => "device",
    }
}

#[cfg(not(unix))]
fn kind(_: &Metadata) -> &'static str {
    "device"
}

#[cfg(unix)]
fn same_inode(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path| fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

#[cfg(not(unix))]
fn same_inode(_: &Path, _: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests;
