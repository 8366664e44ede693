//! The record of a trial: results that its seed reproduces, timing and environment.

mod changed;
mod envelope;
pub(crate) mod number;
mod perturbation;
mod predictions;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use changed::{Changed, ChangedError};
pub use envelope::RecordError;
pub use perturbation::{Perturbation, Perturbed, Settings};
pub(crate) use predictions::likeliest;
pub use predictions::{Predictions, PredictionsError};

/// One training of one arm with one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Name of the experiment, as its file has it.
    pub experiment: String,
    /// Name of the arm within the experiment.
    pub arm: String,
    /// Seed of every random stream of the trial.
    pub seed: u64,
    /// What the same seed reproduces.
    pub results: Results,
    /// How long it took.
    pub timing: Timing,
    /// Where it ran.
    pub environment: Environment,
    /// A few test images after each perturbation, for readers to look at. Not among the results: what the model says of them
    /// is. Older records have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Changed>,
}

/// What the same seed reproduces, at any time, on any host and with any number of workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// How the data were split: `official` or `pooled`.
    pub protocol: String,
    /// Every setting of the trial, defaults written out.
    #[serde(serialize_with = "envelope::sorted")]
    pub configuration: Value,
    /// The data that it saw.
    pub dataset: DatasetIdentity,
    /// How the training ended.
    pub outcome: Outcome,
    /// One entry an epoch, in order.
    pub history: Vec<Epoch>,
    /// What was trained.
    pub model: ModelSummary,
    /// Accuracy on the training images after the last epoch, weights held still, in `[0, 1]`.
    #[serde(with = "number")]
    pub final_training_accuracy: Option<f64>,
    /// What the kept model says of each test image: that of the last epoch, or of the best one if it stopped early.
    pub test: Option<Predictions>,
    /// What it says of the same images once they are changed, in the order that was asked for.
    pub perturbed: Vec<Perturbed>,
}

impl Results {
    /// The epoch whose weights were kept: the last, or the best if the training stopped early.
    pub fn kept(&self) -> Option<&Epoch> {
        match self.outcome {
            Outcome::StoppedEarly { best, .. } => self.history.iter().find(|epoch| epoch.epoch == best),
            Outcome::Finished | Outcome::Diverged { .. } => self.history.last(),
        }
    }

    /// What the kept model says of the test images once they are changed so; `None` if it was not asked, or has no predictions.
    pub fn under(&self, perturbation: &Perturbation) -> Option<&Predictions> {
        self.perturbed.iter().find(|changed| changed.perturbation == *perturbation)?.test.as_ref()
    }
}

/// Which images, and how many of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetIdentity {
    /// Short name, such as `usps`.
    pub name: String,
    /// Name for readers, such as `USPS ZIP-code digits`.
    pub title: String,
    /// SHA-256 of the images and labels, in hexadecimal.
    pub sha256: String,
    /// Whether other digits stand in for the paper's.
    pub stand_in: bool,
    /// Images that weights are fitted to.
    pub training: usize,
    /// Images that choices are made on.
    pub validation: usize,
    /// Images that no choice is made on.
    pub test: usize,
    /// Number of classes.
    pub classes: usize,
}

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// Every epoch was run.
    Finished,
    /// Validation no longer improved.
    StoppedEarly {
        /// Last epoch run, from 1.
        epoch: usize,
        /// Epoch with the smallest validation loss, whose weights were kept, from 1.
        best: usize,
    },
    /// A loss or weight was not finite.
    Diverged {
        /// Epoch in which that happened, from 1.
        epoch: usize,
    },
}

/// The measures of one epoch. Losses are mean cross-entropies in nats, accuracies lie in `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Running mean over the epoch's batches, while the weights move.
    #[serde(with = "number")]
    pub training_loss: f64,
    /// Running mean over the epoch's batches, while the weights move.
    #[serde(with = "number")]
    pub training_accuracy: f64,
    /// On the validation images, after the epoch.
    #[serde(with = "number")]
    pub validation_loss: f64,
    /// On the validation images, after the epoch.
    #[serde(with = "number")]
    pub validation_accuracy: f64,
    /// On the test images, after the epoch; for figures and for withholding verdicts, never for a choice.
    #[serde(with = "number")]
    pub test_loss: f64,
    /// On the test images, after the epoch; for figures and for withholding verdicts, never for a choice.
    #[serde(with = "number")]
    pub test_accuracy: f64,
}

/// Size of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSummary {
    /// Trained numbers.
    pub parameters: u64,
    /// Multiply-adds of one image's forward pass.
    pub multiply_adds: u64,
    /// The same, layer by layer, in the order of the forward pass.
    pub layers: Vec<LayerSummary>,
}

/// Size of one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerSummary {
    /// What it is, such as `conv 3x3`.
    pub name: String,
    /// Shape of one image's output, without the batch.
    pub output: Vec<usize>,
    /// Trained numbers.
    pub parameters: u64,
    /// Multiply-adds of one image's forward pass.
    pub multiply_adds: u64,
}

/// How long a trial took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Seconds of each epoch's training, evaluation left out.
    #[serde(with = "number")]
    pub epoch_seconds: Vec<f64>,
    /// Seconds of the attempt that finished it, evaluations included.
    #[serde(with = "number")]
    pub wall_seconds: f64,
    /// Processor seconds of that attempt, where the system tells.
    #[serde(with = "number")]
    pub cpu_seconds: Option<f64>,
    /// When it began: RFC 3339, UTC.
    pub started: String,
}

/// Where a trial ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Version of Tinderbox.
    pub tinderbox: String,
    /// Version of Burn.
    pub burn: String,
    /// Backend that computed, such as `flex`.
    pub backend: String,
    /// Commit that the program was built from, where known.
    pub revision: Option<String>,
    /// Whether that checkout held changes that were not committed, where known.
    pub dirty: Option<bool>,
    /// Name of the processor.
    pub cpu: String,
    /// Logical cores of the machine.
    pub cores: usize,
    /// Threads that the trial computed with.
    pub threads: usize,
    /// Operating system.
    pub os: String,
    /// Name of the worker process.
    pub worker: String,
    /// Number of the attempt, from 1: above 1, an earlier one was cut off.
    pub attempt: u64,
}
