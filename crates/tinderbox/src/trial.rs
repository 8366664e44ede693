//! A trial: one arm with one seed, from images to a record.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use burn::prelude::Device;
use tinderbox_data::{Dataset, Images, Split, SplitError};
use tinderbox_models::Summary;
use tinderbox_report::{
    Changed, DatasetIdentity, Environment, Epoch, LayerSummary, ModelSummary, Outcome, Perturbation,
    Perturbed, Predictions, Record, Results, Timing,
};
use tinderbox_training::learner::{Ending, Fitted, Learner, LearnerError, Observer, Splits};
use tinderbox_training::perturbation::{AttackError, Context, Perturbation as Change};
use tinderbox_training::{Evaluation, Examples, ExamplesError, KindError, evaluate};

use crate::catalog::{AnyTrained, Catalog};
use crate::environment;
use crate::experiment::{Configuration, ConfigurationError, Defaults};
use crate::json;
use crate::origin::Provenance;
use crate::plan::Task;

/// Why a trial gave no record.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The images are not those of the plan.
    #[error("the images changed after the plan was made: their fingerprint is {found}, expected {expected}")]
    Dataset {
        /// The plan's.
        expected: String,
        /// That of the images at hand.
        found: String,
    },
    /// The images cannot be split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The images cannot be trained on.
    #[error("{part} images: {error}")]
    Examples {
        /// `training`, `validation` or `test`.
        part: &'static str,
        /// What is wrong with them.
        error: ExamplesError,
    },
    /// The training could not be done.
    #[error(transparent)]
    Learner(#[from] LearnerError),
    /// The settings are not those of a network and a training that this program knows.
    #[error("this program cannot read the settings of the trial: {0}")]
    Settings(#[from] ConfigurationError),
    /// This program knows no such perturbation.
    #[error("this program cannot read a perturbation of the trial: {0}")]
    Kind(#[from] KindError),
    /// The test images could not be changed as asked.
    #[error("perturbation: {0}")]
    Attack(#[from] AttackError),
}

impl TrialError {
    /// Whether it says nothing about the trial: on another machine, or at another time, it may well give a record.
    pub fn is_mishap(&self) -> bool {
        match self {
            // Settings were read where the plan was made: a program that cannot read them lacks a kind that another has.
            Self::Dataset { .. }
            | Self::Settings(_)
            | Self::Kind(_)
            | Self::Learner(LearnerError::Checkpoint(_) | LearnerError::Interrupted { .. }) => true,
            Self::Split(_) | Self::Examples { .. } | Self::Learner(_) | Self::Attack(_) => false,
        }
    }
}

/// An attempt at a trial: who runs it, and where it may leave its checkpoint.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Name of the worker.
    pub worker: String,
    /// How often the trial has been begun, this time counted.
    pub attempt: u64,
    /// A file for the state of the last epoch, if there is a place for one. It only saves time: without it, and with one
    /// that cannot be used, the results are the same.
    pub checkpoint: Option<PathBuf>,
}

/// Trains and evaluates `task` on `dataset`.
///
/// # Errors
/// If the images are not the plan's, or the training could not be done. Divergence is not an error.
pub fn run(
    task: &Task,
    catalog: &Catalog,
    dataset: &Dataset,
    device: &Device,
    attempt: &Attempt,
    observer: &mut dyn Observer,
) -> Result<Record, TrialError> {
    if dataset.sha256 != task.dataset_sha256 {
        return Err(TrialError::Dataset {
            expected: task.dataset_sha256.clone(),
            found: dataset.sha256.clone(),
        });
    }
    let started = SystemTime::now();
    let clock = Instant::now();
    let cpu = cpu_time::ProcessTime::try_now().ok();
    let defaults = Defaults { catalog, images: dataset.test.spec() };
    let configuration = defaults.read(&task.configuration)?;
    // Before the training, which would be lost.
    let kinds = &catalog.kinds;
    let read =
        |asked: &Perturbation| Ok((asked.clone(), kinds.perturbations.read(&json::value(asked), kinds)?));
    let perturbations = task.perturbations.iter().map(read).collect::<Result<Vec<_>, TrialError>>()?;
    let split = Provenance::new(dataset, task.protocol, task.seed, &configuration).split(dataset)?;
    let learner = configuration.training.init(task.seed)?;
    let learner = match &attempt.checkpoint {
        Some(path) => learner.with_optional_checkpoint(path, json::text(&configuration.model.settings())),
        None => learner,
    };
    let fitted = learn(&learner, &configuration, &split, device, observer)?;
    let training = examples("training", &split.training)?;
    let test = examples("test", &split.test)?;
    let diverged = matches!(fitted.ending, Ending::Diverged { .. });
    let victim = fitted.model.victim();
    let after = |part: &Examples| (!diverged).then(|| evaluate(&victim, part, device));
    let predictions = |evaluation: Evaluation| Predictions {
        classes: evaluation.classes,
        indices: split.test_indices.clone(),
        labels: split.test.labels().to_vec(),
        probabilities: evaluation.probabilities,
    };
    let context = Context { victim: &victim, seed: task.seed, device };
    let shown = first_of_each_class(test.labels(), &split.test_indices);
    let (mut perturbed, mut changed) = (Vec::new(), Vec::new());
    for (perturbation, change) in perturbations {
        let pixels = if diverged { None } else { apply(&*change, &test, &context)? };
        let answers = pixels.as_ref().map(|pixels| answers(pixels, &test, &context)).transpose()?;
        let images = |pixels: Vec<f32>| {
            Changed::new(perturbation.clone(), test.shape(), &pixels, shown.iter().copied())
        };
        changed.extend(pixels.map(images));
        perturbed.push(Perturbed { perturbation, test: answers.map(predictions) });
    }
    let results = Results {
        protocol: task.protocol.to_string(),
        configuration: configuration.recorded(),
        dataset: identity(dataset, &split),
        outcome: outcome(fitted.ending),
        history: fitted.history.iter().map(epoch).collect(),
        model: model_summary(&configuration.model.summary()),
        final_training_accuracy: after(&training).map(|evaluation| evaluation.accuracy),
        test: after(&test).map(predictions),
        perturbed,
    };
    Ok(Record {
        experiment: task.experiment.clone(),
        arm: task.arm.clone(),
        seed: task.seed,
        results,
        timing: Timing {
            epoch_seconds: fitted.epoch_seconds,
            wall_seconds: clock.elapsed().as_secs_f64(),
            cpu_seconds: cpu.and_then(|cpu| cpu.try_elapsed().ok()).map(|time| time.as_secs_f64()),
            started: environment::rfc3339(started),
        },
        environment: Environment {
            worker: attempt.worker.clone(),
            attempt: attempt.attempt,
            ..environment::here(task.backend)
        },
        changed,
    })
}

/// The pixels of the images once they are changed; `None` where the network has no finite gradient to attack along.
fn apply(change: &dyn Change, test: &Examples, context: &Context) -> Result<Option<Vec<f32>>, TrialError> {
    match change.apply(test, context) {
        Ok(pixels) => Ok(Some(pixels)),
        Err(AttackError::Gradient) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What the network says of the images with these pixels.
fn answers(pixels: &[f32], test: &Examples, context: &Context) -> Result<Evaluation, TrialError> {
    let changed = test.with_pixels(pixels).map_err(AttackError::from)?;
    Ok(evaluate(context.victim, &changed, context.device))
}

/// The first image of each class, by its row, with its index among the test images.
fn first_of_each_class(labels: &[u8], indices: &[u32]) -> Vec<(usize, u32)> {
    let mut seen = BTreeSet::new();
    let rows = labels.iter().zip(indices).enumerate();
    rows.filter(|(_, (label, _))| seen.insert(**label)).map(|(row, (_, &index))| (row, index)).collect()
}

/// Trains a network on a split. A `checkpoint` that cannot be used or written ends the training.
///
/// # Errors
/// If the images cannot be trained on, or the training could not be done.
pub fn fit(
    configuration: &Configuration,
    seed: u64,
    split: &Split,
    device: &Device,
    checkpoint: Option<&PathBuf>,
    observer: &mut dyn Observer,
) -> Result<Fitted<Box<dyn AnyTrained>>, TrialError> {
    let mut learner = configuration.training.init(seed)?;
    if let Some(path) = checkpoint {
        learner = learner.with_checkpoint(path, json::text(&configuration.model.settings()));
    }
    learn(&learner, configuration, split, device, observer)
}

fn learn(
    learner: &Learner,
    configuration: &Configuration,
    split: &Split,
    device: &Device,
    observer: &mut dyn Observer,
) -> Result<Fitted<Box<dyn AnyTrained>>, TrialError> {
    let splits = Splits {
        training: examples("training", &split.training)?,
        validation: examples("validation", &split.validation)?,
        test: examples("test", &split.test)?,
    };
    Ok(configuration.model.fit(learner, device, &splits, observer)?)
}

/// Images as the learner takes them.
///
/// # Errors
/// If they cannot be trained on.
pub fn examples<'a>(part: &'static str, images: &'a Images) -> Result<Examples<'a>, TrialError> {
    let shape = images.shape();
    Examples::new(
        images.pixels(),
        images.labels(),
        [shape.channels, shape.height, shape.width],
        images.classes(),
    )
    .map_err(|error| TrialError::Examples { part, error })
}

fn identity(dataset: &Dataset, split: &Split) -> DatasetIdentity {
    DatasetIdentity {
        name: dataset.name.clone(),
        title: dataset.title.clone(),
        sha256: dataset.sha256.clone(),
        stand_in: matches!(dataset.origin, tinderbox_data::Origin::StandIn { .. }),
        training: split.training.len(),
        validation: split.validation.len(),
        test: split.test.len(),
        classes: split.test.classes(),
    }
}

fn outcome(ending: Ending) -> Outcome {
    match ending {
        Ending::Finished => Outcome::Finished,
        Ending::StoppedEarly { epoch, best } => Outcome::StoppedEarly { epoch, best },
        Ending::Diverged { epoch } => Outcome::Diverged { epoch },
    }
}

fn epoch(epoch: &tinderbox_training::learner::Epoch) -> Epoch {
    Epoch {
        epoch: epoch.epoch,
        training_loss: epoch.training_loss,
        training_accuracy: epoch.training_accuracy,
        validation_loss: epoch.validation_loss,
        validation_accuracy: epoch.validation_accuracy,
        test_loss: epoch.test_loss,
        test_accuracy: epoch.test_accuracy,
    }
}

fn model_summary(summary: &Summary) -> ModelSummary {
    ModelSummary {
        parameters: summary.parameters(),
        multiply_adds: summary.multiply_adds(),
        layers: summary
            .layers
            .iter()
            .map(|layer| LayerSummary {
                name: layer.name.clone(),
                output: layer.output.clone(),
                parameters: layer.parameters,
                multiply_adds: layer.multiply_adds,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use serde_json::json;
    use tinderbox_data::{Protocol, stand_in};
    use tinderbox_training::learner::Step;

    use super::*;
    use crate::backend::Backend;
    use crate::fixture::{CATALOG, configuration};

    /// Refuses to train.
    struct Untouched;

    impl Observer for Untouched {
        fn step(&mut self, _: &Step) -> ControlFlow<()> {
            panic!("it trains")
        }
    }

    #[test]
    fn a_program_that_lacks_a_kind_leaves_the_trial_to_others_before_it_trains() {
        let dataset = stand_in("a test");
        let task = Task {
            experiment: "experiment".to_string(),
            arm: "arm".to_string(),
            seed: 1,
            protocol: Protocol::Official,
            configuration: configuration("fcn").recorded(),
            perturbations: vec![Perturbation::new("rotation", 0.1)],
            point: std::collections::BTreeMap::new(),
            backend: Backend::default(),
            dataset_sha256: dataset.sha256.clone(),
        };
        let mut other = task.clone();
        other.configuration["model"]["kind"] = json!("normed");
        for (task, name) in [(task, "`rotation`"), (other, "\"normed\"")] {
            let attempt = Attempt { worker: "worker".to_string(), attempt: 1, checkpoint: None };
            let error = run(&task, &CATALOG, &dataset, &Device::flex(), &attempt, &mut Untouched);
            let error = error.expect_err("refused");
            assert!(error.is_mishap() && error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_class_is_shown_by_its_first_image_in_the_order_of_the_rows() {
        let shown = first_of_each_class(&[3, 3, 0, 3, 1, 0], &[7, 2, 5, 9, 4, 1]);
        assert_eq!(shown, [(0, 7), (2, 5), (4, 4)]);
    }
}
