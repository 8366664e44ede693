//! A storage in a PostgreSQL database that many machines use at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::open::Access;
use super::sql::{shared_methods, studies, trials};
use super::{Direction, LeaseTerms, Storage, StorageError, StudyId, TrialId};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, Counts, Lease, NewTrial, Trial, TrialResult};

mod added;
mod address;
mod error;
mod layout;
mod queue;
mod results;
mod session;
mod snapshot;
mod tls;
mod values;

use address::Address;
use error::Failure;
pub use error::{PostgresError, Reason};
use session::{Db, Scope, Session};
pub(super) use tls::Mode;

/// Studies in a PostgreSQL database, in Optuna's tables with Tinderbox's beside them.
///
/// Each write is one transaction that is on the server's disk when the method returns, but for
/// [`start`](Storage::start) and [`heartbeat`](Storage::heartbeat): a server that crashes may lose those of its last
/// second. A worker that loses its trial this way gets an error, and the trial starts again.
///
/// Open the database once a thread. A server that goes away for less than a minute is waited for, and a write whose
/// answer was lost on the way is looked up before it is made again; only after that minute an error leaves open whether
/// the last write was made.
///
/// Connections are encrypted as libpq's `sslmode` says. `disable`: never. `allow`: if the server insists. `prefer`, which
/// is the default: if the server can; somebody on the way can prevent it. `require`: always, but the server's identity is
/// checked only if authorities are named. `verify-ca`: the certificate must be signed by one of them. `verify-full`:
/// and be made out to the host. `sslrootcert` names a PEM file of authorities, or with `system` those of the operating
/// system; without it `~/.postgresql/root.crt` is used where it exists.
pub struct Postgres {
    address: Address,
    access: Access,
    session: RefCell<Option<Session>>,
    /// How often a transaction is tried while the database is away.
    tries: u32,
}

impl Postgres {
    /// Opens the database at `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, and makes its tables where they are
    /// missing. `postgresql://` and `SQLAlchemy`'s `postgresql+DRIVER://` mean the same.
    ///
    /// # Errors
    /// If no server answers, or the database cannot be written or belongs to something else; it is then left as it was.
    pub fn open(url: &str) -> Result<Self, StorageError> {
        Self::open_as(url, Access::Create)
    }

    /// Opens the database at `url`, which has tables, to read and write it.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if the database is empty.
    pub fn open_existing(url: &str) -> Result<Self, StorageError> {
        Self::open_as(url, Access::Write)
    }

    /// Opens the database at `url`, which has tables, to read it. Nothing in it changes.
    ///
    /// # Errors
    /// If no server answers, or the database is empty or belongs to something else.
    pub fn open_read_only(url: &str) -> Result<Self, StorageError> {
        Self::open_as(url, Access::Read)
    }

    pub(super) fn open_as(url: &str, access: Access) -> Result<Self, StorageError> {
        let address = Address::read(url)?;
        let session = match address.connect() {
            // A server that nobody has reached yet is more likely misspelt than away.
            Err(reason @ Reason::Unreachable(_)) => {
                return Err(PostgresError { database: address.name, reason }.into());
            }
            session => session.ok(),
        };
        let storage = Self { address, access, session: RefCell::new(session), tries: TRIES };
        storage.read_as(Scope::Write, |db| layout::prepare(db, access))?;
        Ok(storage)
    }

    /// Runs `work` in a transaction. It may run again although it was committed, so it must then change nothing.
    fn write<T>(&mut self, work: impl Fn(&mut Db) -> Result<T, Failure>) -> Result<T, StorageError> {
        self.write_once(Scope::Write, |db, _| work(db))
    }

    /// As [`write`](Self::write), for what may be lost when the server crashes.
    fn write_in_order<T>(&mut self, work: impl Fn(&mut Db) -> Result<T, Failure>) -> Result<T, StorageError> {
        self.write_once(Scope::WriteInOrder, |db, _| work(db))
    }

