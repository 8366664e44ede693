//! What could not be read of a study and its trials, or is odd about them.

use std::collections::BTreeSet;

use super::{Study, StudyError};
use crate::trial::{State, Trial};

/// Sentences without an end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Of the study itself, and of trials that are left out.
    pub study: Vec<String>,
    /// Of each trial in turn.
    pub trials: Vec<Vec<String>>,
}

impl Notes {
    /// All of them, those of a trial with its number; `trials` are those that they are about.
    pub fn lines(&self, trials: &[Trial]) -> Vec<String> {
        let of_trials = trials.iter().zip(&self.trials);
        let of_trials = of_trials
            .flat_map(|(trial, notes)| notes.iter().map(|note| format!("trial {}: {note}", trial.number)));
        self.study.iter().cloned().chain(of_trials).collect()
    }
}

impl Study {
    /// What of the study and of `trials`, which are all of its, is odd: what other programs wrote that cannot be read, or
    /// not as it stands; numbers that several trials have; ends before their starts.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub fn notes(&self, trials: &[Trial]) -> Result<Notes, StudyError> {
        let mut numbers = BTreeSet::new();
        let objectives = self.settings.directions.len();
        let of_trial = |trial: &Trial| {
            let mut notes = trial.notes.clone();
            if !numbers.insert(trial.number) {
                notes.push("an earlier trial has the same number".to_owned());
            }
            if let (Some(started), Some(finished)) = (trial.started, trial.finished)
                && finished < started
            {
                notes.push(format!(
                    "it ended at {finished}, before it began at {started}: its duration is unknown"
                ));
            }
            if trial.state == State::Complete && trial.values.len() != objectives {
                let values = trial.values.len();
                notes.push(format!("{values} values, but the study has {objectives} objectives: no result"));
            }
            let space = &self.settings.space;
            for (name, parameter) in trial.parameters.iter() {
                let is_known =
                    space.dimensions().any(|(known, of)| known == name && of == parameter.distribution());
                if !is_known {
                    let value = parameter.value();
                    notes.push(format!(
                        "parameter `{}` = {value} is not from the space of the study",
                        name.escape_debug()
                    ));
                }
            }
            notes
        };
        let outdated =
            self.outdated.iter().map(|reason| format!("its settings are invalid in this version: {reason}"));
        let study = outdated.chain(self.storage.left_out(self.id)?).collect();
        Ok(Notes { study, trials: trials.iter().map(of_trial).collect() })
    }
}
