//! How long a plan takes, about: from what a layer's arithmetic and an optimiser's step cost where that was measured.
//!
//! A guess for people, printed as one. Nothing is decided by it.

use std::time::Duration;

use tinderbox_data::Protocol;

use crate::backend::Backend;
use crate::catalog::Catalog;
use crate::environment::cores;
use crate::experiment::Configuration;
use crate::json;
use crate::plan::{Planned, Task};

/// Nanoseconds for each parameter and step of Adam: AMD EPYC with AVX-512, one thread of two, flex, whole runs.
const STEP: f64 = 1.2;

/// Cost of scoring an image, as a share of training on it.
const SCORING: f64 = 0.35;

/// About the time that the trials of some experiments take, shared by so many workers. `None` on wgpu: GPUs differ too
/// much for a guess; and where the sum is no time: a kind says that it costs NaN, or less than nothing.
pub fn estimate<'a>(
    planned: impl IntoIterator<Item = &'a Planned>,
    catalog: &Catalog,
    [training, test]: [usize; 2],
    workers: usize,
) -> Option<Duration> {
    let mut each: Vec<f64> = Vec::new();
    for planned in planned {
        for task in &planned.tasks {
            let arm = planned.experiment.arms.iter().find(|arm| arm.name() == task.arm)?;
            each.push(seconds(task, arm.configuration()?, catalog, [training, test])?);
        }
    }
    // More workers than cores share the cores.
    let at_once = workers.min(cores()).min(each.len()).max(1);
    // What a kind says of its cost may be anything.
    Duration::try_from_secs_f64(each.iter().sum::<f64>() / at_once as f64).ok()
}

fn seconds(
    task: &Task,
    configuration: &Configuration,
    catalog: &Catalog,
    [training, test]: [usize; 2],
) -> Option<f64> {
    if task.backend == Backend::Wgpu {
        return None;
    }
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
    Some((configuration.training.epochs as f64 * (trained + scored) + perturbed) / 1e9)
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
            estimate(&plan.experiments, &CATALOG, [7291, 2007], 1)
        };
        assert!(of(1).is_some_and(|time| !time.is_zero()));
        assert_eq!(of(usize::MAX), None);
    }
}
