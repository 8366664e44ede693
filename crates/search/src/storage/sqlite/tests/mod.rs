//! What SQLite adds to the contract: a file, other processes, and Optuna.

use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::Sqlite;
use crate::storage::Storage;
use crate::storage::contract::{agreement, contract};

mod files;
mod odd_rows;
mod optuna;

contract!(|promise: fn(&mut dyn Storage)| {
    let folder = Folder::new();
    promise(&mut folder.open());
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn memory_and_file_answer_alike_and_keep_what_was_told(steps in agreement::steps()) {
        let folder = Folder::new();
        agreement::agree(steps, || Box::new(folder.open()))?;
    }
}

/// A folder for one database, gone after the test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("studies.db")
    }

    fn open(&self) -> Sqlite {
        Sqlite::open(self.file()).unwrap()
    }

    /// A connection that knows nothing of Tinderbox.
    fn plain(&self) -> Connection {
        Connection::open(self.file()).unwrap()
    }
}
