//! What a report is made of: the plan of a run, its experiments, and the records of their trials.

mod check;

use crate::record::Record;

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
    /// Pictures for the gallery of mistakes.
    pub test_images: Option<TestImages>,
}

/// What was to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Hash of the plan, which names the run.
    pub hash: String,
    /// Name of the profile, such as `quick`.
    pub profile: String,
    /// Seed of each repetition of an arm.
    pub seeds: Vec<u64>,
    /// Epochs of every trial, where the profile overrides the experiments.
    pub epochs: Option<usize>,
    /// How data are split.
    pub protocol: String,
}

/// One experiment and what came of it.
#[derive(Clone, Debug)]
pub struct ExperimentView {
    /// Name of its file.
    pub name: String,
    /// Heading.
    pub title: String,
    /// Part of the paper, such as `Task I, figure 1`.
    pub part: String,
    /// The paper's sentences, plain text.
    pub statement: String,
    /// In the order of the tables.
    pub arms: Vec<ArmView>,
    /// Of the trials that ended, in any order.
    pub records: Vec<Record>,
    /// Trials that left no record.
    pub failures: Vec<Failure>,
    /// Trials that have not ended.
    pub waiting: usize,
}

/// One row of an experiment.
#[derive(Clone, Debug)]
pub struct ArmView {
    /// Name, as its records have it.
    pub name: String,
    /// What it is, in a few words.
    pub description: String,
    /// What the paper reports of it.
    pub reported: Option<Reported>,
}

/// A number of the paper.
#[derive(Clone, Debug)]
pub struct Reported {
    /// In percent, as printed there.
    pub value_percent: f64,
    /// Of what, such as `test accuracy, table 1`.
    pub what: String,
}

/// A trial that left no record.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Name of the arm.
    pub arm: String,
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
        let mut records = self.experiments.iter().flat_map(|experiment| &experiment.records);
        let stand_in = || records.any(|record| record.results.dataset.stand_in).then_some(STAND_IN);
        self.notice.as_deref().or_else(stand_in)
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
