//! A storage in one SQLite file that many processes use at once.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde_json::Value;

use super::open::Access;
use super::sql::{shared_methods, studies, trials};
use super::{Direction, LeaseTerms, Storage, StorageError, StudyId, TrialId};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, Counts, Lease, NewTrial, Trial, TrialResult};

mod added;
mod cached;
mod error;
mod file;
mod layout;
mod queue;
mod results;
mod snapshot;
mod transaction;
mod values;

pub use error::{Reason, SqliteError};
use transaction::{Durability, PATIENCE, TRIES};

/// Studies in an SQLite file, in Optuna's tables with Tinderbox's beside them.
///
/// Each write is one transaction, and what was enqueued, leased or told is on the disk when the method returns. Where a
/// power cut ends the last moments of the machine, trials that were [started](Storage::start), heartbeats and intermediate
/// values of trials that were not told yet may be gone; their workers then are gone too, and the trials begin again. The
/// file itself stays whole.
///
/// Open the file once a thread; it must not lie on a network file system, where SQLite's locks do not hold.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    access: Access,
    connection: Connection,
    /// What the connection is set to.
    durability: Cell<Durability>,
    /// How long SQLite itself waits for a lock, and how often a transaction is tried while others hold the file.
    patience: Duration,
    tries: u32,
}

impl Sqlite {
    /// Opens `path`, and makes the file and its tables where they are missing.
    ///
    /// # Errors
    /// If the file cannot be opened for writing or belongs to something else; it is then left as it was.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::open_as(path, Access::Create, None)
    }

    /// Opens `path`, which is there, to read and write it.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if there is no such file or no table in it.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::open_as(path, Access::Write, None)
    }

    /// Opens `path`, which is there and may be write-protected, to read it. Nothing in it changes.
    ///
    /// # Errors
    /// If there is no such file, or if it cannot be read or belongs to something else.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::open_as(path, Access::Read, None)
    }

    /// Opens `path`, and waits for locks for so long, if that is said.
    pub(super) fn open_as(
        path: impl AsRef<Path>,
        access: Access,
        timeout: Option<Duration>,
    ) -> Result<Self, StorageError> {
        let path = path.as_ref();
        let opened = |connection: Result<Connection, Reason>| {
            let connection = connection.map_err(|reason| SqliteError { path: path.to_owned(), reason })?;
            Self::prepare(path, connection, access, timeout)
        };
        match opened(file::connect(path, access)) {
            Err(StorageError::Sqlite(SqliteError {
                reason: Reason::ReadOnly | Reason::CannotOpen, ..
            })) if access == Access::Read => opened(file::connect_unchanging(path)),
            answer => answer,
        }
    }

    fn prepare(
        path: &Path,
        connection: Connection,
        access: Access,
        timeout: Option<Duration>,
    ) -> Result<Self, StorageError> {
        connection.set_prepared_statement_cache_capacity(cached::MOST);
        let durability = Cell::new(Durability::OnDisk);
        let (patience, tries) = timeout.map_or((PATIENCE, TRIES), |timeout| {
            let tries = timeout.as_secs_f64() / PATIENCE.as_secs_f64();
            (PATIENCE.min(timeout), (tries.ceil() as u32).max(1))
        });
        let storage = Self { path: path.to_owned(), access, connection, durability, patience, tries };
        storage.retried(|db| {
            db.busy_timeout(patience)?;
            // A statement is otherwise compiled anew whenever other values are bound to it.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            if access == Access::Read {
                layout::prepare(db, access)?;
                return Ok(db.pragma_update(None, "query_only", true)?);
            }
            db.pragma_update(None, "synchronous", "FULL")?;
            let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
            // SQLite opens a file that it may not write all the same, and fails at the first write.
            if transaction.is_readonly("main")? {
                return Err(Reason::ReadOnly.into());
            }
            layout::prepare(&transaction, access)?;
            transaction.commit()?;
            // Only now is the file known to be ours. Readers and a writer then do not wait for each other.
            Ok(db.pragma_update(None, "journal_mode", "WAL")?)
        })?;
        Ok(storage)
    }
}

impl Storage for Sqlite {
    shared_methods!();

    fn reopen(&self) -> Result<Box<dyn Storage>, StorageError> {
        // A file that is gone by now is not made again.
        let timeout = self.patience * self.tries;
        Ok(Box::new(Self::open_as(&self.path, self.access.min(Access::Write), Some(timeout))?))
    }

    fn adopt(&mut self, study: StudyId, queued: TrialId, trial: &NewTrial) -> Result<bool, StorageError> {
        self.write(|db| added::adopt(db, study, queued, trial))
    }

    fn start(
        &mut self,
        study: StudyId,
        number: u64,
        trial: &NewTrial,
        worker: &str,
        now: Timestamp,
        terms: LeaseTerms,
    ) -> Result<Option<Lease>, StorageError> {
        self.write_in_order(|db| added::start(db, study, number, trial, worker, now, terms))
    }

    fn lease_below(
        &mut self,
        study: StudyId,
        limit: u64,
        worker: &str,
        now: Timestamp,
        terms: LeaseTerms,
    ) -> Result<Option<Lease>, StorageError> {
        self.write(|db| queue::lease(db, study, limit, worker, now, terms))
    }

    fn heartbeat(&mut self, lease: &Lease, now: Timestamp) -> Result<(), StorageError> {
        self.write_in_order(|db| results::heartbeat(db, lease, now))
    }

    fn report(&mut self, lease: &Lease, step: u32, value: f64) -> Result<(), StorageError> {
        self.write_in_order(|db| results::report(db, lease, step, value))
    }

    fn tell(&mut self, lease: &Lease, result: &TrialResult, now: Timestamp) -> Result<(), StorageError> {
        self.write(|db| results::tell(db, lease, result, now))?
    }

    fn release(&mut self, study: StudyId, worker: &str, now: Timestamp) -> Result<usize, StorageError> {
        self.write(|db| queue::release(db, study, worker, now))
    }

    fn retry(&mut self, study: StudyId, keys: &[String], now: Timestamp) -> Result<usize, StorageError> {
        self.write(|db| queue::retry(db, study, keys, now))
    }

    fn trials_from(&self, study: StudyId, first: u64) -> Result<Vec<Trial>, StorageError> {
        self.read(|db| snapshot::trials_from(db, study, first))
    }
}

#[cfg(test)]
mod tests;
