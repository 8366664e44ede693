//! The table of trials: outcome, accuracies, result hash and seconds of every one.

use crate::format::{ABSENT, outcome, percent, seconds, short};
use crate::numbers::TrialNumbers;

pub(super) struct TrialsTable<'a> {
    /// Whether they differ in how data were split.
    pub(super) protocols: bool,
    pub(super) rows: Vec<Trial<'a>>,
}

pub(super) struct Trial<'a> {
    pub(super) numbers: &'a TrialNumbers,
    pub(super) outcome: String,
    pub(super) last: String,
    pub(super) chosen: String,
    pub(super) short_hash: String,
    pub(super) wall_seconds: String,
    pub(super) cpu_seconds: String,
}

impl<'a> TrialsTable<'a> {
    /// `None` without trials.
    pub(super) fn new(trials: &'a [TrialNumbers]) -> Option<Self> {
        let first = trials.first()?;
        Some(Self {
            protocols: trials.iter().any(|trial| trial.protocol != first.protocol),
            rows: trials.iter().map(trial).collect(),
        })
    }
}

fn trial(numbers: &TrialNumbers) -> Trial<'_> {
    let accuracy = |accuracy: Option<f64>| accuracy.map_or(ABSENT.into(), percent);
    let time = |time: Option<f64>| time.map_or(ABSENT.into(), seconds);
    Trial {
        numbers,
        outcome: outcome(numbers.outcome),
        last: accuracy(numbers.test_accuracy),
        chosen: numbers.chosen_epoch.map_or(ABSENT.into(), |epoch| {
            format!("{} (epoch {epoch})", accuracy(numbers.chosen_test_accuracy))
        }),
        short_hash: short(&numbers.result_sha256),
        wall_seconds: time(numbers.wall_seconds),
        cpu_seconds: time(numbers.cpu_seconds),
    }
}
