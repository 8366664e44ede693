//! A seal: hashes of what was fixed before the first trial of a study, so that a later edit of its storage shows.
//!
//! Under it are the claims with their margins, the arms with their reported numbers, the seeds and every other part of the
//! heading, and the number and the settings of the trials. It shows edits of the storage; it is not a signature. A change of
//! the experiment's file between two runs is no edit: it is sealed anew, and the report tells it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Heading;
use crate::json;
use crate::plan::Task;

/// SHA-256 of each part, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    claims: String,
    arms: String,
    /// All of the heading.
    heading: String,
    /// Of each trial, by key.
    trials: BTreeMap<String, String>,
}

/// What is not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// There is no seal.
    #[error(
        "it has no seal; the seal was removed, or an earlier version made this run; the same `reproduce` command seals \
         it, or runs it anew if the versions differ"
    )]
    Unsealed,
    /// A part differs.
    #[error("its {0} changed after the run began; run it anew, with another folder for --runs")]
    Changed(&'static str),
    /// Trials are missing.
    #[error("{missing} of its {all} trials are missing; the same `reproduce` command adds them")]
    Missing {
        /// So many.
        missing: usize,
        /// Of so many.
        all: usize,
    },
    /// A trial differs, or is not one of the plan's.
    #[error("trial `{0}` is not as it was planned; run it anew, with another folder for --runs")]
    Trial(String),
}

impl Seal {
    /// The seal of a heading, whatever seal it has, and its trials.
    pub(super) fn new<'a>(heading: &Heading, tasks: impl IntoIterator<Item = &'a Task>) -> Self {
        let unsealed = Heading { seal: None, ..heading.clone() };
        Self {
            claims: hash(&heading.claims),
            arms: hash(&heading.arms),
            heading: hash(&unsealed),
            trials: tasks.into_iter().map(|task| (task.key(), hash(task))).collect(),
        }
    }

    /// Whether the heading is the one that was sealed.
    pub(super) fn check_heading(&self, heading: &Heading) -> Result<(), Broken> {
        let found = Self::new(heading, []);
        let parts = [
            ("claims", self.claims == found.claims),
            ("arms", self.arms == found.arms),
            ("heading", self.heading == found.heading),
        ];
        match parts.iter().find(|(_, same)| !same) {
            Some((part, _)) => Err(Broken::Changed(part)),
            None => Ok(()),
        }
    }

    /// Whether `task` is one of the trials that were sealed.
    pub(super) fn check_task(&self, task: &Task) -> Result<(), Broken> {
        let key = task.key();
        if self.trials.get(&key) == Some(&hash(task)) { Ok(()) } else { Err(Broken::Trial(key)) }
    }

    /// Whether these are the trials that were sealed, each once.
    pub(super) fn check_tasks(&self, tasks: &[Task]) -> Result<(), Broken> {
        let mut left: BTreeMap<&String, &String> = self.trials.iter().collect();
        for task in tasks {
            self.check_task(task)?;
            let key = task.key();
            if left.remove(&key).is_none() {
                return Err(Broken::Trial(key));
            }
        }
        match left.len() {
            0 => Ok(()),
            missing => Err(Broken::Missing { missing, all: self.trials.len() }),
        }
    }
}

fn hash(data: &impl Serialize) -> String {
    base16ct::lower::encode_string(&Sha256::digest(json::text(data)))
}
