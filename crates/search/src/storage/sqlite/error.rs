//! What can be wrong with an SQLite file, in words that name the file.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::storage::{columns, sql};

/// An SQLite file that cannot be used. Results stored before stay in it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct SqliteError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with an SQLite file.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// It holds something else.
    #[error("not an SQLite database; name another file, or move this one away")]
    NotADatabase,
    /// It holds another program's tables.
    #[error("an SQLite database of another program, without Optuna's tables; name another file")]
    Foreign,
    /// Optuna's tables, of another revision.
    #[error(
        "Optuna's tables are of revision `{0}`, expected `{expected}`; run `optuna storage upgrade` on the file, or \
         name another",
        expected = columns::REVISION
    )]
    Revision(String),
    /// Tinderbox's tables, of another version.
    #[error("Tinderbox's tables are of version {0}, expected {expected}; use the Tinderbox that wrote them, or name \
             another file", expected = columns::VERSION)]
    Version(i64),
    /// It cannot be written.
    #[error("read-only; make the file and its folder writable, or copy it elsewhere")]
    ReadOnly,
    /// It is not there, and was not to be made.
    #[error("no such file; nothing was created{}", others(.near))]
    Missing {
        /// Files in its folder that may be the one that was meant.
        near: Vec<String>,
    },
    /// A link to nothing.
    #[error("a symbolic link to {}, which does not exist; name the file itself", .0.display())]
    Dangling(PathBuf),
    /// Something else that has a name.
    #[error("{0}, expected a file")]
    NotAFile(&'static str),
    /// Nobody can say whether it is there.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// It is there, without any table.
    #[error("an empty file, without studies; `open` makes its tables")]
    Empty,
    /// A file that nobody can write, with changes beside it that only a writer can take in.
    #[error("write-protected, with changes in the `-wal` file beside it; copy both to where you may write")]
    Log,
    /// It can be neither found nor created.
    #[error("cannot be opened or created; is its folder there, and may you write in it?")]
    CannotOpen,
    /// No room.
    #[error("the disk is full; make room and run again: earlier results are safe, this one was not stored")]
    Full,
    /// Another process held it for longer than any transaction here takes.
    #[error("another process has kept the file locked for too long; stop that one, and run again")]
    Locked,
    /// It is damaged.
    #[error("damaged: {0}; restore it from a copy")]
    Damaged(String),
    /// Anything else, with what SQLite says.
    #[error(transparent)]
    Other(rusqlite::Error),
}

impl From<rusqlite::Error> for Reason {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::CannotOpen) => Self::CannotOpen,
            Some(ErrorCode::DiskFull) => Self::Full,
            // The last one: SQLite gave up on the race to open a write-ahead log.
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Locked,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            _ => Self::Other(error),
        }
    }
}

/// What else is in the folder.
fn others(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; its folder has {}", near.join(", ")) }
}

/// A refusal, or trouble with a file that is yet to be named.
pub(super) type Failure = sql::Failure<Reason>;

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::Database(reason)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}
