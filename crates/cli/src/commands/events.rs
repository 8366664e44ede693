//! `--progress json`: what happens, as lines of JSON on standard error, for programs.
//!
//! Each line is an object with the key `event`. Accuracies and shares are in `[0, 1]`, times in seconds; a key without a
//! value is left out. Programs skip events and keys that they do not know.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// What happened.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event<'a> {
    /// `reproduce` has a plan: what `--dry-run --json` prints.
    Plan(Value),
    /// The workers of `reproduce` and `search` start.
    Started { experiments: Vec<Experiment<'a>>, done: usize, trials: usize, workers: usize },
    /// A worker begins a trial.
    TrialStarted {
        worker: usize,
        #[serde(flatten)]
        trial: Trial<'a>,
    },
    /// A trial is in this epoch; accuracies are those after the epoch before.
    TrialProgress {
        worker: usize,
        #[serde(flatten)]
        trial: Trial<'a>,
        share: f64,
        epoch: usize,
        epochs: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        test_accuracy: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        validation_accuracy: Option<f64>,
    },
    /// A trial is done. An arm without a test accuracy diverged; a search ranks it by its `objectives`.
    TrialFinished {
        worker: usize,
        #[serde(flatten)]
        trial: Trial<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        test_accuracy: Option<f64>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        objectives: BTreeMap<String, Value>,
        seconds: f64,
        done: usize,
        trials: usize,
    },
    /// A trial failed.
    TrialFailed {
        worker: usize,
        #[serde(flatten)]
        trial: Trial<'a>,
        reason: &'a str,
        done: usize,
        trials: usize,
    },
    /// A pruner stopped a trial after this epoch.
    TrialPruned {
        worker: usize,
        #[serde(flatten)]
        trial: Trial<'a>,
        epoch: usize,
        done: usize,
        trials: usize,
    },
    /// Another worker has taken a trial over.
    TrialLost {
        worker: usize,
        #[serde(flatten)]
        trial: Trial<'a>,
        reason: &'a str,
    },
    /// A worker process died; another one takes its place.
    WorkerDied { worker: usize, reason: &'a str },
    /// A worker process found nothing left to do.
    WorkerEnded { worker: usize },
    /// All worker processes have ended.
    Ended { done: usize, trials: usize, seconds: f64 },
    /// `train` is in this epoch.
    Progress { share: f64, epoch: usize, epochs: usize },
    /// `train` has finished an epoch: what `--json` prints of it.
    Epoch {
        epochs: usize,
        #[serde(flatten)]
        results: Value,
    },
    /// An error.
    Error { text: &'a str },
    /// A warning.
    Warning { text: &'a str },
    /// A note.
    Note { text: &'a str },
    /// Another message.
    Message { text: &'a str },
}

/// An experiment of a run, or a study.
#[derive(Serialize)]
pub(super) struct Experiment<'a> {
    pub(super) name: &'a str,
    pub(super) done: usize,
    pub(super) trials: usize,
}

/// A trial: of an experiment, an arm with a seed; of a study, a number with its settings in words.
#[derive(Serialize)]
pub(super) struct Trial<'a> {
    pub(super) experiment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arm: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settings: Option<&'a str>,
    pub(super) seed: u64,
    pub(super) attempt: u64,
}
