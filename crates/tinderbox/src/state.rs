//! Private folders of the user: what workers keep on this machine while a study runs.
//!
//! ```text
//! $XDG_STATE_HOME/tinderbox, else ~/.local/state/tinderbox     mode 0700, of this user, not a link
//!   <identity of a study>/                                     never its name
//!     <digest of a trial's key>.checkpoint                     until its trial ends
//!     crews/<name of a crew>/                                  lock, held while its supervisor runs, with the machine's
//!                                                              name in it; logs of its workers
//! ```
//!
//! Where that folder cannot be had, a fresh temporary one takes its place: it costs what an earlier run has left,
//! nothing else.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tinderbox_search::{Storage, StorageError, StudyId};

use crate::machine;

/// User attribute of a study: its identity, independent of its name and of the place of its storage.
const IDENTITY: &str = "tinderbox:id";

/// The folder of one study.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    /// Whether it is deleted on drop, since no later process will look for it.
    temporary: bool,
}

/// The place of a crew, or of a single worker, in the folder of a study. While it is held, others know that the crew is
/// running, and the folder stays.
#[derive(Debug)]
pub struct Seat {
    path: PathBuf,
    _lock: File,
}

/// Error of using a private folder.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It could not be created or read.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// Something that is not a folder has its name.
    #[error("{}: not a folder, or a link to one", .0.display())]
    NotAFolder(PathBuf),
    /// It belongs to another user.
    #[error("{}: it belongs to another user", .0.display())]
    Foreign(PathBuf),
    /// Other users may write to it.
    #[error("{}: other users may write to it; run `chmod 700` on it", .0.display())]
    Open(PathBuf),
}

impl StateFolder {
    /// The folder of the study with this identity, and, if it is a temporary one, the reason.
    ///
    /// # Errors
    /// If not even a temporary folder can be made.
    pub fn new(identity: &str) -> Result<(Self, Option<StateError>), StateError> {
        match home().map(|home| lasting(&home, &folder_name(identity))) {
            Some(Ok(path)) => Ok((Self { path, temporary: false }, None)),
            Some(Err(error)) => Ok((Self::temporary()?, Some(error))),
            None => Ok((Self::temporary()?, None)),
        }
    }

