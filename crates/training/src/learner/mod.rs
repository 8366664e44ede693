//! The learner: one visible loop that turns examples into a trained classifier.
//!
//! Randomness is derived from the seed ([`stream`](crate::stream)), every epoch can leave a checkpoint, and a run
//! that resumes from one gives the very bits of a run that was never stopped (on the CPU backends).

mod averaging;
mod checkpoint;
mod clipping;
mod config;
mod early_stopping;
mod epoch;
mod loss;
mod observer;

mod defence;
mod optimizer;
mod schedule;

use std::ops::ControlFlow;
use std::path::PathBuf;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::prelude::*;
use rand::Rng;
use sha2::{Digest, Sha256};
use tinderbox_ops::Classifier;

use crate::examples::Examples;
use crate::family::SettingError;
use crate::stream::stream;
use checkpoint::{Checkpoint, Need};
use early_stopping::Best;

pub use checkpoint::CheckpointError;
pub use config::LearnerConfig;
pub use defence::*;
pub use epoch::Epoch;
pub use observer::{Observer, Step};
pub use optimizer::*;
pub use schedule::*;

/// Trains classifiers of one configuration with one seed.
#[derive(Debug, Clone)]
pub struct Learner {
    config: LearnerConfig,
    seed: u64,
    checkpoint: Option<(PathBuf, String, Need)>,
}

/// What is learnt from, chosen by, and only looked at.
#[derive(Debug, Clone, Copy)]
pub struct Splits<'a> {
    /// Moves the weights.
    pub training: Examples<'a>,
    /// Decides when to stop.
    pub validation: Examples<'a>,
    /// Recorded each epoch for the figures; decides nothing.
    pub test: Examples<'a>,
}

/// A trained classifier and how it got there.
#[derive(Debug)]
pub struct Fitted<M> {
    /// Holds still: dropout is off and weights are constants. With `patience`, the model of the best epoch, unless it diverged.
    pub model: M,
    /// How the training ended.
    pub ending: Ending,
    /// One entry for each epoch that ended with finite numbers.
    pub history: Vec<Epoch>,
    /// Seconds that each epoch's steps took, evaluation left out.
    pub epoch_seconds: Vec<f64>,
}

impl<M> Fitted<M> {
    /// The same with another model, made of this one's.
    pub fn map<N>(self, change: impl FnOnce(M) -> N) -> Fitted<N> {
        let Self { model, ending, history, epoch_seconds } = self;
        Fitted { model: change(model), ending, history, epoch_seconds }
    }
}

/// How a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// After its last epoch.
    Finished,
    /// Validation no longer improved, and the weights of an earlier epoch were kept: only with `patience`.
    StoppedEarly {
        /// The last epoch, from 1.
        epoch: usize,
        /// The epoch whose weights were kept.
        best: usize,
    },
    /// A loss, or the gradient of an attack, was not finite: an answer, not a failure.
    Diverged {
        /// The epoch in which it happened, from 1.
        epoch: usize,
    },
}

