//! Storages of studies: the contract that each one keeps, and its errors.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::timestamp::Timestamp;
use crate::trial::{Attempt, Counts, Lease, NewTrial, State, Trial, TrialResult};

mod error;

pub mod memory;
pub mod open;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod options;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod cell;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod columns;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod reading;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;

#[cfg(test)]
mod contract;

#[cfg(any(test, feature = "postgres", feature = "sqlite"))]
pub(crate) use error::LAST_NUMBER;
pub(crate) use error::LONGEST_NAME;
pub use error::StorageError;
use error::{check_name, following, same_directions, some_objective};

/// Stores studies, hands out their trials, and keeps the results.
///
/// - **A trial is held by at most one attempt.** [`lease`](Storage::lease) gives a trial to one worker; the attempt
///   number in the [`Lease`] is the fencing token. Once another attempt begins, the earlier one can write nothing.
/// - **A worker may die at any moment.** While it lives it calls [`heartbeat`](Storage::heartbeat). If none comes
///   for the length of its lease, the next worker that asks takes the trial over. After as many attempts as the
///   [terms](LeaseTerms) allow, the trial fails instead.
/// - **A result is stored whole or not at all.** When [`tell`](Storage::tell) returns `Ok`, state, value, attributes and
///   attachments are all stored; when it returns an error, none of them is.
/// - **Time is an argument**, so that equal calls give equal answers. Workers on several machines need clocks that
///   agree to well under a lease.
///
/// A trial that another program added to a study has no key: it is listed, and not leased unless it is
/// [adopted](Storage::adopt). Every method that takes
/// a study returns [`StorageError::UnknownStudy`] for one that the storage does not hold, and every method that stores a
/// name (of a study, a key, a parameter, an attribute, a file, a worker) [`StorageError::Name`] for one of over 512
/// characters or with a NUL character.
pub trait Storage: Send {
    /// The same studies once more, for another thread.
    ///
    /// # Errors
    /// If the storage cannot be opened again.
    fn reopen(&self) -> Result<Box<dyn Storage>, StorageError>;

    /// Finds the study `name`, or creates it, with a direction for each of its objectives.
    ///
    /// # Errors
    /// [`StorageError::Direction`] if it exists with other directions, [`StorageError::NoObjective`] without any.
    fn open_study(&mut self, name: &str, directions: &[Direction]) -> Result<StudyId, StorageError>;

    /// Every study, by name.
    fn studies(&self) -> Result<BTreeMap<String, StudyId>, StorageError>;

    /// The directions of a study, one an objective.
    fn directions(&self, study: StudyId) -> Result<Vec<Direction>, StorageError>;

    /// Sets a user attribute of a study, in place of an earlier value.
    fn set_study_attribute(&mut self, study: StudyId, key: &str, value: &Value) -> Result<(), StorageError>;

    /// Sets a user attribute of a study unless it has one of that key; returns the value that it has then. Of several
    /// callers at a time one sets it, and all get the same value.
    fn settle_study_attribute(
        &mut self,
        study: StudyId,
        key: &str,
        value: &Value,
    ) -> Result<Value, StorageError>;

    /// The user attributes of a study.
    fn study_attributes(&self, study: StudyId) -> Result<BTreeMap<String, Value>, StorageError>;

    /// Stores a file with a study, in place of an earlier one of that name.
    fn set_study_attachment(
        &mut self,
        study: StudyId,
        name: &str,
        content: &[u8],
    ) -> Result<(), StorageError>;

    /// A file of a study.
    fn study_attachment(&self, study: StudyId, name: &str) -> Result<Option<Vec<u8>>, StorageError>;

    /// The number of the study's next trial: one more than the highest, 0 without trials.
    ///
    /// # Errors
    /// [`StorageError::NumbersUsedUp`] if there is none.
    fn next_number(&self, study: StudyId) -> Result<u64, StorageError>;

