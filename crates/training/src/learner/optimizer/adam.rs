//! Adam: steps of about the learning rate, whatever the gradient's size.

use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

use super::Optimizer;
use super::adam_step::AdamRule;
use crate::family::{Kind, SettingError};

/// Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), arXiv:1412.6980, algorithm 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adam {
    /// Decay of the mean of gradients, in `[0, 1)`.
    pub beta_1: f32,
    /// Decay of the mean of their squares, in `[0, 1)`.
    pub beta_2: f32,
    /// Added to the denominator, above 0.
    pub epsilon: f32,
}

/// As `torch.optim.Adam`. Burn's epsilon is 1e-5, and a comparison must not hinge on it.
impl Default for Adam {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8 }
    }
}

impl Kind for Adam {
    const NAME: &'static str = "adam";
    const TITLE: &'static str = "Adam";

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_share("beta_1", self.beta_1)?;
        SettingError::unless_share("beta_2", self.beta_2)?;
        SettingError::unless_positive("epsilon", self.epsilon)
    }
}

impl Optimizer for Adam {
    fn init(&self) -> ModuleOptimizer {
        let Self { beta_1, beta_2, epsilon } = *self;
        AdamRule { betas: [beta_1, beta_2], epsilon, weight_decay: 0.0, decay_vectors: true }.into()
    }
}