/// Why a training could not be done, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum LearnerError {
    /// A field of the configuration is outside its range.
    #[error(transparent)]
    Config(#[from] SettingError),
    /// The observer asked for an end. Finished epochs are in the checkpoint.
    #[error("interrupted in epoch {epoch}")]
    Interrupted {
        /// The unfinished epoch, from 1.
        epoch: usize,
    },
    /// The checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl Learner {
    /// Writes a checkpoint to `path` after each epoch, and resumes from one that is found there.
    ///
    /// A checkpoint of another training is refused. The learner's settings, the seed, the device and the examples are
    /// compared by themselves; `model` is what it cannot see, the configuration of the model as a text. More epochs than
    /// the checkpoint has continue it, with the bits of a training that had so many from the start, unless the schedule depends
    /// on their number; fewer are refused.
    ///
    /// Burn brings an optimiser's state back through its default device. Where a GPU backend is compiled in but no GPU is
    /// there, name another in the environment variable `BURN_DEVICE`.
    #[must_use]
    pub fn with_checkpoint(mut self, path: impl Into<PathBuf>, model: impl Into<String>) -> Self {
        self.checkpoint = Some((path.into(), model.into(), Need::Required));
        self
    }

    /// As [`with_checkpoint`](Self::with_checkpoint), for a file that only saves time: one that cannot be written, is
    /// damaged or belongs to another training is reported to the observer and does not end the training. The results are the same.
    #[must_use]
    pub fn with_optional_checkpoint(mut self, path: impl Into<PathBuf>, model: impl Into<String>) -> Self {
        self.checkpoint = Some((path.into(), model.into(), Need::Optional));
        self
    }

    /// Trains the model that `draw` makes on the autodiff device it is given, once its random state is seeded.
    ///
    /// The CPU backends keep one random state for the whole process: two trainings at a time in one process would
    /// disturb each other.
    ///
    /// # Errors
    /// If a checkpoint cannot be used or written, or `observer` ends it.
    ///
    /// # Panics
    /// If the model does not fit the examples.
    pub fn fit<M: Classifier + Module + 'static>(
        &self,
        draw: impl Fn(&Device) -> M,
        device: &Device,
        splits: &Splits,
        observer: &mut dyn Observer,
    ) -> Result<Fitted<M>, LearnerError> {
        let device = device.clone().autodiff();
        let fresh = || {
            self.seed(&device, "weights", 0);
            State::new(draw(&device), self.config.optimizer.init())
        };
        let checkpoint = self.checkpoint.as_ref().map(|(path, model, need)| {
            Checkpoint::new(path, self.identity(model, &device, splits), self.config.epochs, *need)
        });
        let mut state = match &checkpoint {
            Some(checkpoint) => checkpoint.resume(fresh, observer)?,
            None => fresh(),
        };
        for epoch in &state.history {
            observer.epoch(epoch);
        }
        let ending = loop {
            if let Some(ending) = self.ending(&state) {
                break ending;
            }
            let epoch = state.history.len() + 1;
            self.seed(&device, "dropout", epoch);
            let order = shuffled(splits.training.len(), &mut stream(self.seed, "shuffle", epoch));
            match epoch::run(self, state, epoch, &order, splits, &device, observer) {
                ControlFlow::Break(()) => return Err(LearnerError::Interrupted { epoch }),
                ControlFlow::Continue(next) => state = next,
            }
            if let (Some(checkpoint), None) = (&checkpoint, state.diverged) {
                checkpoint.write(&state, observer)?;
            }
        };
        let model = match (ending, &state.best) {
            (Ending::StoppedEarly { .. }, Some(best)) => best.restore(state.model).valid(),
            _ => state.average.unwrap_or_else(|| state.model.valid()),
        };
        Ok(Fitted { model, ending, history: state.history, epoch_seconds: state.epoch_seconds })
    }

    /// The end, if this is one.
    fn ending<M>(&self, state: &State<M>) -> Option<Ending> {
        if let Some(epoch) = state.diverged {
            return Some(Ending::Diverged { epoch });
        }
        let epoch = state.history.len();
        let last = epoch >= self.config.epochs;
        if let (Some(patience), Some(best)) = (self.config.patience, &state.best)
            && (epoch - best.epoch >= patience || (last && epoch > best.epoch))
        {
            return Some(Ending::StoppedEarly { epoch, best: best.epoch });
        }
        last.then_some(Ending::Finished)
    }

    /// What makes a training this one, hashed.
    fn identity(&self, model: &str, device: &Device, splits: &Splits) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{} {} {device:?} {model}", self.config.identity(), self.seed));
        for part in [splits.training, splits.validation, splits.test] {
            part.hash_into(&mut hash);
        }
        base16ct::lower::encode_string(&hash.finalize())
    }

    fn seed(&self, device: &Device, name: &str, epoch: usize) {
        device.seed(stream(self.seed, name, epoch).next_u64());
    }
}

/// What moves from epoch to epoch; all of it is in a checkpoint.
struct State<M> {
    model: M,
    optimizer: ModuleOptimizer,
    /// The moving average of the weights, which holds still: only with `weight_average`.
    average: Option<M>,
    history: Vec<Epoch>,
    epoch_seconds: Vec<f64>,
    best: Option<Best>,
    diverged: Option<usize>,
}

impl<M> State<M> {
    fn new(model: M, optimizer: ModuleOptimizer) -> Self {
        Self {
            model,
            optimizer,
            average: None,
            history: Vec::new(),
            epoch_seconds: Vec::new(),
            best: None,
            diverged: None,
        }
    }
}

/// The positions below `count` in random order (Fisher and Yates).
fn shuffled(count: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        // Lemire's multiplication without rejection: its bias at these sizes is below 2⁻⁴⁰, and its result is the
        // same on machines of any word size.
        let position = (u128::from(rng.next_u64()) * (last as u128 + 1)) >> 64;
        order.swap(last, position as usize);
    }
    order
}

#[cfg(test)]
mod tests;
