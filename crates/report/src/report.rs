//! What a report is made of: the plan of a run, its experiments, and the records of their trials.

mod check;
mod facts;
mod paper;

use std::sync::Arc;

use crate::record::Record;

pub use check::ReportError;
pub(crate) use facts::label;
pub use facts::{
    ArmFacts, Dimension, Ensemble, ExperimentFacts, PerturbationFacts, Reported, SearchFacts, Source,
    Strength,
};
pub use paper::Paper;

/// The notice of numbers measured on stand-in digits, where [`Report::notice`] has no other.
pub const STAND_IN: &str = "stand-in digits, not USPS";

/// Everything that the page shows; nothing else is read, no clock and no file.
#[derive(Clone, Debug)]
pub struct Report {
    /// Heading of the page.
    pub title: String,
    /// The paper whose experiments these are; `None` where they are nobody's.
    pub paper: Option<Paper>,
    /// When the run began, as it is printed.
    pub created: String,
    /// What is run.
    pub plan: PlanView,
    /// Command that reproduces it.
    pub command: String,
    /// Backend that computed.
    pub backend: String,
    /// What a reader must know of every number, such as that the digits are stand-ins.
    pub notice: Option<String>,
    /// In the order of the page.
    pub experiments: Vec<ExperimentView>,
}

/// What is run.
#[derive(Clone, Debug)]
pub struct PlanView {
    /// Hash of the plan, which names the run.
    pub hash: String,
    /// Name of the profile, such as `quick`.
    pub profile: String,
    /// Epochs of every trial, where the command overrides the profile.
    pub epochs: Option<usize>,
}

/// One experiment and what came of it.
#[derive(Clone, Debug, Default)]
pub struct ExperimentView {
    /// What was known before anything ran. The protocol is that of every record of [`ArmView::records`].
    pub facts: ExperimentFacts,
    /// Command that runs this experiment alone.
    pub command: String,
    /// In the order of the tables.
    pub arms: Vec<ArmView>,
    /// Pictures for the gallery of mistakes.
    pub test_images: Option<Arc<TestImages>>,
}

/// One row of an experiment, and the trials of it.
#[derive(Clone, Debug, Default)]
pub struct ArmView {
    /// What was known before anything ran.
    pub facts: ArmFacts,
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

    /// The heading of a part of the paper; its name where the paper has no such part.
    pub fn part<'a>(&'a self, name: &'a str) -> &'a str {
        let heading = self.paper.as_ref().and_then(|paper| paper.parts.get(name));
        heading.map_or(name, String::as_str)
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
