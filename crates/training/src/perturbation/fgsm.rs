//! The fast gradient sign method: one step, as far as allowed, up the loss.

use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::attack::check_epsilon;
use super::ball::project;
use super::{Attack, AttackError, Victim};
use crate::family::{Kind, SettingError, Strength};

/// `x' = clip(x + ε · sign(∇ₓ J(x, y)), 0, 1)`
///
/// Source: Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples" (2015), §4,
/// arXiv:1412.6572.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fgsm {
    /// ε, the largest change of a pixel, in `[0, 1]`.
    pub epsilon: f64,
}

impl Fgsm {
    /// An attack with this ε.
    pub fn new(epsilon: f64) -> Self {
        Self { epsilon }
    }
}

impl Kind for Fgsm {
    const NAME: &'static str = "fgsm";
    const TITLE: &'static str = "FGSM";
    const STRENGTH: Option<Strength> = Some(Strength { setting: "epsilon", symbol: "ε" });

    fn check(&self) -> Result<(), SettingError> {
        check_epsilon(self.epsilon)
    }
}

impl Attack for Fgsm {
    fn perturb(
        &self,
        victim: &Victim,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
    ) -> Result<Tensor<4>, AttackError> {
        self.check()?;
        let images = images.inner();
        let gradient = victim.image_gradient(images.clone(), labels)?;
        let moved = (images.clone() + gradient.sign() * self.epsilon).clamp(0.0, 1.0);
        Ok(project(images, moved, self.epsilon))
    }
}
