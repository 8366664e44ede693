//! A plan: every trial of a run, settled before anything starts. Its hash names the run's folder.

mod settled;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tinderbox_data::{Dataset, Protocol};
use tinderbox_report::{Perturbation, Source};

use crate::backend::Backend;
use crate::catalog::Catalog;
use crate::experiment::{Arm, Defaults, Experiment, Setting, SettingError};
use crate::json;

use settled::{Settled, Shared};

/// Raised whenever an older run can no longer be read, or its numbers would no longer come out.
pub const LAYOUT: u32 = 8;

/// The most trials of an experiment.
const MOST_TRIALS: usize = 100_000;

/// What will be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The compute backend.
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
    /// Each arm of its own with each seed; seed by seed, so that a run cut short has paired what it has.
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
    /// Every setting, as a [`Configuration`](crate::experiment::Configuration) is written.
    pub configuration: Value,
    /// How test images are changed before the trained network is asked about them again.
    pub perturbations: Vec<Perturbation>,
    /// What a search chose, by name of the dimension.
    pub point: BTreeMap<String, Value>,
    /// The compute backend.
    pub backend: Backend,
    /// Fingerprint of the images that the trial must see.
    pub dataset_sha256: String,
}

/// How much is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProfileName {
    /// Minutes.
    #[default]
    Quick,
    /// Over night.
    Full,
}

impl ProfileName {
    /// Every profile with its name, and what it is in a word or two.
    pub const ALL: [(Self, &str, &str); 2] = [
        (Self::Quick, "quick", "8 seeds, 5 epochs in the experiments of the paper"),
        (Self::Full, "full", "12 seeds, 20 epochs in the experiments of the paper"),
    ];
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut all = Self::ALL.into_iter();
        f.write_str(all.find(|(profile, ..)| profile == self).map_or("", |(_, name, _)| name))
    }
}

/// What was asked for on the command line beyond the files.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// How much.
    pub profile: ProfileName,
    /// Seeds, in place of the profile's.
    pub seeds: Option<usize>,
    /// Epochs, in place of the profile's.
    pub epochs: Option<usize>,
    /// Settings for every arm.
    pub settings: Vec<Setting>,
    /// The compute backend.
    pub backend: Backend,
}

/// A plan that cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("arm {arm} of {experiment}: {reason}")]
pub struct PlanError {
    experiment: String,
    arm: String,
    reason: Box<PlanReason>,
}

#[derive(Debug, thiserror::Error)]
enum PlanReason {
    #[error("--set: {0}")]
    Setting(#[from] SettingError),
    #[error("these settings make this arm identical to arm `{0}`; remove one of them")]
    Twin(String),
    #[error("{0}")]
    Fit(String),
    #[error("more than {MOST_TRIALS} trials, with {0} seeds of each arm; use fewer seeds or points")]
    Many(usize),
}

impl Plan {
    /// Settles the trials of `experiments`, with what the command line overrides, for these images.
    ///
    /// Arms with the same settings are trained once, for the first experiment that has one.
    ///
    /// # Errors
    /// If a setting does not fit an arm, or makes it the same as another, a network is for other images, or there are
    /// more trials than memory holds.
    pub fn new(
        experiments: Vec<Experiment>,
        overrides: &Overrides,
        catalog: &Catalog,
        dataset: &Dataset,
    ) -> Result<Self, PlanError> {
        let defaults = Defaults { catalog, images: dataset.test.spec() };
        let settled = experiments
            .into_iter()
            .map(|experiment| Settled::new(experiment, overrides, dataset, defaults))
            .collect::<Result<Vec<_>, _>>()?;
        let (mut shared, mut places): (Vec<Shared>, _) = (Vec::new(), HashMap::new());
        let experiments: Vec<Planned> =
            settled.into_iter().map(|settled| settled.share(&mut shared, &mut places)).collect();
        let experiments = experiments.into_iter().map(|mut planned| {
            planned.tasks = planned.tasks(&shared, overrides.backend, &dataset.sha256);
            planned
        });
        Ok(Self {
            backend: overrides.backend,
            profile: overrides.profile,
            experiments: experiments.collect(),
        })
    }

    /// Every trial.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.experiments.iter().flat_map(|planned| &planned.tasks)
    }

    /// The first 12 hexadecimal digits of a SHA-256 over the trials, the arms of each experiment and the program's
    /// version.
    pub fn hash(&self) -> String {
        let tasks: Vec<&Task> = self.tasks().collect();
        let arms: Vec<(&str, Vec<&str>)> = self
            .experiments
            .iter()
            .map(|Planned { experiment, .. }| {
                (experiment.name(), experiment.arms.iter().map(Arm::name).collect())
            })
            .collect();
        let text = json::text(&(env!("CARGO_PKG_VERSION"), LAYOUT, arms, tasks));
        base16ct::lower::encode_string(&Sha256::digest(text)[..6])
    }
}

impl Planned {
    /// Seeds of each arm.
    pub fn seeds(&self) -> &[u64] {
        &self.experiment.facts.seeds
    }

    /// The trials of the arms that are this experiment's own.
    fn tasks(&self, shared: &[Shared], backend: Backend, dataset_sha256: &str) -> Vec<Task> {
        let arms: HashMap<&str, &Arm> = self.experiment.arms.iter().map(|arm| (arm.name(), arm)).collect();
        // In the order of the arms, which they were added in.
        let of_ours = shared.iter().filter(|shared| shared.source.experiment == self.experiment.facts.name);
        let own: Vec<(&Shared, &Arm)> =
            of_ours.filter_map(|shared| Some((shared, *arms.get(shared.source.arm.as_str())?))).collect();
        let mut tasks = Vec::new();
        for &seed in self.seeds() {
            for (shared, arm) in &own {
                let Source { experiment, arm: name } = shared.source.clone();
                let task = Task {
                    experiment,
                    arm: name,
                    seed,
                    protocol: shared.protocol,
                    configuration: shared.configuration.recorded(),
                    perturbations: shared.perturbations.clone(),
                    point: arm.facts.point.clone(),
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
