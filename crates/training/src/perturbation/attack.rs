//! Attacks: the smallest visible change of an image that makes a model wrong.
//!
//! ε is the largest change of a pixel, on images in `[0, 1]`.

use std::fmt::Debug;

use burn::prelude::*;

use super::Victim;
use crate::evaluate::{Evaluation, evaluate_as};
use crate::examples::{Examples, ExamplesError};
use crate::family::SettingError;

/// Changes images so that their labels become less probable.
pub trait Attack: Debug + Send + Sync + 'static {
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

    /// As [`perturb`](Self::perturb), with the attack's random numbers drawn from this seed. An attack that draws none
    /// ignores it.
    ///
    /// # Errors
    /// As [`perturb`](Self::perturb).
    fn perturb_seeded(
        &self,
        victim: &Victim,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
        seed: u64,
    ) -> Result<Tensor<4>, AttackError> {
        let _ = seed;
        self.perturb(victim, images, labels)
    }

    /// Whether the seed of [`perturb_seeded`](Self::perturb_seeded) matters.
    fn is_seeded(&self) -> bool {
        false
    }

    /// Passes through the model, forward and back, that an image costs. For estimates of time only.
    fn passes(&self) -> f64 {
        1.0
    }
}

/// Why images could not be perturbed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AttackError {
    /// A setting is outside its range.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A gradient is NaN or infinite. Taken as it is, it would make the model look robust.
    #[error("the gradient of the images is not finite: the model has diverged, or its logits are too large")]
    Gradient,
    /// The changed pixels are not images like those that were given.
    #[error("the perturbed images are not images: {0}")]
    Examples(#[from] ExamplesError),
    /// Another reason, in words.
    #[error("{0}")]
    Other(String),
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
pub(super) fn check_epsilon(epsilon: f64) -> Result<(), SettingError> {
    if (0.0..=1.0).contains(&epsilon) {
        return Ok(());
    }
    Err(SettingError::new("epsilon", epsilon, "in [0, 1]"))
}
