//! How long a plan takes, about: from what a layer's arithmetic and an optimiser's step cost where that was measured.
//!
//! A guess for people, printed as one. Nothing is decided by it.

use std::time::Duration;

use tinderbox_data::Protocol;
use tinderbox_models::Kind;

use crate::backend::Backend;
use crate::environment::cores;
use crate::plan::Task;

/// Nanoseconds for each multiply-add of an image's forward pass, training it once: AMD EPYC with AVX-512, one thread of
/// two, flex, batches of 64, whole runs.
const fn arithmetic(kind: Kind) -> f64 {
    match kind {
        Kind::Fcn => 0.06,
        Kind::Cnn => 0.052,
        Kind::LocalNet => 0.1,
    }
}

/// Nanoseconds for each parameter and step of Adam, there.
const STEP: f64 = 1.2;

/// Cost of scoring an image, as a share of training on it.
const SCORING: f64 = 0.35;

/// Cost of an adversarial step beside a natural one: another pass for the attack, and twice the images.
const ADVERSARIAL: f64 = 2.6;

/// About the time that the tasks take, shared by so many workers. `None` on wgpu: GPUs differ too much for a guess.
pub fn estimate<'a>(
    tasks: impl IntoIterator<Item = &'a Task>,
    [training, test]: [usize; 2],
    workers: usize,
) -> Option<Duration> {
    let each: Vec<f64> =
        tasks.into_iter().map(|task| seconds(task, [training, test])).collect::<Option<_>>()?;
    // More workers than cores share the cores.
    let at_once = workers.min(cores()).min(each.len()).max(1);
    Some(Duration::from_secs_f64(each.iter().sum::<f64>() / at_once as f64))
}

fn seconds(task: &Task, [training, test]: [usize; 2]) -> Option<f64> {
    if task.backend == Backend::Wgpu {
        return None;
    }
    let configuration = &task.configuration;
    let (training, test) = match task.protocol {
        Protocol::Official => (training as f64, test as f64),
        Protocol::Pooled => (0.8 * (training + test) as f64, 0.2 * (training + test) as f64),
    };
    let validation = configuration.validation_fraction * training;
    let summary = configuration.model.summary();
    let image = arithmetic(configuration.model.kind()) * summary.multiply_adds() as f64;
    let step = STEP * summary.parameters() as f64 / configuration.training.batch_size as f64;
    let adversarial = if configuration.training.adversarial.is_some() { ADVERSARIAL } else { 1.0 };
    let trained = (training - validation) * (adversarial * image + step);
    let scored = (validation + test) * SCORING * image;
    // Attacks train nothing, but look for a gradient.
    let perturbed = task.perturbations.len() as f64 * test * image;
    Some((configuration.training.epochs as f64 * (trained + scored) + perturbed) / 1e9)
}
