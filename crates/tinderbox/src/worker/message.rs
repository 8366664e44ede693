//! What a worker says, as lines of JSON on its standard output.

use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::json;
use crate::tuning::Objective;

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Message {
    /// A trial begins.
    Started {
        /// Name of the experiment.
        experiment: String,
        /// Name of the arm.
        arm: String,
        /// Its seed.
        seed: u64,
        /// Its key in the study.
        key: String,
        /// How often it has been begun, this time counted.
        attempt: u64,
        /// Its number in its study, if a sampler chose it; none for an arm of an experiment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<u64>,
    },
    /// A trial continues.
    Progress {
        /// Share of the trial that is done, in `[0, 1]`.
        done: f64,
        /// The running epoch, from 1.
        epoch: usize,
        /// Epochs in all.
        epochs: usize,
        /// Test accuracy after the last finished epoch, in `[0, 1]`.
        accuracy: Option<f64>,
        /// Validation accuracy after the last finished epoch, in `[0, 1]`.
        validation_accuracy: Option<f64>,
    },
    /// A trial ended and its record is stored.
    Finished {
        /// Test accuracy, in `[0, 1]`; none if it diverged.
        accuracy: Option<f64>,
        /// What a search ranks it by: each objective with its value. Empty for an arm of an experiment.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        objectives: Vec<(Objective, f64)>,
        /// Seconds it took.
        seconds: f64,
    },
    /// A trial failed; that is stored.
    Failed {
        /// Why.
        reason: String,
    },
    /// A trial was stopped early; that is stored.
    Pruned {
        /// The epoch after which it was, from 1.
        epoch: usize,
    },
    /// Another worker has taken the trial over; nothing of it was stored.
    Refused {
        /// In words.
        reason: String,
    },
    /// The machine failed, such as a disk that is full. The worker ends; its trial, if it has one, waits for another
    /// attempt.
    Mishap {
        /// In words.
        reason: String,
    },
    /// Something went wrong that costs time and no result.
    Warning {
        /// In words.
        text: String,
    },
}

/// What a worker says that lost its trial.
pub(super) fn taken_over() -> Message {
    Message::Refused { reason: "another worker has taken this trial over".to_string() }
}

pub(super) fn say(out: &mut impl Write, message: &Message) {
    // If nobody listens, the parent is gone, and `end_with_parent` ends this process.
    _ = writeln!(out, "{}", json::line(message)).and_then(|()| out.flush());
}
