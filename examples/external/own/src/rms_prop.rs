//! An optimiser: Burn's RMSprop.

use burn::optim::{ModuleOptimizer, RmsPropConfig};
use serde::{Deserialize, Serialize};
use tinderbox_training::learner::Optimizer;
use tinderbox_training::{Kind, SettingError};

/// Source: Hinton, Srivastava, Swersky, "Neural Networks for Machine Learning", lecture 6e (2012).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RmsProp {
    /// Decay of the mean of squared gradients, in `[0, 1)`.
    alpha: f32,
}

impl Default for RmsProp {
    fn default() -> Self {
        Self { alpha: 0.99 }
    }
}

impl Kind for RmsProp {
    const NAME: &'static str = "rms-prop";

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_share("alpha", self.alpha)
    }
}

impl Optimizer for RmsProp {
    fn init(&self) -> ModuleOptimizer {
        RmsPropConfig::new().with_alpha(self.alpha).init()
    }
}
