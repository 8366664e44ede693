//! What a storage refuses or cannot do, and the checks that every storage makes.

#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::{Direction, StudyId, open};
use crate::trial::{AttemptOutcome, FinalState, Lease, NewTrial, State, TrialResult};

/// What a storage refuses, or cannot do.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another attempt has begun, or the trial was released or ended by another program.
    #[error(
        "trial {number}: attempt {attempt} of worker `{worker}` no longer holds it; drop its result and lease again"
    )]
    Fenced {
        /// The trial.
        number: u64,
        /// The stale token.
        attempt: u64,
        /// Who holds that token.
        worker: String,
    },
    /// The attempt has already reported its result.
    #[error("trial {number}: attempt {attempt} has already reported its result; each attempt reports one")]
    AlreadyTold {
        /// The trial.
        number: u64,
        /// The attempt.
        attempt: u64,
    },
    /// A NaN as the objective.
    #[error("trial {number}: the objective is NaN; report the trial as failed, with a reason")]
    NotANumber {
        /// The trial.
        number: u64,
    },
    /// A NaN as a constraint.
    #[error("trial {number}: a constraint is NaN; report the trial as failed, with a reason")]
    Constraint {
        /// The trial.
        number: u64,
    },
    /// The study exists with another direction.
    #[error("study `{name}` already exists to {stored}, not to {asked}; choose another name for this one")]
    Direction {
        /// The study.
        name: String,
        /// Its directions, one an objective.
        stored: String,
        /// The directions asked for.
        asked: String,
    },
    /// A study without an objective.
    #[error("study `{0}` has no objective, expected a direction for each")]
    NoObjective(String),
    /// More or fewer values than objectives.
    #[error("trial {number}: {found} values, expected {expected}: one for each objective of the study")]
    Objectives {
        /// The trial.
        number: u64,
        /// How many objectives the study has.
        expected: usize,
        /// How many values were reported.
        found: usize,
    },
    /// A name that not every storage can hold.
    #[error("{what} `{name}` {reason}")]
    Name {
        /// What it names.
        what: &'static str,
        /// Its beginning, control characters escaped.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No such study.
    #[error("study {} is not in this storage; open it by its name first", .0.0)]
    UnknownStudy(StudyId),
    /// No such trial.
    #[error("trial {number} is not in study {}; its trials are numbered from 0", .study.0)]
    UnknownTrial {
        /// The study.
        study: StudyId,
        /// The number asked for.
        number: u64,
    },
    /// No number is left for another trial.
    #[error(
        "a trial of study {} has number {number}, and no number is left for the next one; renumber or delete that trial",
        .study.0
    )]
    NumbersUsedUp {
        /// The study.
        study: StudyId,
        /// The number.
        number: u64,
    },
    /// An address at which no storage can be.
    #[error(transparent)]
    Address(#[from] open::AddressError),
    /// A PostgreSQL database that cannot be used.
    #[cfg(feature = "postgres")]
    #[error(transparent)]
    Postgres(#[from] postgres::PostgresError),
    /// An SQLite file that cannot be used.
    #[cfg(feature = "sqlite")]
    #[error(transparent)]
    Sqlite(#[from] sqlite::SqliteError),
}

impl StorageError {
    /// Whether the trial is not the caller's any more: somebody else has taken it over, or its result is stored.
    pub fn is_lost_lease(&self) -> bool {
        matches!(self, Self::Fenced { .. } | Self::AlreadyTold { .. })
    }
}

impl Lease {
    /// Refuses a write unless the trial and the attempt of this lease run. `None`: there is none.
    pub(super) fn holds(
        &self,
        state: Option<State>,
        attempt: Option<AttemptOutcome>,
    ) -> Result<(), StorageError> {
        match (state, attempt) {
            (Some(State::Running), Some(AttemptOutcome::Running)) => Ok(()),
            (_, Some(AttemptOutcome::Complete | AttemptOutcome::Pruned | AttemptOutcome::Fail)) => {
                Err(StorageError::AlreadyTold { number: self.number, attempt: self.attempt })
            }
            _ => Err(self.fenced()),
        }
    }

    /// The refusal of a write whose attempt another has replaced.
    pub(super) fn fenced(&self) -> StorageError {
        StorageError::Fenced { number: self.number, attempt: self.attempt, worker: self.worker.clone() }
    }
}

impl TrialResult {
    /// Refuses what no storage can hold for trial `number` of a study with so many objectives, 0 if nobody knows how many.
    pub(crate) fn check(&self, number: u64, objectives: usize) -> Result<(), StorageError> {
        if self.constraints.iter().any(|constraint| constraint.is_nan()) {
            return Err(StorageError::Constraint { number });
        }
        self.attributes.keys().try_for_each(|key| check_name("attribute", key))?;
        self.attachments.keys().try_for_each(|name| check_name("file", name))?;
        let FinalState::Complete { values } = &self.state else { return Ok(()) };
        if objectives != 0 && values.len() != objectives {
            return Err(StorageError::Objectives { number, expected: objectives, found: values.len() });
        }
        if values.iter().any(|value| value.is_nan()) {
            return Err(StorageError::NotANumber { number });
        }
        Ok(())
    }
}

impl NewTrial {
    /// Refuses what not every storage can hold.
    pub(super) fn check(&self) -> Result<(), StorageError> {
        check_name("key", &self.key)?;
        self.parameters.keys().try_for_each(|name| check_name("parameter", name))?;
        self.attributes.keys().try_for_each(|key| check_name("attribute", key))
    }
}

/// The longest name, in characters: as many as Optuna's columns hold.
pub(crate) const LONGEST_NAME: usize = 512;

/// Refuses a name that not every storage can hold: PostgreSQL's text has no NUL, and Optuna's columns have an end.
pub(super) fn check_name(what: &'static str, name: &str) -> Result<(), StorageError> {
    let characters = name.chars().count();
    let reason = if name.contains('\0') {
        "contains a NUL character; leave it out".to_owned()
    } else if characters > LONGEST_NAME {
        format!("has {characters} characters; use at most {LONGEST_NAME}")
    } else {
        return Ok(());
    };
    let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
    let name = if characters > 40 { shown + "..." } else { shown };
    Err(StorageError::Name { what, name, reason })
}

/// The highest number of a trial: Optuna's column has 31 bits, and PostgreSQL compares with one above.
pub(crate) const LAST_NUMBER: u64 = i32::MAX as u64 - 1;

/// The number that follows the highest one of a study.
pub(super) fn following(study: StudyId, highest: Option<u64>) -> Result<u64, StorageError> {
    match highest {
        None => Ok(0),
        Some(number) if number < LAST_NUMBER => Ok(number + 1),
        Some(number) => Err(StorageError::NumbersUsedUp { study, number }),
    }
}

/// Refuses a study of no objective.
pub(super) fn some_objective(name: &str, directions: &[Direction]) -> Result<(), StorageError> {
    if directions.is_empty() { Err(StorageError::NoObjective(name.to_owned())) } else { Ok(()) }
}

/// Refuses a study that is there with other directions.
pub(super) fn same_directions(
    name: &str,
    stored: &[Direction],
    asked: &[Direction],
) -> Result<(), StorageError> {
    if stored == asked {
        return Ok(());
    }
    Err(StorageError::Direction { name: name.to_owned(), stored: words(stored), asked: words(asked) })
}

/// Directions in words: `minimize, maximize`.
fn words(directions: &[Direction]) -> String {
    directions.iter().map(Direction::to_string).collect::<Vec<_>>().join(", ")
}
