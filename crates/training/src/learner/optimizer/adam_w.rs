//! `AdamW`: Adam with a decay of weights that its denominator does not scale.

use std::fmt;

use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

use super::adam_step::AdamRule;
use super::{Adam, Optimizer};
use crate::family::{Kind, SettingError};

/// Adam with a decoupled decay of weights: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019),
/// arXiv:1711.05101, algorithm 2, as `torch.optim.AdamW`: each step first takes `learning_rate · weight_decay` of a parameter.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamW {
    /// Decay of the mean of gradients, in `[0, 1)`.
    pub beta_1: f32,
    /// Decay of the mean of their squares, in `[0, 1)`.
    pub beta_2: f32,
    /// Added to the denominator, above 0.
    pub epsilon: f32,
    /// Share of a parameter that a step of width 1 takes, at least 0.
    pub weight_decay: f64,
    /// Whether it takes from vectors too: biases, and the scales and shifts of norms. `torch.optim.AdamW` does unless it has groups of parameters.
    pub decay_vectors: bool,
}

/// As `torch.optim.AdamW`.
impl Default for AdamW {
    fn default() -> Self {
        let Adam { beta_1, beta_2, epsilon } = Adam::default();
        Self { beta_1, beta_2, epsilon, weight_decay: 0.01, decay_vectors: true }
    }
}

/// Without what came later and has its default: checkpoints of version 0.1 are recognised by that.
impl fmt::Debug for AdamW {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { beta_1, beta_2, epsilon, weight_decay, decay_vectors } = self;
        let mut fields = f.debug_struct("AdamW");
        fields.field("beta_1", beta_1).field("beta_2", beta_2).field("epsilon", epsilon);
        fields.field("weight_decay", weight_decay);
        if !decay_vectors {
            fields.field("decay_vectors", decay_vectors);
        }
        fields.finish()
    }
}

impl Kind for AdamW {
    const NAME: &'static str = "adam-w";
    const TITLE: &'static str = "AdamW";

    fn check(&self) -> Result<(), SettingError> {
        let Self { beta_1, beta_2, epsilon, weight_decay, .. } = *self;
        Adam { beta_1, beta_2, epsilon }.check()?;
        if weight_decay >= 0.0 && weight_decay.is_finite() {
            return Ok(());
        }
        Err(SettingError::new("weight_decay", weight_decay, "a finite number, at least 0"))
    }
}

impl Optimizer for AdamW {
    fn init(&self) -> ModuleOptimizer {
        let Self { beta_1, beta_2, epsilon, weight_decay, decay_vectors } = *self;
        AdamRule { betas: [beta_1, beta_2], epsilon, weight_decay, decay_vectors }.into()
    }
}
