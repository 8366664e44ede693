//! Transactions on a file that others use at the same time: what a commit waits for, and how long for a lock.

use std::thread;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::Failure;
use super::values::Db;
use super::{Reason, Sqlite, SqliteError};
use crate::storage::StorageError;

/// How long SQLite itself waits for a lock, each try.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// Between tries where SQLite did not wait.
const PAUSE: Duration = Duration::from_millis(100);
/// Over a minute where SQLite waits. Where it does not, the rivals need milliseconds.
pub(super) const TRIES: u32 = 32;

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// The disk: what was written outlives a power cut, and so does all that any process wrote before, for it lies before
    /// it in the same write-ahead log.
    OnDisk,
    /// The system: what was written outlives the process, and is on the disk with the next commit that waits for it.
    InOrder,
}

impl Sqlite {
    /// Runs `work` in a transaction that may write, from its first statement on.
    pub(super) fn write<T>(
        &mut self,
        work: impl Fn(&mut Db) -> Result<T, Failure>,
    ) -> Result<T, StorageError> {
        self.commits(Durability::OnDisk)?;
        self.transaction(TransactionBehavior::Immediate, work)
    }

    /// As [`write`](Self::write), for what may be lost together with the worker that wrote it. Waiting for the disk is
    /// nearly all of what a small transaction takes.
    pub(super) fn write_in_order<T>(
        &mut self,
        work: impl Fn(&mut Db) -> Result<T, Failure>,
    ) -> Result<T, StorageError> {
        self.commits(Durability::InOrder)?;
        self.transaction(TransactionBehavior::Immediate, work)
    }

    /// Sets what commits from now on wait for.
    fn commits(&self, durability: Durability) -> Result<(), StorageError> {
        if self.durability.get() == durability {
            return Ok(());
        }
        let level = match durability {
            Durability::OnDisk => "FULL",
            Durability::InOrder => "NORMAL",
        };
        self.retried(|db| Ok(db.pragma_update(None, "synchronous", level)?))?;
        self.durability.set(durability);
        Ok(())
    }

    /// Runs `work` on one state of the file.
    pub(super) fn read<T>(&self, work: impl Fn(&mut Db) -> Result<T, Failure>) -> Result<T, StorageError> {
        self.transaction(TransactionBehavior::Deferred, work)
    }

    fn transaction<T>(
        &self,
        behavior: TransactionBehavior,
        work: impl Fn(&mut Db) -> Result<T, Failure>,
    ) -> Result<T, StorageError> {
        self.retried(|db| {
            let transaction = Transaction::new_unchecked(db, behavior)?;
            let answer = work(&mut &*transaction)?;
            transaction.commit()?;
            Ok(answer)
        })
    }

    /// SQLite waits for a lock, but not in every case: a change of the journal, or a recovery after a kill, gives up
    /// at once.
    pub(super) fn retried<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StorageError> {
        for _ in 1..self.tries {
            match work(&self.connection) {
                Err(Failure::Database(Reason::Locked)) => thread::sleep(PAUSE),
                answer => return self.named(answer),
            }
        }
        self.named(work(&self.connection))
    }

    fn named<T>(&self, answer: Result<T, Failure>) -> Result<T, StorageError> {
        answer.map_err(|failure| match failure {
            Failure::Refused(error) => error,
            Failure::Database(reason) => SqliteError { path: self.path.clone(), reason }.into(),
        })
    }
}
