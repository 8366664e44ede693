//! A seal: hashes of what was fixed before the first trial of a study, so that a later edit of its storage shows.
//!
//! Under it are the claims with their margins, the arms with their reported numbers, the seeds and every other part of the
//! heading, and the number and the settings of the trials. It shows edits of the storage; it is not a signature. A change of
//! the experiment's file between two runs is not an edit: it is sealed anew, and the report tells it.
//!
//! The hashes are of the JSON that is stored, not of what this version reads in it. So a field that a later version adds to
//! [`Heading`](super::Heading) or [`Task`] does not break the seals of the runs before it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

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
    #[error("its seal was removed; the same `reproduce` command seals it again")]
    Unsealed,
    /// A part differs.
    #[error(
        "its {0} changed after the run began; run it anew, with another folder for --runs, or in another storage"
    )]
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
    #[error(
        "trial `{0}` is not as it was planned; run it anew, with another folder for --runs, or in another storage"
    )]
    Trial(String),
}

impl Seal {
    /// The seal of a heading as it is stored, and of its trials. A seal in the heading is not part of it.
    pub(super) fn new<'a>(heading: &Value, tasks: impl IntoIterator<Item = &'a Task>) -> Self {
        let [claims, arms, heading] = parts(heading);
        let trials = tasks.into_iter().map(|task| (task.key(), hash(&json::value(task))));
        Self { claims, arms, heading, trials: trials.collect() }
    }

    /// Whether the heading, as it is stored, is the one that was sealed.
    pub(super) fn check_heading(&self, heading: &Value) -> Result<(), Broken> {
        let [claims, arms, heading] = parts(heading);
        let parts = [
            ("claims", self.claims == claims),
            ("arms", self.arms == arms),
            ("heading", self.heading == heading),
        ];
        match parts.iter().find(|(_, same)| !same) {
            Some((part, _)) => Err(Broken::Changed(part)),
            None => Ok(()),
        }
    }

    /// Whether a trial, by its key and its task as it is stored, is one of those that were sealed.
    pub(super) fn check_task(&self, key: &str, task: &Value) -> Result<(), Broken> {
        if self.trials.get(key) == Some(&hash(task)) { Ok(()) } else { Err(Broken::Trial(key.to_string())) }
    }

    /// Whether these are the trials that were sealed, each once.
    pub(super) fn check_tasks(&self, tasks: &[(String, Value)]) -> Result<(), Broken> {
        let mut left: BTreeSet<&String> = self.trials.keys().collect();
        for (key, task) in tasks {
            self.check_task(key, task)?;
            if !left.remove(key) {
                return Err(Broken::Trial(key.clone()));
            }
        }
        match left.len() {
            0 => Ok(()),
            missing => Err(Broken::Missing { missing, all: self.trials.len() }),
        }
    }
}

/// The hashes of a heading's claims, of its arms and of all of it but the seal.
fn parts(heading: &Value) -> [String; 3] {
    let mut unsealed = heading.clone();
    if let Value::Object(fields) = &mut unsealed {
        fields.remove("seal");
    }
    [&heading["facts"]["claims"], &heading["arms"], &unsealed].map(hash)
}

fn hash(data: &Value) -> String {
    base16ct::lower::encode_string(&Sha256::digest(json::text(data)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_this_version_does_not_know_is_under_the_seal() {
        let sealed = json!({"facts": {"claims": []}, "arms": [], "of a later version": 1});
        let seal = Seal::new(&sealed, []);
        let mut stored = sealed.clone();
        stored["seal"] = json::value(&seal);
        assert_eq!(seal.check_heading(&stored), Ok(()));
        stored["of a later version"] = json!(2);
        assert_eq!(seal.check_heading(&stored), Err(Broken::Changed("heading")));
    }

    #[test]
    fn a_field_that_an_earlier_version_did_not_store_is_not_missed() {
        // Read as a heading of this version, it would have `settings`, `experiments` and others besides.
        let stored = json!({"facts": {"claims": [{"id": "a"}]}, "arms": [{"name": "b"}]});
        let seal = Seal::new(&stored, []);
        assert_eq!(seal.check_heading(&stored), Ok(()));
        let edited = json!({"facts": {"claims": [{"id": "a"}]}, "arms": [{"name": "c"}]});
        assert_eq!(seal.check_heading(&edited), Err(Broken::Changed("arms")));
    }
}
