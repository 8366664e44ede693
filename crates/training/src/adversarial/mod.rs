//! Attacks: the smallest visible change of an image that makes a model wrong.
//!
//! ε is the largest change of a pixel, on images in `[0, 1]`.

mod ball;
mod victim;

mod fgsm;
mod pgd;

use burn::prelude::*;

pub use fgsm::Fgsm;
pub use pgd::Pgd;
pub use victim::Victim;

use crate::evaluate::{Evaluation, evaluate_as};
use crate::examples::Examples;

/// Changes images so that their labels become less probable.
pub trait Attack {
    /// Images at most ε from `images` in each pixel, and in `[0, 1]` like them. Both hold exactly, not up to rounding.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`, in `[0, 1]`
    /// - `labels`: `[batch]`, the true classes
    /// - returns `[batch, channels, height, width]`, on the device of `images`, without autodiff
    ///
    /// # Errors
    /// If the attack's settings are outside their ranges, or the victim has no finite gradient there.
    fn perturb(
        &self,
        victim: &Victim,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
    ) -> Result<Tensor<4>, AttackError>;
}

/// Why an attack could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AttackError {
    /// A setting is outside its range.
    #[error("{field} is {value}, expected {expected}")]
    Setting {
        /// The field's name.
        field: &'static str,
        /// Its value.
        value: f64,
        /// Its range.
        expected: &'static str,
    },
    /// A gradient is NaN or infinite. Taken as it is, it would make the model look robust.
    #[error("the gradient of the images is not finite: the model has diverged, or its logits are too large")]
    Gradient,
}

/// Scores all examples after `attack` has changed them: robust accuracy.
///
/// # Errors
/// As [`Attack::perturb`].
///
/// # Panics
/// If the victim does not fit the images, or has fewer classes than they.
pub fn evaluate_under(
    attack: &impl Attack,
    victim: &Victim,
    examples: &Examples,
    device: &Device,
) -> Result<Evaluation, AttackError> {
    evaluate_as(victim, examples, device, |images, labels| attack.perturb(victim, images, labels))
}

/// Refuses an ε that is not a valid change of a pixel.
fn check_epsilon(epsilon: f64) -> Result<(), AttackError> {
    if (0.0..=1.0).contains(&epsilon) {
        return Ok(());
    }
    Err(AttackError::Setting { field: "epsilon", value: epsilon, expected: "in [0, 1]" })
}

#[cfg(test)]
mod tests;
