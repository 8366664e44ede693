//! `tinderbox train`: one network, one seed, one file of weights.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tinderbox_data::Protocol;
use tinderbox_models::{Kind, weights};
use tinderbox_training::learner::{Epoch, Observer, Outcome, Step};

use super::{Exit, Refusal, note, say};
use crate::backend::Backend;
use crate::dataset::DatasetArguments;
use crate::experiment::{Configuration, Setting};
use crate::json;
use crate::origin::Origin;
use crate::trial::{self, check_fit};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Train {
    /// `fcn`, `cnn` or `local-net`
    #[arg(long, value_parser = kind, default_value = "cnn")]
    model: Kind,

    /// Passes over the training images
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,

    /// Seed of weights, order and dropout
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// A setting, such as `training.learning_rate=0.01` or `model.dropout=0.5`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Setting>,

    /// How data are split: `official` or `pooled`
    #[arg(long, default_value_t)]
    protocol: Protocol,

    /// File for the weights, in safetensors form
    #[arg(long, short, value_name = "FILE", default_value = "model.safetensors")]
    output: PathBuf,

    /// Save each epoch here, and go on from what is found there
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// Where tensors live
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,

    /// Print each epoch as a line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    dataset: DatasetArguments,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox train --model cnn --epochs 10 --output cnn.safetensors
  tinderbox train --model fcn --set model.dropout=0.5 --set training.optimizer.kind=sgd
  tinderbox train --checkpoint cnn.checkpoint     goes on when it is given again";

impl Train {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let mut configuration = Configuration::paper(self.model);
        configuration.training.epochs = self.epochs as usize;
        for setting in &self.settings {
            configuration = setting.apply(&configuration)?;
        }
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(format!("--output: there is no folder {}", folder.display()).into());
        }
        if self.output.is_dir() {
            return Err(format!("--output: {} is a folder, expected a file", self.output.display()).into());
        }
        let device = self.backend.open()?;
        let dataset = self.dataset.load()?;
        check_fit(&configuration.model, &dataset.test)?;
        let origin = Origin::new(&dataset, self.protocol, self.seed, &configuration);
        let split = origin.split(&dataset)?;
        let mut watcher = Watcher { bar: bar(), json: self.json };
        let checkpoint = self.checkpoint.as_ref();
        let fitted = trial::fit(&configuration, self.seed, &split, &device, checkpoint, &mut watcher)?;
        watcher.bar.finish_and_clear();
        match fitted.outcome {
            Outcome::Diverged { epoch } => {
                note(format_args!("diverged in epoch {epoch}: a loss was not finite; no weights are saved"));
                return Ok(Exit::Failed);
            }
            Outcome::StoppedEarly { epoch, best } => {
                note(format_args!("stopped after epoch {epoch}; the weights are those of epoch {best}"));
            }
            Outcome::Finished => {}
        }
        let note_of_origin = json::value(&origin);
        weights::save_with_note(&fitted.model, &configuration.model, &note_of_origin, &self.output)?;
        note(format_args!("weights: {}", self.output.display()));
        Ok(Exit::Done)
    }
}

struct Watcher {
    bar: ProgressBar,
    json: bool,
}

impl Observer for Watcher {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        self.bar.set_length((step.epochs * step.steps) as u64);
        self.bar.set_position(((step.epoch - 1) * step.steps + step.step) as u64);
        ControlFlow::Continue(())
    }

    fn epoch(&mut self, epoch: &Epoch) {
        let line = if self.json {
            json::text(epoch)
        } else {
            format!(
                "epoch {:>3}  loss {:.4}  accuracy: training {:.2} %, validation {:.2} %, test {:.2} %",
                epoch.epoch,
                epoch.training_loss,
                epoch.training_accuracy * 100.0,
                epoch.validation_accuracy * 100.0,
                epoch.test_accuracy * 100.0
            )
        };
        // A closed output is no reason to lose the training.
        self.bar.suspend(|| _ = say(&line));
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("[{bar:30}] {percent:>3} %  about {eta} left");
    ProgressBar::new(1)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "))
}

/// The kind that a user names as a file does.
fn kind(word: &str) -> Result<Kind, String> {
    serde_json::from_value(word.into()).map_err(|_| "expected fcn, cnn or local-net".to_string())
}
