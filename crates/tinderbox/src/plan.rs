//! A plan: every trial of a run, settled before anything starts. Its hash names the run's folder.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tinderbox_data::{Dataset, Protocol};

use crate::backend::Backend;
use crate::experiment::{Arm, Configuration, Experiment, Setting, SettingError};
use crate::json;
use crate::trial::check_fit;

/// Raised whenever an older run can no longer be read, or its numbers would no longer come out.
const LAYOUT: u32 = 1;

/// What will be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where tensors live.
    pub backend: Backend,
    /// `quick` or `full`.
    pub profile: ProfileName,
    /// Fingerprint of the images.
    pub dataset_sha256: String,
    /// The experiments, settings applied, each with its trials.
    pub experiments: Vec<Planned>,
}

/// An experiment and its trials.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The experiment, settings applied.
    pub experiment: Experiment,
    /// Each arm with each seed; seed by seed, so that a run cut short has paired what it has.
    pub tasks: Vec<Task>,
}

/// One trial: all that a worker needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Name of the experiment.
    pub experiment: String,
    /// Name of the arm.
    pub arm: String,
    /// Seed of every stream.
    pub seed: u64,
    /// How data are split.
    pub protocol: Protocol,
    /// Every setting.
    pub configuration: Configuration,
    /// Where tensors live.
    pub backend: Backend,
    /// Fingerprint of the images that the trial must see.
    pub dataset_sha256: String,
}

/// How much is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProfileName {
    /// Minutes.
    #[default]
    Quick,
    /// Over night.
    Full,
}

/// What was asked for on the command line beyond the files.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// How much.
    pub profile: ProfileName,
    /// Seeds, in place of the profile's.
    pub seeds: Option<usize>,
    /// Epochs, in place of the profile's.
    pub epochs: Option<usize>,
    /// Settings for every arm.
    pub settings: Vec<Setting>,
    /// Where tensors live.
    pub backend: Backend,
}

/// A plan that cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("arm {arm} of {experiment}: {reason}")]
pub struct PlanError {
    experiment: String,
    arm: String,
    reason: PlanReason,
}

#[derive(Debug, thiserror::Error)]
enum PlanReason {
    #[error("--set: {0}")]
    Setting(#[from] SettingError),
    #[error("with these settings it is the same as arm {0}, whose name and description it would belie")]
    Twin(String),
    #[error("{0}")]
    Fit(String),
}

impl Plan {
    /// Settles the trials of `experiments` as wished, for these images.
    ///
    /// # Errors
    /// If a setting does not fit an arm, or makes it the same as another, or a network is for other images.
    pub fn new(experiments: Vec<Experiment>, wishes: &Wishes, dataset: &Dataset) -> Result<Self, PlanError> {
        let experiments = experiments
            .into_iter()
            .map(|experiment| Planned::new(experiment, wishes, dataset))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            backend: wishes.backend,
            profile: wishes.profile,
            dataset_sha256: dataset.sha256.clone(),
            experiments,
        })
    }

    /// Every trial.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.experiments.iter().flat_map(|planned| &planned.tasks)
    }

    /// The first 12 hexadecimal digits of a SHA-256 over the trials and the program's version.
    pub fn hash(&self) -> String {
        let tasks: Vec<&Task> = self.tasks().collect();
        let text = json::text(&(env!("CARGO_PKG_VERSION"), LAYOUT, tasks));
        base16ct::lower::encode_string(&Sha256::digest(text)[..6])
    }
}

impl Planned {
    fn new(mut experiment: Experiment, wishes: &Wishes, dataset: &Dataset) -> Result<Self, PlanError> {
        let profile = match wishes.profile {
            ProfileName::Quick => experiment.profiles.quick,
            ProfileName::Full => experiment.profiles.full,
        };
        for position in 0..experiment.arms.len() {
            let (before, from_here) = experiment.arms.split_at_mut(position);
            let arm = &mut from_here[0];
            settle(arm, before, wishes.epochs.unwrap_or(profile.epochs), wishes, dataset).map_err(
                |reason| PlanError { experiment: experiment.name.clone(), arm: arm.name.clone(), reason },
            )?;
        }
        let tasks = (1..=wishes.seeds.unwrap_or(profile.seeds) as u64)
            .flat_map(|seed| experiment.arms.iter().map(move |arm| (seed, arm)))
            .map(|(seed, arm)| Task {
                experiment: experiment.name.clone(),
                arm: arm.name.clone(),
                seed,
                protocol: experiment.protocol,
                configuration: arm.configuration.clone(),
                backend: wishes.backend,
                dataset_sha256: dataset.sha256.clone(),
            })
            .collect();
        Ok(Self { experiment, tasks })
    }
}

/// Applies what was wished to an arm, and compares it with the images and the arms before it.
fn settle(
    arm: &mut Arm,
    before: &[Arm],
    epochs: usize,
    wishes: &Wishes,
    dataset: &Dataset,
) -> Result<(), PlanReason> {
    arm.configuration.training.epochs = epochs;
    for setting in &wishes.settings {
        arm.configuration = setting.apply(&arm.configuration)?;
    }
    if let Some(twin) = before.iter().find(|other| other.configuration == arm.configuration) {
        return Err(PlanReason::Twin(twin.name.clone()));
    }
    check_fit(&arm.configuration.model, &dataset.test).map_err(PlanReason::Fit)
}

impl Task {
    /// Names the trial within its experiment.
    pub fn key(&self) -> String {
        format!("{}/{}", self.arm, self.seed)
    }
}
