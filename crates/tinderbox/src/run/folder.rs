//! A run's folder on this machine: `runs/<hash of the plan>`, with checkpoints, logs and the report, and with the run's storage
//! unless it lies elsewhere.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tinderbox_data::{lock_file, sweep};
use tinderbox_search::Sqlite;

use super::{Run, RunError};
use crate::plan::Plan;

/// The folder of one plan.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// The folder of `plan` below `runs`, made if it is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(runs: &Path, plan: &Plan) -> Result<Self, RunError> {
        let folder = Self { path: runs.join(plan.hash()) };
        for path in [folder.path.clone(), folder.checkpoints()] {
            fs::create_dir_all(&path).map_err(|error| RunError::Io { path, error })?;
        }
        Ok(folder)
    }

    /// A folder that is there, whether or not a run keeps its results in it.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf() }
    }

    /// A folder with the storage of a run in it.
    ///
    /// # Errors
    /// If it cannot be looked into, or no run was made in it.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let folder = Self::at(path);
        let path = folder.storage_path();
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(folder),
            // A folder that cannot be looked into may hold a run.
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(RunError::Io { path, error })
            }
            _ => Err(RunError::NoFolder(folder.path)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the run's own storage.
    pub fn storage_path(&self) -> PathBuf {
        self.path.join("study.sqlite")
    }

    /// The images of the run, for its workers, while they are at work; see [`tinderbox_data::write_snapshot`].
    pub fn snapshot_path(&self) -> PathBuf {
        self.path.join("images.safetensors")
    }

    /// Where workers leave checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// The run in its own storage, which is made where it is missing.
    ///
    /// # Errors
    /// If its file cannot be used.
    pub fn run(&self) -> Result<Run, RunError> {
        Ok(self.with(Sqlite::open(self.storage_path())?))
    }

    /// The run in its own storage, to read it; the folder may be write-protected.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn run_to_read(&self) -> Result<Run, RunError> {
        Ok(self.with(Sqlite::open_read_only(self.storage_path())?))
    }

    fn with(&self, storage: Sqlite) -> Run {
        Run { storage: Box::new(storage), hash: None, place: self.storage_path().display().to_string() }
    }

    /// Removes what killed processes left half-written, and the workers' images. Only for the holder of the lock, while
    /// no crew is at work.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn sweep(&self) -> Result<(), RunError> {
        // What cannot be removed only takes space.
        _ = fs::remove_file(self.snapshot_path());
        for path in [self.path.clone(), self.checkpoints()] {
            sweep(&path).map_err(|error| RunError::Io { path, error })?;
        }
        Ok(())
    }

    /// Keeps other `reproduce` processes out for as long as the file is held.
    ///
    /// # Errors
    /// If another one is in.
    pub fn lock(&self) -> Result<File, RunError> {
        let path = self.path.join("lock");
        let io = |error| RunError::Io { path: path.clone(), error };
        let file = lock_file(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(RunError::Busy(self.path.clone())),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }
}
