//! A plan: every trial of a run, settled before anything starts. Its hash names the run's folder.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tinderbox_data::{Dataset, Protocol};
use tinderbox_report::Perturbation;

use crate::backend::Backend;
use crate::experiment::{Arm, Configuration, Content, Experiment, Profile, Setting, SettingError};
use crate::json;
use crate::trial::check_fit;

/// Raised whenever an older run can no longer be read, or its numbers would no longer come out.
const LAYOUT: u32 = 7;

/// The most trials of an experiment.
const MOST_TRIALS: usize = 100_000;

/// What will be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where tensors live.
    pub backend: Backend,
    /// `quick` or `full`.
    pub profile: ProfileName,
    /// The experiments, settings applied, each with its trials.
    pub experiments: Vec<Planned>,
}

/// An experiment and its trials.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The experiment, settings applied; of a search, only the points that are drawn, in the order of the grid.
    pub experiment: Experiment,
    /// Seeds of each arm.
    pub seeds: Vec<u64>,
    /// For each arm, the arm of an earlier experiment with the same settings, whose trials serve both.
    pub same_as: Vec<Option<Source>>,
    /// Each arm of its own with each seed; seed by seed, so that a run cut short has paired what it has.
    pub tasks: Vec<Task>,
}

/// An arm of another experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name of the experiment.
    pub experiment: String,
    /// Name of the arm.
    pub arm: String,
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
    /// How test images are changed before the trained network is asked about them again.
    pub perturbations: Vec<Perturbation>,
    /// What a search chose, by name of the dimension.
    pub point: BTreeMap<String, Value>,
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
    #[error("more than {MOST_TRIALS} trials, with {0} seeds of each arm; take fewer seeds or points")]
    Many(usize),
}

impl Plan {
    /// Settles the trials of `experiments` as wished, for these images.
    ///
    /// Arms with the same settings are trained once, for the first experiment that has one.
    ///
    /// # Errors
    /// If a setting does not fit an arm, or makes it the same as another, a network is for other images, or there are
    /// more trials than memory holds.
    pub fn new(experiments: Vec<Experiment>, wishes: &Wishes, dataset: &Dataset) -> Result<Self, PlanError> {
        let settled = experiments
            .into_iter()
            .map(|experiment| Settled::new(experiment, wishes, dataset))
            .collect::<Result<Vec<_>, _>>()?;
        let mut shared: Vec<Shared> = Vec::new();
        let experiments: Vec<Planned> =
            settled.into_iter().map(|settled| settled.share(&mut shared)).collect();
        let experiments = experiments.into_iter().map(|mut planned| {
            planned.tasks = planned.tasks(&shared, wishes.backend, &dataset.sha256);
            planned
        });
        Ok(Self { backend: wishes.backend, profile: wishes.profile, experiments: experiments.collect() })
    }

    /// Every trial.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.experiments.iter().flat_map(|planned| &planned.tasks)
    }

    /// The first 12 hexadecimal digits of a SHA-256 over the trials, the arms of each experiment and the program's version.
    pub fn hash(&self) -> String {
        let tasks: Vec<&Task> = self.tasks().collect();
        let arms: Vec<(&str, Vec<&str>)> = self
            .experiments
            .iter()
            .map(|Planned { experiment, .. }| {
                (experiment.name.as_str(), experiment.arms.iter().map(|arm| arm.name.as_str()).collect())
            })
            .collect();
        let text = json::text(&(env!("CARGO_PKG_VERSION"), LAYOUT, arms, tasks));
        base16ct::lower::encode_string(&Sha256::digest(text)[..6])
    }
}

/// An experiment whose settings are applied.
struct Settled {
    experiment: Experiment,
    seeds: Vec<u64>,
    pooled: bool,
}

/// An arm that is trained, and what all experiments that use it want of it.
struct Shared {
    source: Source,
    configuration: Configuration,
    protocol: Protocol,
    seeds: Vec<u64>,
    perturbations: Vec<Perturbation>,
    pooled: bool,
}

impl Settled {
    fn new(mut experiment: Experiment, wishes: &Wishes, dataset: &Dataset) -> Result<Self, PlanError> {
        let profile = match wishes.profile {
            ProfileName::Quick => experiment.profiles.quick,
            ProfileName::Full => experiment.profiles.full,
        };
        draw(&mut experiment, profile);
        let seeds = wishes.seeds.unwrap_or(profile.seeds);
        if let Some(arm) = experiment.arms.get(MOST_TRIALS / seeds.max(1)) {
            let (experiment, arm) = (experiment.name.clone(), arm.name.clone());
            return Err(PlanError { experiment, arm, reason: PlanReason::Many(seeds) });
        }
        for position in 0..experiment.arms.len() {
            let (before, from_here) = experiment.arms.split_at_mut(position);
            let arm = &mut from_here[0];
            settle(arm, before, wishes.epochs.unwrap_or(profile.epochs), wishes, dataset).map_err(
                |reason| PlanError { experiment: experiment.name.clone(), arm: arm.name.clone(), reason },
            )?;
        }
        let seeds = (1..=seeds as u64).collect();
        Ok(Self { experiment, seeds, pooled: profile.pooled })
    }