    /// Puts a trial at the end of the queue and returns its number, the study's [next](Storage::next_number).
    ///
    /// A key that the study already has gives the number of that trial and changes nothing.
    ///
    /// # Errors
    /// As [`next_number`](Storage::next_number).
    fn enqueue(&mut self, study: StudyId, trial: &NewTrial) -> Result<u64, StorageError>;

    /// Gives a trial that another program [queued](crate::Trial::queued) a key, parameters and attributes, so that it is
    /// leased in its place. `false`, and nothing changes, if it no longer waits without a key, or if the study has the key.
    fn adopt(&mut self, study: StudyId, queued: TrialId, trial: &NewTrial) -> Result<bool, StorageError>;

    /// Begins trial `number` with its first attempt, if that is the study's [next number](Storage::next_number);
    /// `None`, and nothing changes, if it is not, or if the study has the key.
    ///
    /// Workers that each choose the next point can so agree on it: one of them begins the trial, the others look
    /// again.
    ///
    /// It does not wait for a disk. Where a machine or a server crashes, a trial that was started a moment before may not
    /// have been: then it begins again, and a worker that still holds the lost lease is fenced off.
    ///
    /// # Errors
    /// As [`next_number`](Storage::next_number).
    fn start(
        &mut self,
        study: StudyId,
        number: u64,
        trial: &NewTrial,
        worker: &str,
        now: Timestamp,
        terms: LeaseTerms,
    ) -> Result<Option<Lease>, StorageError>;

    /// [`lease_below`](Storage::lease_below) without a limit.
    fn lease(
        &mut self,
        study: StudyId,
        worker: &str,
        now: Timestamp,
        terms: LeaseTerms,
    ) -> Result<Option<Lease>, StorageError> {
        self.lease_below(study, u64::MAX, worker, now, terms)
    }

    /// Gives `worker` the trial with the lowest number that waits, or that runs on a lease which has run out, if that
    /// number is below `limit`.
    ///
    /// A lease has run out when `now` is later than its last heartbeat (the lease is the first) plus its length.
    /// Intermediate values of earlier attempts are dropped. `None`: nothing to do just now; trials that run may yet
    /// come back. The name of a worker should be its own: [`release`](Storage::release) goes by it.
    fn lease_below(
        &mut self,
        study: StudyId,
        limit: u64,
        worker: &str,
        now: Timestamp,
        terms: LeaseTerms,
    ) -> Result<Option<Lease>, StorageError>;

    /// Renews the lease: it starts again at `now`.
    ///
    /// # Errors
    /// [`StorageError::Fenced`] or [`StorageError::AlreadyTold`] if the lease no longer holds.
    fn heartbeat(&mut self, lease: &Lease, now: Timestamp) -> Result<(), StorageError>;

    /// Stores an intermediate value, in place of an earlier one of that step. Does not renew the lease.
    ///
    /// # Errors
    /// As [`heartbeat`](Storage::heartbeat).
    fn report(&mut self, lease: &Lease, step: u32, value: f64) -> Result<(), StorageError>;

    /// Stores the result of an attempt, and ends it and its trial, all or nothing.
    ///
    /// A lease that has run out does not matter as long as nobody took the trial over. The result of a lost lease is
    /// not stored, but [`attempts`](Storage::attempts) shows that it came.
    ///
    /// A pruned trial keeps its last intermediate value as its value, unless that is NaN or the study has several
    /// objectives.
    ///
    /// # Errors
    /// As [`heartbeat`](Storage::heartbeat), [`StorageError::NotANumber`] for a NaN, [`StorageError::Constraint`] for one
    /// as a constraint, and [`StorageError::Objectives`] for more or fewer values than the study has objectives.
    fn tell(&mut self, lease: &Lease, result: &TrialResult, now: Timestamp) -> Result<(), StorageError>;

    /// Ends the running attempts of a worker that is known to be dead; returns how many.
    ///
    /// Their trials wait again, or fail if that was the last attempt their lease allows.
    fn release(&mut self, study: StudyId, worker: &str, now: Timestamp) -> Result<usize, StorageError>;

