//! Perturbations: how images are changed before a model is asked about them again.
//!
//! An [`Attack`] looks for the worst change, [`Noise`] is a change by chance, and a program may add its own: a rotation, say.

mod attack;
mod ball;
mod victim;

mod fgsm;
mod noise;
mod pgd;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod tests;

use std::fmt::Debug;

use burn::prelude::*;

pub use attack::{Attack, AttackError, evaluate_under};
pub use ball::project;
pub use noise::NoiseError;
pub use victim::Victim;

use crate::evaluate::{Evaluation, evaluate};
use crate::examples::{BATCH, Examples};
use crate::family::{Spelling, family};

/// Changes images. Every [`Attack`] is one.
///
/// Equal arguments give equal pixels.
pub trait Perturbation: Debug + Send + Sync + 'static {
    /// The pixels of `examples`, changed: in the same order, of the same shape and in `[0, 1]`.
    ///
    /// # Errors
    /// If the images cannot be changed so.
    fn apply(&self, examples: &Examples, context: &Context) -> Result<Vec<f32>, AttackError>;

    /// Whether [`Context::seed`] matters.
    fn is_seeded(&self) -> bool {
        false
    }

    /// Passes through the model, forward and back, that an image costs. For estimates of time only.
    fn passes(&self) -> f64 {
        0.0
    }

    /// The attack that this is, if it is one: it follows the gradient of the model, and can change a batch in training.
    fn as_attack(&self) -> Option<&dyn Attack> {
        None
    }
}

family! {
    Perturbation, "perturbation", Spelling::Entry;
    fgsm: Fgsm,
    pgd: Pgd,
    noise: Noise,
}

/// What a perturbation may use beside the images.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The model that will be asked.
    pub victim: &'a Victim,
    /// Seed of random numbers. Models that are compared with each other see the same changes by chance under the same seed.
    pub seed: u64,
    /// Where the model lives.
    pub device: &'a Device,
}

/// Scores all examples after `perturbation` has changed them.
///
/// # Errors
/// If the images cannot be changed so, or what the perturbation gives are not images.
///
/// # Panics
/// If the victim does not fit the images, or has fewer classes than they.
pub fn evaluate_perturbed(
    perturbation: &dyn Perturbation,
    examples: &Examples,
    context: &Context,
) -> Result<Evaluation, AttackError> {
    let pixels = perturbation.apply(examples, context)?;
    let changed = examples.with_pixels(&pixels)?;
    Ok(evaluate(context.victim, &changed, context.device))
}

/// In batches of the size that examples are scored in.
impl<A: Attack> Perturbation for A {
    fn apply(&self, examples: &Examples, context: &Context) -> Result<Vec<f32>, AttackError> {
        let mut pixels = Vec::with_capacity(examples.pixels().len());
        for batch in examples.batches(BATCH, context.device) {
            let changed = self.perturb_seeded(context.victim, batch.images, batch.labels, context.seed)?;
            pixels.extend(changed.into_data().iter::<f32>());
        }
        Ok(pixels)
    }

    fn is_seeded(&self) -> bool {
        Attack::is_seeded(self)
    }

    fn passes(&self) -> f64 {
        Attack::passes(self)
    }

    fn as_attack(&self) -> Option<&dyn Attack> {
        Some(self)
    }
}