    /// Finds each trained arm among those of earlier experiments, or adds it to them.
    fn share(self, shared: &mut Vec<Shared>) -> Planned {
        let Self { experiment, seeds, pooled } = self;
        let mut same_as = Vec::new();
        for arm in &experiment.arms {
            let Content::Trained(configuration) = &arm.content else {
                same_as.push(None);
                continue;
            };
            let place = shared.iter().position(|other| {
                other.configuration == *configuration
                    && other.protocol == experiment.protocol
                    && other.seeds == seeds
            });
            let place = place.unwrap_or_else(|| {
                shared.push(Shared {
                    source: Source { experiment: experiment.name.clone(), arm: arm.name.clone() },
                    configuration: configuration.clone(),
                    protocol: experiment.protocol,
                    seeds: seeds.clone(),
                    perturbations: Vec::new(),
                    pooled: false,
                });
                shared.len() - 1
            });
            let source = &mut shared[place];
            for perturbation in &experiment.perturbations {
                if !source.perturbations.contains(perturbation) {
                    source.perturbations.push(*perturbation);
                }
            }
            source.pooled |=
                pooled && experiment.protocol == Protocol::Official && is_placed(arm, &experiment.arms);
            same_as.push((source.source.experiment != experiment.name).then(|| source.source.clone()));
        }
        Planned { experiment, seeds, same_as, tasks: Vec::new() }
    }
}

impl Planned {
    /// The trials of the arms that are this experiment's own.
    fn tasks(&self, shared: &[Shared], backend: Backend, dataset_sha256: &str) -> Vec<Task> {
        let mut tasks = Vec::new();
        for &seed in &self.seeds {
            for arm in &self.experiment.arms {
                let own = Source { experiment: self.experiment.name.clone(), arm: arm.name.clone() };
                let Some(shared) = shared.iter().find(|shared| shared.source == own) else { continue };
                let task = Task {
                    experiment: own.experiment,
                    arm: own.arm,
                    seed,
                    protocol: shared.protocol,
                    configuration: shared.configuration.clone(),
                    perturbations: shared.perturbations.clone(),
                    point: arm.point.clone(),
                    backend,
                    dataset_sha256: dataset_sha256.to_string(),
                };
                if shared.pooled {
                    // Only the number itself is placed under the other protocol.
                    let perturbations = Vec::new();
                    tasks.push(Task { protocol: Protocol::Pooled, perturbations, ..task.clone() });
                }
                tasks.push(task);
            }
        }
        tasks
    }
}

/// Keeps the points that the profile draws, in the order of the grid.
fn draw(experiment: &mut Experiment, profile: Profile) {
    let Some(search) = &experiment.search else { return };
    experiment.arms.truncate(profile.points.unwrap_or(usize::MAX));
    let place = |arm: &Arm| -> Vec<Option<usize>> {
        let of = |dimension: &crate::experiment::Dimension| {
            let chosen = arm.point.get(&dimension.name)?;
            dimension.values.iter().position(|value| value == chosen)
        };
        search.dimensions.iter().map(of).collect()
    };
    experiment.arms.sort_by_key(place);
}

/// Whether a reported number is to be placed by this arm: its own, or that of an average which it is a part of.
fn is_placed(arm: &Arm, arms: &[Arm]) -> bool {
    let reports = |other: &&Arm| other.reported.is_some();
    arm.reported.is_some()
        || arms
            .iter()
            .filter(reports)
            .any(|other| matches!(&other.content, Content::Average(members) if members.contains(&arm.name)))
}

/// Applies what was wished to an arm, and compares it with the images and the arms before it.
fn settle(
    arm: &mut Arm,
    before: &[Arm],
    epochs: usize,
    wishes: &Wishes,
    dataset: &Dataset,
) -> Result<(), PlanReason> {
    let Content::Trained(configuration) = &mut arm.content else { return Ok(()) };
    configuration.training.epochs = epochs;
    *configuration = Setting::apply_all(&wishes.settings, configuration)?;
    check_fit(&configuration.model, &dataset.test).map_err(PlanReason::Fit)?;
    match before.iter().find(|other| other.content == arm.content) {
        Some(twin) => Err(PlanReason::Twin(twin.name.clone())),
        None => Ok(()),
    }
}

impl Task {
    /// Names the trial within its experiment.
    pub fn key(&self) -> String {
        match self.protocol {
            Protocol::Official => format!("{}/{}", self.arm, self.seed),
            Protocol::Pooled => format!("{}/{}/pooled", self.arm, self.seed),
        }
    }
}

#[cfg(test)]
mod tests;