    /// A fresh folder.
    fn temporary() -> Result<Self, StateError> {
        let path = std::env::temp_dir().join(format!("tinderbox-{}", fresh()));
        match make(&path) {
            Ok(()) => Ok(Self { path, temporary: true }),
            Err(error) => Err(StateError::Io { path, error }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes a place for the crew, or the single worker, of this name.
    ///
    /// # Errors
    /// If the place cannot be created.
    pub fn seat(&self, crew: &str) -> Result<Seat, StateError> {
        // Another one may have ended meanwhile, and taken the folder away.
        own_folder(&self.path)?;
        let crews = own_folder(&self.path.join("crews"))?;
        let path = own_folder(&crews.join(crew))?;
        match hold(&path) {
            Ok(lock) => Ok(Seat { path, _lock: lock }),
            Err(error) => Err(StateError::Io { path, error }),
        }
    }

    /// Names of crews whose supervisors have ended, and their workers with them. Crews of other machines are not
    /// judged: a folder may be on a network where each machine sees only its own locks.
    pub fn gone(&self) -> Vec<String> {
        let crews = fs::read_dir(self.path.join("crews")).into_iter().flatten().flatten();
        let gone = crews.filter(|crew| is_gone(&crew.path().join("lock")));
        gone.filter_map(|crew| crew.file_name().into_string().ok()).collect()
    }

    /// Removes the place and the logs of a crew that has ended.
    pub fn forget(&self, crew: &str) {
        // What cannot be removed only takes space.
        _ = fs::remove_dir_all(self.path.join("crews").join(crew));
    }
}

impl Drop for StateFolder {
    fn drop(&mut self) {
        if self.temporary {
            _ = fs::remove_dir_all(&self.path);
            return;
        }
        // Of a study that is over nothing is left. A folder with something in it stays.
        _ = fs::remove_dir(self.path.join("crews"));
        _ = fs::remove_dir(&self.path);
    }
}

impl Seat {
    /// The folder for the logs of the crew's workers.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the place, with its logs.
    pub fn leave(self) {
        _ = fs::remove_dir_all(&self.path);
    }
}

/// The file of the checkpoint of the trial with this key in the folder of its study: the same for every attempt, so that
/// the next one resumes from it. Not by number: other programs may give two trials the same one.
pub fn checkpoint(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{}.checkpoint", folder_name(key)))
}

/// The identity of a study; the first caller makes it.
///
/// # Errors
/// If the storage fails.
pub fn identity(storage: &mut dyn Storage, study: StudyId) -> Result<String, StorageError> {
    let stored = storage.settle_study_attribute(study, IDENTITY, &Value::from(fresh()))?;
    // Text from us; any other value identifies the study as well.
    Ok(stored.as_str().map_or_else(|| stored.to_string(), str::to_owned))
}

/// The name of the folder of the study with this identity: 32 hexadecimal digits, for any identity.
pub fn folder_name(identity: &str) -> String {
    let mut digits = base16ct::lower::encode_string(&Sha256::digest(identity));
    digits.truncate(32);
    digits
}

/// 32 random hexadecimal digits.
pub fn fresh() -> String {
    // The keys of a `RandomState` are the system's randomness.
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

/// A unique name for a crew; short, because it is shown with each of its workers.
pub fn crew_name() -> String {
    let mut name = fresh();
    name.truncate(12);
    name
}

/// The user's folder for state, if there is a home folder.
fn home() -> Option<PathBuf> {
    // As the XDG specification has it, a relative path is none.
    let absolute = |text: OsString| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    let state = std::env::var_os("XDG_STATE_HOME").and_then(absolute);
    state.or_else(|| Some(std::env::home_dir().filter(|home| home.is_absolute())?.join(".local/state")))
}

/// The folder `name` of Tinderbox below `home`, created if it is missing.
fn lasting(home: &Path, name: &str) -> Result<PathBuf, StateError> {
    builder()
        .recursive(true)
        .create(home)
        .map_err(|error| StateError::Io { path: home.to_path_buf(), error })?;
    let ours = own_folder(&home.join("tinderbox"))?;
    own_folder(&ours.join(name))
}

/// A folder that only this user can use, created if it is missing.
fn own_folder(path: &Path) -> Result<PathBuf, StateError> {
    let io = |error| StateError::Io { path: path.to_path_buf(), error };
    match make(path) {
        Ok(()) => return Ok(path.to_path_buf()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(error)),
    }
    let metadata = fs::symlink_metadata(path).map_err(io)?;
    if !metadata.is_dir() {
        return Err(StateError::NotAFolder(path.to_path_buf()));
    }
    check_owner(path, &metadata)?;
    Ok(path.to_path_buf())
}

/// Refuses a folder that belongs to another user, or that others may write to.
#[cfg(unix)]
fn check_owner(path: &Path, folder: &fs::Metadata) -> Result<(), StateError> {
    use std::os::unix::fs::MetadataExt;

    if folder.mode() & 0o022 != 0 {
        return Err(StateError::Open(path.to_path_buf()));
    }
    // A file belongs to the user who made it: so this process learns its own user.
    let probe = path.join(format!("{}.probe", fresh()));
    let made = File::create_new(&probe).and_then(|file| file.metadata());
    _ = fs::remove_file(&probe);
    match made {
        Ok(made) if made.uid() == folder.uid() => Ok(()),
        Ok(_) => Err(StateError::Foreign(path.to_path_buf())),
        Err(error) => Err(StateError::Io { path: path.to_path_buf(), error }),
    }
}

#[cfg(not(unix))]
fn check_owner(_path: &Path, _folder: &fs::Metadata) -> Result<(), StateError> {
    Ok(())
}

/// Creates a folder that only this user can read.
fn make(path: &Path) -> io::Result<()> {
    builder().create(path)
}

fn builder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Creates the lock of a crew in its folder. The file gets its name only once the lock is held.
fn hold(folder: &Path) -> io::Result<File> {
    let unnamed = folder.join("lock.new");
    let mut file = File::create_new(&unnamed)?;
    file.lock()?;
    file.write_all(machine::mark().as_bytes())?;
    fs::rename(&unnamed, folder.join("lock"))?;
    Ok(file)
}

/// Whether there is a lock of this machine and nobody holds it.
fn is_gone(lock: &Path) -> bool {
    let Ok(mut file) = File::open(lock) else { return false };
    if file.try_lock().is_err() {
        return false;
    }
    let mut mark = String::new();
    file.read_to_string(&mut mark).is_ok() && machine::is_here(&mark)
}

#[cfg(test)]
mod tests;
