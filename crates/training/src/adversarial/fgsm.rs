//! The fast gradient sign method: one step, as far as allowed, up the loss.

use burn::config::Config;
use burn::prelude::*;

use super::ball::project;
use super::{Attack, AttackError, Victim, check_epsilon};

/// `x' = clip(x + ε · sign(∇ₓ J(x, y)), 0, 1)`
///
/// Source: Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples" (2015), §4,
/// arXiv:1412.6572.
#[derive(Config, Debug, PartialEq)]
pub struct Fgsm {
    /// ε, the largest change of a pixel, in `[0, 1]`.
    pub epsilon: f64,
}

impl Attack for Fgsm {
    fn perturb(
        &self,
        victim: &Victim,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
    ) -> Result<Tensor<4>, AttackError> {
        check_epsilon(self.epsilon)?;
        let images = images.inner();
        let gradient = victim.image_gradient(images.clone(), labels)?;
        let moved = (images.clone() + gradient.sign() * self.epsilon).clamp(0.0, 1.0);
        Ok(project(images, moved, self.epsilon))
    }
}
