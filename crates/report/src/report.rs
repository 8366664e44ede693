//! What a report is made of: the plan of a run, its experiments, and the records of their trials.

mod check;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::claim::Claim;
use crate::record::{Perturbation, Record};

pub use check::ReportError;

/// Said of numbers that other digits gave, where [`Report::notice`] says nothing better.
pub const STAND_IN: &str = "stand-in digits, not USPS";

/// Everything that the page shows; nothing else is read, no clock and no file.
#[derive(Clone, Debug)]
pub struct Report {
    /// Heading of the page.
    pub title: String,
    /// When the run was begun, as it shall be printed.
    pub created: String,
    /// What was to be run.
    pub plan: Plan,
    /// Command that makes it again.
    pub command: String,
    /// Backend that computed.
    pub backend: String,
    /// What a reader must know of every number, such as that the digits are stand-ins.
    pub notice: Option<String>,
    /// In the order of the page.
    pub experiments: Vec<ExperimentView>,
}

/// What was to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Hash of the plan, which names the run.
    pub hash: String,
    /// Name of the profile, such as `quick`.
    pub profile: String,
    /// Epochs of every trial, where the command overrides the profile.
    pub epochs: Option<usize>,
}

/// One experiment and what came of it.
#[derive(Clone, Debug)]
pub struct ExperimentView {
    /// Name of its file.
    pub name: String,
    /// Heading.
    pub title: String,
    /// Part of the paper, such as `task-1`.
    pub part: String,
    /// The paper's sentences, plain text.
    pub statement: String,
    /// How data are split for every record of [`ArmView::records`].
    pub protocol: String,
    /// Seeds that every arm was to be run with.
    pub seeds: Vec<u64>,
    /// Command that runs this experiment alone.
    pub command: String,
    /// In the order of the tables.
    pub arms: Vec<ArmView>,
    /// How this experiment wants test images changed. Trials that serve another one too may know more changes.
    pub perturbations: Vec<Perturbation>,
    /// How the arms were drawn, if they are points of a space.
    pub search: Option<SearchView>,
    /// The paper's sentences that are tested, in the order of the page.
    pub claims: Vec<Claim>,
    /// Pictures for the gallery of mistakes.
    pub test_images: Option<Arc<TestImages>>,
}

/// One row of an experiment, and the trials of it.
#[derive(Clone, Debug, Default)]
pub struct ArmView {
    /// Name in tables and figures. Its records may have another, see [`same_as`](Self::same_as).
    pub name: String,
    /// What it is, in a few words.
    pub description: String,
    /// What the paper reports of it.
    pub reported: Option<Reported>,
    /// What a search chose, by name of the dimension; empty for other arms.
    pub point: BTreeMap<String, Value>,
    /// The arm of another experiment that has the same settings, and whose trials these are.
    pub same_as: Option<Source>,
    /// Arms of this experiment whose probabilities were averaged: nothing was trained for this one.
    pub average_of: Vec<String>,
    /// Of the trials that ended, by seed.
    pub records: Vec<Record>,
    /// The same under the protocol `pooled`, by seed; empty unless that was asked for.
    pub pooled: Vec<Record>,
    /// Trials that left no record.
    pub failures: Vec<Failure>,
    /// Trials of the experiment's own protocol that have not ended.
    pub waiting: usize,
    /// Trials under the protocol `pooled` that have not ended.
    pub pooled_waiting: usize,
}

/// An arm of another experiment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Source {
    /// Name of the experiment.
    pub experiment: String,
    /// Name of the arm.
    pub arm: String,
}

/// How arms were drawn from a space.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchView {
    /// Name of the sampler, such as `random`.
    pub sampler: String,
    /// Seed of the sampler.
    pub seed: u64,
    /// Points in the whole space.
    pub points: usize,
    /// What can be chosen, in order.
    pub dimensions: Vec<(String, Vec<Value>)>,
}

/// A number of the paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// In percent, as printed there.
    pub value_percent: f64,
    /// Of what, such as `test accuracy, table 1`.
    pub what: String,
}

/// A trial that left no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Seed of the trial.
    pub seed: u64,
    /// Why, in a sentence.
    pub reason: String,
}

/// Grey test images, in the order that [`Predictions::indices`](crate::Predictions::indices) count.
#[derive(Clone, Debug)]
pub struct TestImages {
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// Row-major, `[images, height, width]`; 0 is background, 255 ink.
    pub pixels: Vec<u8>,
    /// True class of each.
    pub labels: Vec<u8>,
}

impl Report {
    /// What every table must say of its numbers: the given notice, or that digits are stand-ins where a record says so.
    pub fn notice(&self) -> Option<&str> {
        let stand_in = || self.records().any(|record| record.results.dataset.stand_in).then_some(STAND_IN);
        self.notice.as_deref().or_else(stand_in)
    }

    /// Every record of the experiments' own protocols.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.experiments.iter().flat_map(ExperimentView::records)
    }
}

impl ExperimentView {
    /// Every record of its own protocol, arm by arm.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.arms.iter().flat_map(|arm| &arm.records)
    }
}

impl TestImages {
    /// Pixels of image `index`, `[height, width]`; `None` past the end.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        let size = self.height.checked_mul(self.width)?;
        let start = index.checked_mul(size)?;
        self.pixels.get(start..start.checked_add(size)?)
    }
}
