//! A study: the trials of a hyperparameter search as plain data, and a page of figures to look at it.
//!
//! Its JSON form is this data and nothing else; floats that JSON has no word for are written as `"NaN"`, `"inf"` and
//! `"-inf"`. [`page()`] makes one HTML page of it.

mod check;
mod page;

mod figure;
mod rows;
mod values;

mod best;
mod contour;
mod distribution;
mod history;
mod importance;
mod intermediate;
mod notes;
mod parallel;
mod pareto;
mod slice;
mod timeline;
mod trials;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::number;

pub use check::{StudyError, TrialReason};
pub use page::{StudyPageError, page};

/// A hyperparameter search: its objectives, parameters and trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyView {
    /// Its name.
    pub name: String,
    /// What is optimised; at least one.
    pub objectives: Vec<Objective>,
    /// What is varied, in the order of figures and tables.
    pub parameters: Vec<StudyParameter>,
    /// All trials.
    pub trials: Vec<StudyTrial>,
    /// What chose the points, and its settings, in words.
    pub sampler: Option<String>,
    /// What stopped trials early, and its settings, in words.
    pub pruner: Option<String>,
    /// How far the sampler's knowledge may be behind: a sentence without a full stop.
    pub lag: Option<String>,
    /// What could not be read of the study; sentences without a full stop. Those about a trial are in its own notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A number to minimise or maximise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// What it measures, with its unit.
    pub name: String,
    /// Which numbers are better.
    pub direction: Direction,
    /// How much of its variance each parameter explains, as it was computed elsewhere; empty where it was not.
    pub importances: Vec<Importance>,
    /// Why there are no importances: a sentence without a full stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_importances: Option<String>,
}

/// Which numbers are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Small ones.
    Minimize,
    /// Large ones.
    Maximize,
}

/// The importance of one parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Importance {
    /// Name of the parameter, or of parameters that act together.
    pub parameter: String,
    /// Larger is more important; usually a share of 1.
    #[serde(with = "number")]
    pub importance: f64,
    /// The lower end of its 95 % interval, if that was computed.
    #[serde(default, with = "number", skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(default, with = "number", skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// What is varied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyParameter {
    /// Its name; no two of a study have the same.
    pub name: String,
    /// What values it takes.
    pub kind: ParameterKind,
}

/// What values a parameter takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ParameterKind {
    /// One of a list.
    Categorical {
        /// The list, written out.
        choices: Vec<String>,
    },
    /// Numbers.
    Numeric {
        /// Whether its axis is logarithmic.
        log: bool,
        /// Whether all of them are whole, so that its axis has whole ticks.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        whole: bool,
    },
}

/// The value of a parameter in a trial.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterValue {
    /// Of a numeric parameter.
    Number(#[serde(with = "number")] f64),
    /// Of a categorical one: the position in its list, from 0.
    Choice(usize),
}

/// One trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyTrial {
    /// Its number. Two of a study may have the same where another program wrote them.
    pub number: u64,
    /// Where it stands.
    pub state: TrialState,
    /// One per objective, in their order; a trial that is not complete may have none.
    #[serde(with = "number")]
    pub values: Vec<f64>,
    /// Values of its parameters, by name; conditional ones may be missing.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// Intermediate values, in the order of steps.
    pub intermediate: Vec<Intermediate>,
    /// Who ran it.
    pub worker: Option<String>,
    /// When it began, in seconds since the study did.
    pub started: Option<f64>,
    /// When it ended, in seconds since the study began. A trial that has ended without it took an unknown time.
    pub finished: Option<f64>,
    /// How its point was chosen, in a word or two.
    pub sampled_by: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// What could not be read of it, or is odd about it; sentences without a full stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Where a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialState {
    /// In the queue.
    Waiting,
    /// Being run.
    Running,
    /// Finished, with its values.
    Complete,
    /// Stopped early.
    Pruned,
    /// Failed.
    Fail,
}

/// An intermediate value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intermediate {
    /// At which step.
    pub step: u32,
    /// What was reported.
    #[serde(with = "number")]
    pub value: f64,
}

impl Direction {
    /// Whether `one` is better than `other`; NaN is neither better nor worse.
    pub fn better(self, one: f64, other: f64) -> bool {
        match self {
            Self::Minimize => one < other,
            Self::Maximize => one > other,
        }
    }
}

impl StudyTrial {
    /// A trial in the queue.
    pub fn waiting(number: u64) -> Self {
        Self {
            number,
            state: TrialState::Waiting,
            values: vec![],
            parameters: BTreeMap::new(),
            intermediate: vec![],
            worker: None,
            started: None,
            finished: None,
            sampled_by: None,
            failure: None,
            notes: vec![],
        }
    }

    /// Whether it has ended.
    fn has_ended(&self) -> bool {
        matches!(self.state, TrialState::Complete | TrialState::Pruned | TrialState::Fail)
    }

    /// The place of its value on the axis of `parameter`, if it has one: a number, or the position of a choice.
    fn place(&self, parameter: &StudyParameter) -> Option<f64> {
        match self.parameters.get(&parameter.name)? {
            ParameterValue::Number(number) => Some(*number),
            ParameterValue::Choice(position) => Some(*position as f64),
        }
    }
}

#[cfg(test)]
mod tests;
