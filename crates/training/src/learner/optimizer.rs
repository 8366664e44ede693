//! How gradients become steps.

use burn::optim::momentum::MomentumConfig;
use burn::optim::{ModuleOptimizer, SgdConfig};
use serde::{Deserialize, Serialize};

use super::LearnerError;
use super::adam::Adam;

/// The rule that turns gradients into steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Optimizer {
    /// Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), arXiv:1412.6980, algorithm 1.
    Adam {
        /// Decay of the mean of gradients, in `[0, 1)`.
        #[serde(default = "beta_1")]
        beta_1: f32,
        /// Decay of the mean of their squares, in `[0, 1)`.
        #[serde(default = "beta_2")]
        beta_2: f32,
        /// Added to the denominator, above 0.
        #[serde(default = "epsilon")]
        epsilon: f32,
    },
    /// Stochastic gradient descent, `v ← momentum · v + g`, `w ← w − learning_rate · v`, as `torch.optim.SGD`.
    Sgd {
        /// Share of the last step that is kept, in `[0, 1)`; 0 is plain descent.
        #[serde(default)]
        momentum: f64,
    },
}

impl Default for Optimizer {
    fn default() -> Self {
        Self::Adam { beta_1: beta_1(), beta_2: beta_2(), epsilon: epsilon() }
    }
}

impl Optimizer {
    pub(super) fn check(&self) -> Result<(), LearnerError> {
        let share = |field, value: f64| {
            if (0.0..1.0).contains(&value) {
                Ok(())
            } else {
                Err(LearnerError::Config { field, value: value.to_string(), expected: "in [0, 1)" })
            }
        };
        match *self {
            Self::Adam { beta_1, beta_2, epsilon } => {
                share("optimizer.beta_1", beta_1.into())?;
                share("optimizer.beta_2", beta_2.into())?;
                if epsilon > 0.0 && epsilon.is_finite() {
                    return Ok(());
                }
                let expected = "a finite number above 0";
                Err(LearnerError::Config { field: "optimizer.epsilon", value: epsilon.to_string(), expected })
            }
            Self::Sgd { momentum } => share("optimizer.momentum", momentum),
        }
    }

    pub(super) fn init(&self) -> ModuleOptimizer {
        match *self {
            Self::Adam { beta_1, beta_2, epsilon } => Adam { betas: [beta_1, beta_2], epsilon }.into(),
            Self::Sgd { momentum: 0.0 } => SgdConfig::new().init(),
            Self::Sgd { momentum } => {
                // Burn dampens by 0.1 unless told otherwise, PyTorch does not.
                let momentum = MomentumConfig { momentum, dampening: 0.0, nesterov: false };
                SgdConfig::new().with_momentum(Some(momentum)).init()
            }
        }
    }
}

fn beta_1() -> f32 {
    0.9
}

fn beta_2() -> f32 {
    0.999
}

/// That of `torch.optim.Adam`. Burn's default is 1e-5, and a comparison must not hinge on it.
fn epsilon() -> f32 {
    1e-8
}
