//! What must agree before a page is made: values with objectives, and parameters of trials with those of the study.

use std::collections::HashSet;

use super::{ParameterKind, ParameterValue, StudyTrial, StudyView, TrialState};

/// Why the parts of a study do not belong together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StudyError {
    /// There are no objectives.
    #[error("the study has no objectives, expected at least one")]
    Objectives,
    /// Two parameters with one name.
    #[error("two parameters are named `{0}`, expected unique names")]
    Parameter(String),
    /// A trial, and what is wrong with it.
    #[error("trial {number}: {reason}")]
    Trial {
        /// Its number.
        number: u64,
        /// What is wrong.
        reason: TrialReason,
    },
}

/// What is wrong with a trial.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrialReason {
    /// Too few or too many values.
    #[error("{found} values, expected {expected}, one for each objective")]
    Values {
        /// How many it has.
        found: usize,
        /// How many objectives there are.
        expected: usize,
    },
    /// A parameter that the study does not have.
    #[error("parameter `{0}` is not one of the study")]
    Unknown(String),
    /// A choice for a number, or a number for a choice.
    #[error("parameter `{name}` is {found}, expected {expected}")]
    Kind {
        /// Name of the parameter.
        name: String,
        /// What it is.
        found: &'static str,
        /// What the study says that it is.
        expected: &'static str,
    },
    /// A position past the list.
    #[error("parameter `{name}` is choice {position}, expected a position below {choices}")]
    Choice {
        /// Name of the parameter.
        name: String,
        /// The position.
        position: usize,
        /// Length of the list.
        choices: usize,
    },
    /// Times that are not finite or not in order.
    #[error("started at {started} s and finished at {finished} s, expected finite times in order")]
    Times {
        /// When it began.
        started: f64,
        /// When it ended.
        finished: f64,
    },
}

impl StudyView {
    /// Whether the parts belong together.
    ///
    /// # Errors
    /// If there is no objective, if two parameters share a name, if a complete trial has not one value an objective
    /// (another may have none), if a trial tried what the study does not list, or ended before it began.
    pub fn check(&self) -> Result<(), StudyError> {
        if self.objectives.is_empty() {
            return Err(StudyError::Objectives);
        }
        let mut names = HashSet::new();
        if let Some(twice) = self.parameters.iter().find(|parameter| !names.insert(&parameter.name)) {
            return Err(StudyError::Parameter(twice.name.clone()));
        }
        for trial in &self.trials {
            if let Some(reason) = self.wrong(trial) {
                return Err(StudyError::Trial { number: trial.number, reason });
            }
        }
        Ok(())
    }

    fn wrong(&self, trial: &StudyTrial) -> Option<TrialReason> {
        let (found, expected) = (trial.values.len(), self.objectives.len());
        if found != expected && (found != 0 || trial.state == TrialState::Complete) {
            return Some(TrialReason::Values { found, expected });
        }
        let (started, finished) = (trial.started.unwrap_or(0.0), trial.finished.unwrap_or(f64::MAX));
        if !started.is_finite() || !finished.is_finite() || started > finished {
            return Some(TrialReason::Times { started, finished });
        }
        trial.parameters.iter().find_map(|(name, value)| self.odd(name, *value))
    }

    fn odd(&self, name: &str, value: ParameterValue) -> Option<TrialReason> {
        let Some(parameter) = self.parameters.iter().find(|parameter| parameter.name == name) else {
            return Some(TrialReason::Unknown(name.into()));
        };
        let kind = |found, expected| Some(TrialReason::Kind { name: name.into(), found, expected });
        match (&parameter.kind, value) {
            (ParameterKind::Categorical { .. }, ParameterValue::Number(_)) => kind("a number", "a choice"),
            (ParameterKind::Numeric { .. }, ParameterValue::Choice(_)) => kind("a choice", "a number"),
            (ParameterKind::Categorical { choices }, ParameterValue::Choice(position)) => {
                let choices = choices.len();
                (position >= choices).then(|| TrialReason::Choice { name: name.into(), position, choices })
            }
            (ParameterKind::Numeric { .. }, ParameterValue::Number(_)) => None,
        }
    }
}
