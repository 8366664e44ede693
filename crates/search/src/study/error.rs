//! What a study refuses, or cannot do.

use crate::pruner::PrunerError;
use crate::sampler::SampleError;
use crate::space::SpaceError;
use crate::storage::StorageError;

/// What a study refuses, or cannot do.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The storage.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The sampler.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A setting of the pruner that is outside its range.
    #[error("pruner: {0}")]
    Pruner(#[from] PrunerError),
    /// Settings that would come back from the storage changed.
    #[error(
        "these settings cannot be stored and read again ({}); a number among them is not finite",
        .0.as_deref().unwrap_or("they would be changed")
    )]
    Unstorable(Option<String>),
    /// A point that is not in the space.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The study already exists with other settings.
    #[error("study `{name}` already exists with {what} {stored}, not {asked}; choose another name")]
    Settings {
        /// The study.
        name: String,
        /// The setting.
        what: &'static str,
        /// As it stands in the storage, in JSON.
        stored: String,
        /// As it was asked for, in JSON.
        asked: String,
    },
    /// There is no such study.
    #[error("no study `{name}` in this storage; it has {}", some(.there))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that there are.
        there: Vec<String>,
    },
    /// The storage refuses to begin a trial, though by what it shows the number is free.
    #[error(
        "trial {number} cannot start: the storage has a row with its number or key, but does not show it as a trial; delete \
         that row, or choose another name for the study"
    )]
    Refused {
        /// The number.
        number: u64,
    },
    /// The stored settings are invalid in this version.
    #[error(
        "the settings of {} are invalid in this version: {reason}; create another study with valid settings",
        .name.as_ref().map_or_else(|| "the study".to_owned(), |name| format!("study `{name}`"))
    )]
    Outdated {
        /// The study, if it is one of several.
        name: Option<String>,
        /// What is refused.
        reason: String,
    },
    /// The study was made by another program.
    #[error("study `{name}` was not created by Tinderbox: {reason}; open it with a space and a sampler")]
    Foreign {
        /// The study.
        name: String,
        /// What is missing or wrong.
        reason: String,
    },
}

impl StudyError {
    /// Whether the trial is not the caller's any more: somebody else has taken it over, or its result is stored.
    pub fn is_lost_lease(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_lost_lease())
    }
}

/// The first of the names, and how many more there are.
fn some(names: &[String]) -> String {
    const NAMED: usize = 10;
    match names.len().saturating_sub(NAMED) {
        _ if names.is_empty() => "no study".to_owned(),
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}
