//! `tinderbox overfit-one-batch`: whether a network can learn at all.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use serde::Serialize;
use tinderbox_data::{Protocol, Split};
use tinderbox_training::learner::{Epoch, LearnerError, Observer, Step};

use super::outline::counted;
use super::{Exit, Refusal, note, say, say_data};
use crate::choice::choice;
use crate::dataset::DatasetArguments;
use crate::set::SetArguments;
use tinderbox::backend::Backend;
use tinderbox::catalog::Catalog;
use tinderbox::crew::stop_on_signals;
use tinderbox::experiment::{Configuration, Defaults, Setting};
use tinderbox::json;
use tinderbox::origin::Provenance;
use tinderbox::trial::{self, TrialError};

/// Loss at which a batch counts as learnt by heart, in nats: the label of each image then has a probability of about 0.99.
const LEARNT: f64 = 0.01;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Overfit {
    /// A kind of network, such as `fcn`, `cnn` or `local-net`
    #[arg(long, value_name = "KIND", default_value = "cnn")]
    model: String,

    /// Steps at most, all on the same batch
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,

    /// Seed of weights and dropout
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    set: SetArguments,

    /// Compute backend
    #[arg(long, value_parser = choice(Backend::ALL), default_value_t)]
    backend: Backend,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    dataset: DatasetArguments,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox overfit-one-batch --model cnn
  tinderbox overfit-one-batch --model fcn --set training.batch_size=16 --set training.learning_rate=0.01

A network that cannot learn one batch by heart cannot learn: look for a mistake in it, in its input or in the learning rate. \
Exit code 1 if it does not.";

/// What came of it.
#[derive(Serialize)]
struct Outcome {
    model: String,
    images: usize,
    steps: usize,
    /// Whether the loss fell to 0.01 nats.
    learnt: bool,
    /// Before the first step, in nats.
    first_loss: Option<f64>,
    /// After the last one, without dropout.
    loss: Option<f64>,
    /// After the last one, in `[0, 1]`.
    accuracy: Option<f64>,
}

impl Overfit {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        let defaults = self.dataset.defaults(catalog)?;
        if let Some(help) = self.set.help(Some(&self.model), defaults) {
            say(help)?;
            return Ok(Exit::Done);
        }
        let configuration = self.configuration(defaults)?;
        let device = self.backend.open()?;
        let dataset = self.dataset.load(&catalog.datasets)?;
        configuration.check_fit(&dataset.test)?;
        let split =
            Provenance::new(&dataset, Protocol::Official, self.seed, &configuration).split(&dataset)?;
        let batch = split
            .training
            .select(&(0..split.training.len().min(configuration.training.batch_size)).collect::<Vec<_>>());
        let images = batch.len();
        let split = Split { training: batch.clone(), validation: batch.clone(), test: batch, ..split };
        let mut until = Until { stop: stop_on_signals()?, history: Vec::new() };
        match trial::fit(&configuration, self.seed, &split, &device, None, &mut until) {
            Err(TrialError::Learner(LearnerError::Interrupted { .. })) if !until.is_learnt() => {
                return Ok(Exit::Interrupted);
            }
            Ok(_) | Err(TrialError::Learner(LearnerError::Interrupted { .. })) => {}
            Err(error) => return Err(error.into()),
        }
        let outcome = Outcome {
            model: self.model.clone(),
            images,
            steps: until.history.len(),
            learnt: until.is_learnt(),
            first_loss: until.history.first().map(|epoch| epoch.training_loss),
            loss: until.history.last().map(|epoch| epoch.validation_loss),
            accuracy: until.history.last().map(|epoch| epoch.validation_accuracy),
        };
        self.show(&outcome)
    }

    fn show(&self, outcome: &Outcome) -> Result<Exit, Refusal> {
        let Outcome { learnt, steps, images, .. } = *outcome;
        if self.json {
            say_data(json::pretty(outcome))?;
        } else if let (Some(first), Some(loss), Some(accuracy)) =
            (outcome.first_loss, outcome.loss, outcome.accuracy)
        {
            let images = counted(images, "image");
            say(format_args!(
                "{}: loss {first:.4} at first, {loss:.4} after {} on the same {images}, accuracy {:.2} %",
                outcome.model,
                counted(steps, "step"),
                100.0 * accuracy
            ))?;
        }
        if learnt {
            return Ok(Exit::Done);
        }
        note(if outcome.loss.is_none() {
            "diverged in the first step: the loss was not finite; try a smaller learning rate".to_string()
        } else {
            format!(
                "the batch was not learnt: the loss is above {LEARNT}; try another learning rate, more --steps, or no dropout"
            )
        });
        Ok(Exit::Failed)
    }

    /// One step an epoch, and as many epochs as steps.
    fn configuration(&self, defaults: Defaults) -> Result<Configuration, Refusal> {
        let settings = self.set.settings();
        if settings.iter().any(|setting| setting.sets("training.epochs")) {
            return Err("--set: use --steps to set the number of steps".into());
        }
        let mut configuration = super::train::default(&self.model, defaults)?;
        configuration.training.epochs = self.steps as usize;
        let mut configuration = Setting::apply_all(&settings, &configuration, defaults)
            .map_err(|error| format!("--set: {error}"))?;
        // It would end before the loss is small.
        configuration.training.patience = None;
        Ok(configuration)
    }
}

/// Ends a training once its loss is small, or where the user asks for it.
struct Until {
    stop: Arc<AtomicBool>,
    history: Vec<Epoch>,
}

impl Until {
    fn is_learnt(&self) -> bool {
        self.history.last().is_some_and(|epoch| epoch.validation_loss <= LEARNT)
    }
}

impl Observer for Until {
    fn step(&mut self, _step: &Step) -> ControlFlow<()> {
        if self.is_learnt() || self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn epoch(&mut self, epoch: &Epoch) {
        self.history.push(epoch.clone());
    }
}
