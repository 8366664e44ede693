//! A trial: one arm with one seed, from images to a record.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use burn::prelude::Device;
use tinderbox_data::{Dataset, Images, Shape, Split, SplitError};
use tinderbox_models::{LocalNetConfig, Network, NetworkConfig, Summary};
use tinderbox_report::{
    DatasetIdentity, Environment, Epoch, LayerSummary, ModelSummary, Outcome, Perturbation, Perturbed,
    Predictions, Record, Results, Timing,
};
use tinderbox_training::adversarial::{AttackError, Fgsm, Victim, evaluate_under};
use tinderbox_training::learner::{self, Fitted, Learner, LearnerError, Material, Observer};
use tinderbox_training::{Evaluation, Examples, ExamplesError, Noise, NoiseError, evaluate};

use crate::environment;
use crate::experiment::Configuration;
use crate::json;
use crate::origin::Origin;
use crate::plan::Task;

/// Why a trial gave no record.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The images are not those of the plan.
    #[error(
        "the images have fingerprint {found}, the plan expects {expected}: they changed since it was made"
    )]
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
    /// The test images could not be attacked as asked.
    #[error("perturbation: {0}")]
    Attack(#[from] AttackError),
    /// The test images could not be given such noise.
    #[error("perturbation: {0}")]
    Noise(#[from] NoiseError),
}

impl TrialError {
    /// Whether it says nothing about the trial: on another machine, or at another time, it may well give a record.
    pub fn is_mishap(&self) -> bool {
        match self {
            Self::Dataset { .. }
            | Self::Learner(LearnerError::Checkpoint(_) | LearnerError::Interrupted { .. }) => true,
            Self::Split(_) | Self::Examples { .. } | Self::Learner(_) | Self::Attack(_) | Self::Noise(_) => {
                false
            }
        }
    }
}

/// Who runs a trial, and where it may leave its checkpoint.
#[derive(Debug, Clone)]
pub struct Circumstances {
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
    dataset: &Dataset,
    device: &Device,
    circumstances: &Circumstances,
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
    let split = Origin::new(dataset, task.protocol, task.seed, &task.configuration).split(dataset)?;
    let model = json::text(&task.configuration.model);
    let learner = task.configuration.training.init(task.seed)?;
    let learner = match &circumstances.checkpoint {
        Some(path) => learner.with_optional_checkpoint(path, model),
        None => learner,
    };
    let fitted = learn(&learner, &task.configuration, &split, device, observer)?;
    let training = examples("training", &split.training)?;
    let test = examples("test", &split.test)?;
    let diverged = matches!(fitted.outcome, learner::Outcome::Diverged { .. });
    let after = |part: &Examples| (!diverged).then(|| evaluate(&fitted.model, part, device));
    let predictions = |evaluation: Evaluation| Predictions {
        classes: evaluation.classes,
        indices: split.test_indices.clone(),
        labels: split.test.labels().to_vec(),
        probabilities: evaluation.probabilities,
    };
    let mut perturbed = Vec::new();
    for &perturbation in &task.perturbations {
        let evaluation =
            if diverged { None } else { under(perturbation, &fitted.model, &split.test, task.seed, device)? };
        perturbed.push(Perturbed { perturbation, test: evaluation.map(predictions) });
    }
    let results = Results {
        protocol: task.protocol.to_string(),
        configuration: json::value(&task.configuration),
        dataset: identity(dataset, &split),
        outcome: outcome(fitted.outcome),
        history: fitted.history.iter().map(epoch).collect(),
        model: model_summary(&task.configuration.model.summary()),
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
            worker: circumstances.worker.clone(),
            attempt: circumstances.attempt,
            ..environment::here(task.backend)
        },
    })
}

/// What the network says of the images once they are changed; `None` where it has no finite gradient to attack along.
fn under(
    perturbation: Perturbation,
    network: &Network,
    images: &Images,
    seed: u64,
    device: &Device,
) -> Result<Option<Evaluation>, TrialError> {
    let test = examples("test", images)?;
    match perturbation {
        Perturbation::Fgsm(epsilon) => {
            let victim = Victim::freeze(network);
            match evaluate_under(&Fgsm::new(epsilon), &victim, &test, device) {
                Ok(evaluation) => Ok(Some(evaluation)),
                Err(AttackError::Gradient) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }
        Perturbation::Noise(deviation) => {
            let pixels = Noise::new(deviation, seed).apply(&test)?;
            let shape = images.shape();
            let noisy = Examples::new(
                &pixels,
                images.labels(),
                [shape.channels, shape.height, shape.width],
                images.classes(),
            )
            .map_err(|error| TrialError::Examples { part: "noisy test", error })?;
            Ok(Some(evaluate(network, &noisy, device)))
        }
    }
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
) -> Result<Fitted<Network>, TrialError> {
    let mut learner = configuration.training.init(seed)?;
    if let Some(path) = checkpoint {
        learner = learner.with_checkpoint(path, json::text(&configuration.model));
    }
    learn(&learner, configuration, split, device, observer)
}

fn learn(
    learner: &Learner,
    configuration: &Configuration,
    split: &Split,
    device: &Device,
    observer: &mut dyn Observer,
) -> Result<Fitted<Network>, TrialError> {
    let material = Material {
        training: examples("training", &split.training)?,
        validation: examples("validation", &split.validation)?,
        test: examples("test", &split.test)?,
    };
    Ok(learner.fit(|device| configuration.model.init(device), device, &material, observer)?)
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

/// Refuses a network that is for other images.
///
/// # Errors
/// In words: what the network takes, and what the images are.
pub fn check_fit(config: &NetworkConfig, images: &Images) -> Result<(), String> {
    let shape = images.shape();
    let (fits, takes, classes) = match config {
        NetworkConfig::Fcn(config) => {
            (config.pixels == shape.pixels(), format!("{} pixels", config.pixels), config.classes)
        }
        NetworkConfig::Cnn(config) | NetworkConfig::LocalNet(LocalNetConfig(config)) => {
            let takes = Shape { channels: config.channels, height: config.height, width: config.width };
            (takes == shape, takes.to_string(), config.classes)
        }
    };
    if fits && classes >= images.classes() {
        return Ok(());
    }
    let ours = images.classes();
    Err(format!("the network is for images of {takes} in {classes} classes, these are {shape} in {ours}"))
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

fn outcome(outcome: learner::Outcome) -> Outcome {
    match outcome {
        learner::Outcome::Finished => Outcome::Finished,
        learner::Outcome::StoppedEarly { epoch, best } => Outcome::StoppedEarly { epoch, best },
        learner::Outcome::Diverged { epoch } => Outcome::Diverged { epoch },
    }
}

fn epoch(epoch: &learner::Epoch) -> Epoch {
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
