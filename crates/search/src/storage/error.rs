//! What a storage refuses or cannot do, and the checks that every storage makes.

#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::{Direction, StudyId, open};
use crate::trial::{Claim, Told, Verdict};

/// What a storage refuses, or cannot do.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another attempt has begun, or the trial was released or ended by another program.
    #[error(
        "trial {number}: attempt {attempt} of worker `{worker}` no longer holds it; drop its result and claim again"
    )]
    Fenced {
        /// The trial.
        number: u64,
        /// The stale token.
        attempt: u64,
        /// Who holds that token.
        worker: String,
    },
    /// The attempt has ended by its worker's own word.
    #[error("trial {number}: attempt {attempt} has told its result already, and a result is told once")]
    AlreadyTold {
        /// The trial.
        number: u64,
        /// The attempt.
        attempt: u64,
    },
    /// A NaN as the objective.
    #[error("trial {number}: NaN is no objective value; tell a failure that says where it comes from")]
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
    #[error(
        "study `{name}` is there already, to {stored} and not to {asked}; choose another name for this one"
    )]
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
    #[error("trial {number}: {told} values, expected {expected}: one for each objective of the study")]
    Objectives {
        /// The trial.
        number: u64,
        /// How many objectives the study has.
        expected: usize,
        /// How many values were told.
        told: usize,
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
    pub fn is_lost_claim(&self) -> bool {
        matches!(self, Self::Fenced { .. } | Self::AlreadyTold { .. })
    }
}

impl Claim {
    /// The refusal of a write whose attempt another has replaced.
    pub(super) fn fenced(&self) -> StorageError {
        StorageError::Fenced { number: self.number, attempt: self.attempt, worker: self.worker.clone() }
    }

    /// The refusal of a write after the result.
    pub(super) fn already_told(&self) -> StorageError {
        StorageError::AlreadyTold { number: self.number, attempt: self.attempt }
    }
}

impl Told {
    /// Refuses what no storage can hold for trial `number` of a study with so many objectives.
    pub(super) fn check(&self, number: u64, objectives: usize) -> Result<(), StorageError> {
        if self.constraints.iter().any(|constraint| constraint.is_nan()) {
            return Err(StorageError::Constraint { number });
        }
        let Verdict::Complete { values } = &self.verdict else { return Ok(()) };
        if values.len() != objectives {
            return Err(StorageError::Objectives { number, expected: objectives, told: values.len() });
        }
        if values.iter().any(|value| value.is_nan()) {
            return Err(StorageError::NotANumber { number });
        }
        Ok(())
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