    /// Puts the failed trials of a study back in the queue, with all their attempts to use again; returns how many.
    ///
    /// Attempts continue to count up, so that each fencing token is new.
    fn retry_failed(&mut self, study: StudyId, now: Timestamp) -> Result<usize, StorageError> {
        let failed = self.trials(study)?.into_iter().filter(|trial| trial.state == State::Fail);
        let keys: Vec<String> = failed.filter_map(|trial| trial.key).collect();
        self.retry(study, &keys, now)
    }

    /// As [`retry_failed`](Storage::retry_failed), for those of the failed trials that have these keys.
    fn retry(&mut self, study: StudyId, keys: &[String], now: Timestamp) -> Result<usize, StorageError>;

    /// All trials of a study by number, as they were at one moment.
    ///
    /// Other programs may leave gaps between numbers, and give several trials one number: these then come in the order in
    /// which they were added. Leases go by the trial, not by its number.
    fn trials(&self, study: StudyId) -> Result<Vec<Trial>, StorageError> {
        self.trials_from(study, 0)
    }

    /// The trials of a study from `first` on, by number, as they were at one moment.
    ///
    /// Any program may have written them. What cannot be read of a trial is in its [`notes`](Trial::notes), and a complete
    /// trial without a value for each objective reads as a failed one. Two trials may have the same number. Those that
    /// have none, or none that a trial can have, are [left out](Storage::left_out).
    fn trials_from(&self, study: StudyId, first: u64) -> Result<Vec<Trial>, StorageError>;

    /// What of a study cannot be read at all, in words; for each trial see [`Trial::notes`].
    fn left_out(&self, study: StudyId) -> Result<Vec<String>, StorageError>;

    /// How many trials of a study are in each state, by what their rows say: whether their values can be read is not looked
    /// at, and an unknown state counts as failed.
    fn counts(&self, study: StudyId) -> Result<Counts, StorageError>;

    /// The attempts at a trial, first to last. Of several trials with that number the first is meant.
    ///
    /// # Errors
    /// [`StorageError::UnknownTrial`].
    fn attempts(&self, study: StudyId, number: u64) -> Result<Vec<Attempt>, StorageError>;

    /// The attempts at the trial with this key, first to last; none if there is no such trial.
    fn attempts_of(&self, study: StudyId, key: &str) -> Result<Vec<Attempt>, StorageError>;

    /// A file of a trial's result. Of several trials with that number the first is meant.
    ///
    /// # Errors
    /// [`StorageError::UnknownTrial`].
    fn attachment(&self, study: StudyId, number: u64, name: &str) -> Result<Option<Vec<u8>>, StorageError>;
}

/// A study in one storage; it means nothing to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyId(pub(crate) i64);

/// A trial's identity in one storage, independent of its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrialId(pub(crate) i64);

/// Which values of the objective are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Small ones, such as a loss.
    Minimize,
    /// Large ones, such as an accuracy.
    Maximize,
}

/// The terms on which a trial is leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTerms {
    /// How long the lease holds without a heartbeat. A few times the distance between heartbeats.
    pub length: Duration,
    /// How many attempts a trial may use before it fails, this one and earlier ones included.
    pub attempts: u64,
}

impl LeaseTerms {
    /// A lease of this length, with three attempts.
    pub const fn new(length: Duration) -> Self {
        Self { length, attempts: 3 }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minimize => "minimize",
            Self::Maximize => "maximize",
        })
    }
}

/// What a pruned trial keeps as its value, of what it reported last.
fn pruned_value(last: Option<f64>, objectives: usize) -> Option<f64> {
    last.filter(|value| objectives == 1 && !value.is_nan())
}

/// The reason of a trial that failed because no worker reported a result.
fn given_up(attempts: u64) -> String {
    format!("no worker finished it in {attempts} attempts")
}
