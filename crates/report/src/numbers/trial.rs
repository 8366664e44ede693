//! The numbers of one trial.

use schemars::JsonSchema;
use serde::Serialize;

use crate::record::{Epoch, Outcome, Record};

/// The numbers of one trial.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TrialNumbers {
    /// Name of the arm.
    pub arm: String,
    /// How data were split.
    pub protocol: String,
    /// Seed of the trial.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Epochs run.
    pub epochs: usize,
    /// Test accuracy after the last epoch.
    pub test_accuracy: Option<f64>,
    /// Epoch of best validation accuracy, from 1.
    pub chosen_epoch: Option<usize>,
    /// Test accuracy after that epoch.
    pub chosen_test_accuracy: Option<f64>,
    /// Hash of the results, which the same seed reproduces.
    pub result_sha256: String,
    /// Seconds of the attempt that finished it.
    pub wall_seconds: Option<f64>,
    /// Processor seconds of that attempt, where the system tells.
    pub cpu_seconds: Option<f64>,
    /// Number of that attempt, from 1: above 1, an earlier one was cut off.
    pub attempt: u64,
}

impl TrialNumbers {
    pub(super) fn new(arm: &str, record: &Record) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        let chosen = chosen(record);
        Self {
            arm: arm.into(),
            protocol: record.results.protocol.clone(),
            seed: record.seed,
            outcome: record.results.outcome,
            epochs: record.results.history.len(),
            test_accuracy: last_test_accuracy(record).and_then(finite),
            chosen_epoch: chosen.map(|epoch| epoch.epoch),
            chosen_test_accuracy: chosen.and_then(|epoch| finite(epoch.test_accuracy)),
            result_sha256: record.result_hash(),
            wall_seconds: finite(record.timing.wall_seconds),
            cpu_seconds: record.timing.cpu_seconds.and_then(finite),
            attempt: record.environment.attempt,
        }
    }
}

/// That of the weights that were kept.
pub(crate) fn last_test_accuracy(record: &Record) -> Option<f64> {
    if let Some(test) = &record.results.test {
        return test.accuracy();
    }
    record.results.kept().map(|epoch| epoch.test_accuracy)
}

/// The epoch of best validation accuracy, the first among equals.
pub(super) fn chosen(record: &Record) -> Option<&Epoch> {
    let measured = record.results.history.iter().filter(|epoch| epoch.validation_accuracy.is_finite());
    measured
        .reduce(|best, epoch| if epoch.validation_accuracy > best.validation_accuracy { epoch } else { best })
}
