//! `tinderbox train`: one network, one seed, one file of weights.

mod from_study;
mod watcher;

use std::path::{Path, PathBuf};

use clap::Args;
use tinderbox_data::{Destination, Protocol};
use tinderbox_training::learner::{Ending, LearnerError};

use from_study::FromStudy;

use super::terminal::ProgressArguments;
use super::{Exit, Refusal, note, say};
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
use watcher::Watcher;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Train {
    /// A kind of network, such as `fcn`, `cnn` or `local-net`
    #[arg(long, value_name = "KIND", default_value = "cnn")]
    model: String,

    /// Passes over the training images
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    epochs: u32,

    /// Seed of weights, order and dropout
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    set: SetArguments,

    /// How the data are split: `official` or `pooled`
    #[arg(long, default_value_t)]
    protocol: Protocol,

    /// File for the weights, in safetensors format; a symlink is followed
    #[arg(long, short, value_name = "FILE", default_value = "model.safetensors")]
    output: PathBuf,

    /// Checkpoint file: saved after each epoch, resumed if it exists, also with more epochs
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// Compute backend
    #[arg(long, value_parser = choice(Backend::ALL), default_value_t)]
    backend: Backend,

    /// Print each epoch as a line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    dataset: DatasetArguments,

    #[command(flatten)]
    from: FromStudy,

    #[command(flatten)]
    progress: ProgressArguments,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox train --model cnn --epochs 10 --output cnn.safetensors
  tinderbox train --model fcn --set model.dropout=0.5 --set training.optimizer.kind=sgd
  tinderbox train --from-study fcn                           # the best trial of a search
  tinderbox train --checkpoint cnn.checkpoint                # resumes when it is given again
  tinderbox train --checkpoint cnn.checkpoint --epochs 20    # continues it to 20 epochs
  tinderbox train --model fcn --set help";

impl Train {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        self.progress.apply();
        let defaults = self.dataset.defaults(catalog)?;
        if let Some(help) = self.set.help(Some(&self.model), defaults) {
            default(&self.model, defaults)?;
            say(help)?;
            return Ok(Exit::Done);
        }
        let settings = self.set.settings();
        if settings.iter().any(|setting| setting.sets("training.epochs")) {
            return Err("--set: epochs are set by --epochs".into());
        }
        if settings.iter().any(|setting| setting.sets("model.kind")) {
            return Err("--set: use --model to set the kind of network".into());
        }
        let chosen = self.from.chosen()?;
        let Training { configuration, seed, protocol, backend } = match &chosen {
            Some(chosen) => from_study::training(chosen, defaults)?,
            None => self.training(defaults)?,
        };
        let Files { output, checkpoint } = self.files()?;
        let device = backend.open()?;
        let dataset = self.dataset.load(&catalog.datasets)?;
        if let Some(chosen) = &chosen {
            chosen.record.check(catalog, &dataset)?;
        }
        configuration.check_fit(&dataset.test)?;
        let provenance = Provenance::new(&dataset, protocol, seed, &configuration);
        let split = provenance.split(&dataset)?;
        let mut watcher = Watcher::new(self.json, configuration.training.epochs, stop_on_signals()?);
        let checkpoint = checkpoint.as_ref().map(|file| file.target().to_owned());
        let fitted = trial::fit(&configuration, seed, &split, &device, checkpoint.as_ref(), &mut watcher);
        watcher.end();
        let fitted = match fitted {
            Err(TrialError::Learner(LearnerError::Interrupted { epoch })) => {
                let then = match checkpoint {
                    Some(_) => "run the same command to resume",
                    None => "no weights are saved, because there is no --checkpoint to resume from",
                };
                note(format_args!("stopped in epoch {epoch}; {then}"));
                return Ok(Exit::Interrupted);
            }
            fitted => fitted?,
        };
        match fitted.ending {
            Ending::Diverged { epoch } => {
                note(format_args!(
                    "diverged in epoch {epoch}: the loss was not finite; no weights are saved"
                ));
                return Ok(Exit::Failed);
            }
            Ending::StoppedEarly { epoch, best } => {
                note(format_args!("stopped early after epoch {epoch}; the weights are from epoch {best}"));
            }
            Ending::Finished => {}
        }
        fitted.model.save(&json::value(&provenance), output.target())?;
        let weights = format!("weights: {}", self.output.display());
        // Standard output is a stream of JSON then.
        if self.json {
            note(weights);
            if let Some(error) = watcher.lost.take() {
                return Err(format!("the weights are saved, but not all epochs were printed: {error}").into());
            }
        } else {
            say(weights)?;
        }
        Ok(Exit::Done)
    }
}

/// What is trained, and from where its randomness comes.
struct Training {
    configuration: Configuration,
    seed: u64,
    protocol: Protocol,
    backend: Backend,
}

impl Train {
    /// What the arguments describe.
    fn training(&self, defaults: Defaults) -> Result<Training, Refusal> {
        let mut configuration = default(&self.model, defaults)?;
        configuration.training.epochs = self.epochs as usize;
        let configuration = Setting::apply_all(&self.set.settings(), &configuration, defaults)
            .map_err(|error| format!("--set: {error}"))?;
        Ok(Training { configuration, seed: self.seed, protocol: self.protocol, backend: self.backend })
    }
}

/// The files that a training writes, checked to be writable.
struct Files {
    output: Destination,
    checkpoint: Option<Destination>,
}

impl Train {
    /// Refuses, before training, paths that could not be written afterwards.
    fn files(&self) -> Result<Files, Refusal> {
        let is_weights =
            |path: &Path| path.extension().map(|ending| ending.eq_ignore_ascii_case("safetensors"));
        let shown = |path: &Path| path.display().to_string();
        for (flag, path) in [("--output", Some(&self.output)), ("--checkpoint", self.checkpoint.as_ref())] {
            if path.is_some_and(|path| path.as_os_str() == "-") {
                return Err(
                    format!("{flag}: `-` is not a file; give a path, or ./- for a file named `-`").into()
                );
            }
        }
        if is_weights(&self.output) == Some(false) {
            let path = shown(&self.output);
            return Err(format!(
                "--output: {path}: weights are saved as safetensors only; use the extension .safetensors, or none"
            )
            .into());
        }
        let output = Destination::new(&self.output).map_err(|error| format!("--output: {error}"))?;
        let Some(path) = &self.checkpoint else { return Ok(Files { output, checkpoint: None }) };
        let checkpoint = Destination::new(path).map_err(|error| format!("--checkpoint: {error}"))?;
        if checkpoint.is_same_file(&output) {
            return Err(format!(
                "--checkpoint and --output name the same file, {}; choose another file for one of them",
                shown(path)
            )
            .into());
        }
        if is_weights(path) == Some(true) {
            return Err(format!(
                "--checkpoint: {}: a checkpoint is not a safetensors file; choose another extension",
                shown(path)
            )
            .into());
        }
        Ok(Files { output, checkpoint: Some(checkpoint) })
    }
}

/// The default network of a kind.
pub(super) fn default(kind: &str, defaults: Defaults) -> Result<Configuration, Refusal> {
    Ok(defaults.configuration(kind).map_err(|error| match error.nearest() {
        Some(nearest) => format!("--model: {error}; did you mean `{nearest}`?"),
        None => format!("--model: {error}"),
    })?)
}