    /// Runs `work` in a transaction. If it runs again, it is given what it answered when its commit got no answer.
    fn write_once<T>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut Db, Option<&T>) -> Result<T, Failure>,
    ) -> Result<T, StorageError> {
        if self.access == Access::Read {
            return self.named(Err(Reason::Forbidden("it was opened to be read".to_owned()).into()));
        }
        let mut lost = None;
        self.patiently(|session| {
            let mut db = session.begin(scope);
            let answer = work(&mut db, lost.as_ref())?;
            match db.commit() {
                Ok(()) => Ok(answer),
                Err(failure) => {
                    lost = Some(answer);
                    Err(failure)
                }
            }
        })
    }

    /// Runs `work` on one state of the database.
    fn read<T>(&self, work: impl Fn(&mut Db) -> Result<T, Failure>) -> Result<T, StorageError> {
        self.read_as(Scope::Read, work)
    }

    fn read_as<T>(
        &self,
        scope: Scope,
        work: impl Fn(&mut Db) -> Result<T, Failure>,
    ) -> Result<T, StorageError> {
        self.patiently(|session| {
            let mut db = session.begin(scope);
            let answer = work(&mut db)?;
            db.commit()?;
            Ok(answer)
        })
    }

    fn connect(&self) -> Result<Session, Failure> {
        let mut session = self.address.connect()?;
        if self.access == Access::Read {
            // Tables that are missing were those of the last session.
            let mut db = session.begin(Scope::Write);
            layout::prepare(&mut db, self.access)?;
            db.commit()?;
        }
        Ok(session)
    }

    /// Tries again, over a new connection, while the database is away.
    fn patiently<T>(
        &self,
        mut work: impl FnMut(&mut Session) -> Result<T, Failure>,
    ) -> Result<T, StorageError> {
        let mut session = self.session.borrow_mut();
        let mut tries = 1;
        loop {
            let answer = match &mut *session {
                Some(open) => work(open),
                none => match self.connect() {
                    Ok(new) => work(none.insert(new)),
                    Err(failure) => Err(failure),
                },
            };
            match answer {
                Err(Failure::Database(reason)) if reason.passes() && tries < self.tries => {
                    *session = None;
                    thread::sleep(PAUSE.min(FIRST_PAUSE * tries));
                    tries += 1;
                }
                // Who opened it knows that the address is right.
                Err(Failure::Database(Reason::Unreachable(words))) => {
                    return self.named(Err(Reason::Away(words).into()));
                }
                answer => return self.named(answer),
            }
        }
    }

    fn named<T>(&self, answer: Result<T, Failure>) -> Result<T, StorageError> {
        answer.map_err(|failure| match failure {
            Failure::Refused(error) => error,
            Failure::Database(reason) => PostgresError { database: self.address.name.clone(), reason }.into(),
        })
    }
}

/// After the first try. Most breaks are short: a lock that went in a circle, a server that starts anew.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// Between tries at last.
const PAUSE: Duration = Duration::from_secs(1);
/// Over a minute where the server refuses at once; longer where nothing answers.
const TRIES: u32 = 100;

impl fmt::Debug for Postgres {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("database", &self.address.name).finish_non_exhaustive()
    }
}

impl Storage for Postgres {
    shared_methods!();

    fn reopen(&self) -> Result<Box<dyn Storage>, StorageError> {
        let (address, session) = (self.address.clone(), RefCell::new(None));
        Ok(Box::new(Self { address, access: self.access, session, tries: self.tries }))
    }

    fn adopt(&mut self, study: StudyId, queued: TrialId, trial: &NewTrial) -> Result<bool, StorageError> {
        self.write_once(Scope::Write, |db, lost| {
            // If the first was committed, the trial has its key.
            let adopted = added::adopt(db, study, queued, trial)?;
            Ok(adopted || lost == Some(&true))
        })
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
        self.write_once(Scope::WriteInOrder, |db, lost| {
            added::start(db, lost, (study, number), trial, (worker, now, terms))
        })
    }

    fn lease_below(
        &mut self,
        study: StudyId,
        limit: u64,
        worker: &str,
        now: Timestamp,
        terms: LeaseTerms,
    ) -> Result<Option<Lease>, StorageError> {
        self.write_once(Scope::Write, |db, lost| queue::lease(db, lost, (study, limit), (worker, now, terms)))
    }

    fn heartbeat(&mut self, lease: &Lease, now: Timestamp) -> Result<(), StorageError> {
        self.write_in_order(|db| results::heartbeat(db, lease, now))
    }

    fn report(&mut self, lease: &Lease, step: u32, value: f64) -> Result<(), StorageError> {
        self.write(|db| results::report(db, lease, step, value))
    }

    fn tell(&mut self, lease: &Lease, result: &TrialResult, now: Timestamp) -> Result<(), StorageError> {
        self.write_once(Scope::Write, |db, lost| results::tell(db, lost, lease, result, now))?
    }

    fn release(&mut self, study: StudyId, worker: &str, now: Timestamp) -> Result<usize, StorageError> {
        self.write_once(Scope::Write, |db, lost| {
            // If the first was committed, there is nothing left to release.
            let released = queue::release(db, study, worker, now)?;
            Ok(released.max(lost.copied().unwrap_or(0)))
        })
    }

    fn retry(&mut self, study: StudyId, keys: &[String], now: Timestamp) -> Result<usize, StorageError> {
        self.write_once(Scope::Write, |db, lost| {
            let retried = queue::retry(db, study, keys, now)?;
            Ok(retried.max(lost.copied().unwrap_or(0)))
        })
    }

    fn trials_from(&self, study: StudyId, first: u64) -> Result<Vec<Trial>, StorageError> {
        self.read_as(Scope::Look, |db| snapshot::trials_from(db, study, first))
    }
}

#[cfg(all(test, unix))]
mod tests;
