//! How long a plan takes, about: from what a layer's arithmetic and an optimiser's step cost where that was measured.
//!
//! What this machine has taken so far corrects it: see [`pace`](crate::pace). A guess for people, printed as one. Nothing is
//! decided by it.

use std::time::Duration;

use tinderbox_data::Protocol;

use crate::backend::Backend;
use crate::catalog::Catalog;
use crate::environment::cores;
use crate::experiment::Configuration;
use crate::json;
use crate::pace::Pace;
use crate::plan::{Planned, Task};

/// Nanoseconds for each parameter and step of Adam: AMD EPYC with AVX-512, one thread of two, flex, whole runs.
const STEP: f64 = 1.2;

/// Cost of scoring an image, as a share of training on it.
const SCORING: f64 = 0.35;

/// What an estimate depends on, beside the trials.
#[derive(Debug, Clone, Copy)]
pub struct Estimator<'a> {
    /// The kinds of networks and perturbations.
    pub catalog: &'a Catalog,
    /// Training and test images.
    pub images: [usize; 2],
    /// What has been measured on this machine.
    pub pace: &'a Pace,
}

/// A trial's estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The kind of its network.
    pub kind: &'static str,
    /// Seconds, where the formula was measured.
    pub formula: f64,
    /// Seconds on this machine. Those of the formula while nothing has been measured here; none on wgpu then: GPUs
    /// differ too much for a guess, and none where the formula's are no time: a kind says that it costs NaN, or less than
    /// nothing.
    pub here: Option<f64>,
}

impl Estimator<'_> {
    /// About the time that the trials of some experiments take, shared by so many workers; `None` if it is not known of
    /// one of them, or beyond all time.
    pub fn time<'b>(
        &self,
        planned: impl IntoIterator<Item = &'b Planned>,
        workers: usize,
    ) -> Option<Duration> {
        let mut each: Vec<f64> = Vec::new();
        for planned in planned {
            for task in &planned.tasks {
                each.push(self.trial(planned, task)?.here?);
            }
        }
        let all: f64 = each.iter().sum();
        Duration::try_from_secs_f64(all / at_once(workers.min(each.len()))).ok()
    }

    /// The estimate of one of the experiment's trials.
    pub fn trial(&self, planned: &Planned, task: &Task) -> Option<Estimate> {
        let arm = planned.experiment.arms.iter().find(|arm| arm.name() == task.arm)?;
        let configuration = arm.configuration()?;
        let kind = configuration.model.kind();
        let formula = seconds(task, configuration, self.catalog, self.images);
        let factor = self.pace.factor(task.backend, kind);
        let factor = factor.or_else(|| (task.backend != Backend::Wgpu).then_some(1.0));
        let here = factor.map(|factor| factor * formula).filter(|time| time.is_finite() && *time >= 0.0);
        Some(Estimate { kind, formula, here })
    }
}

/// How many of so many workers run at once: more than there are cores share these. At least one.
pub fn at_once(workers: usize) -> f64 {
    workers.min(cores()).max(1) as f64
}

/// Seconds of a trial, where the formula was measured.
fn seconds(
    task: &Task,
    configuration: &Configuration,
    catalog: &Catalog,
    [training, test]: [usize; 2],
) -> f64 {
    let (training, test) = match task.protocol {
        Protocol::Official => (training as f64, test as f64),
        Protocol::Pooled => (0.8 * (training + test) as f64, 0.2 * (training + test) as f64),
    };
    let validation = configuration.validation_fraction * training;
    let image = configuration.model.nanoseconds();
    let parameters = configuration.model.summary().parameters() as f64;
    let step = STEP * parameters / configuration.training.batch_size as f64;
    let defence = configuration.training.adversarial.as_ref().map_or(1.0, |defence| defence.cost());
    let trained = (training - validation) * (defence * image + step);
    let scored = (validation + test) * SCORING * image;
    let kinds = &catalog.kinds;
    let passes = task.perturbations.iter().map(|perturbation| {
        let read = kinds.perturbations.read(&json::value(perturbation), kinds);
        SCORING + read.map_or(0.0, |perturbation| perturbation.passes())
    });
    let perturbed = passes.sum::<f64>() * test * image;
    (configuration.training.epochs as f64 * (trained + scored) + perturbed) / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{CATALOG, experiments};
    use crate::plan::{Overrides, Plan};

    #[test]
    fn a_cost_beyond_all_time_is_no_estimate() {
        let of = |epochs| {
            let overrides = Overrides { epochs: Some(epochs), ..Overrides::default() };
            let dataset = tinderbox_data::stand_in("a test");
            let plan =
                Plan::new(experiments(&["architectures"]), &overrides, &CATALOG, &dataset).expect("a plan");
            let pace = Pace::default();
            let estimator = Estimator { catalog: &CATALOG, images: [7291, 2007], pace: &pace };
            estimator.time(&plan.experiments, 1)
        };
        assert!(of(1).is_some_and(|time| !time.is_zero()));
        assert_eq!(of(usize::MAX), None);
    }
}
