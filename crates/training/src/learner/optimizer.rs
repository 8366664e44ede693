//! How gradients become steps.

use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

use super::LearnerError;
use super::adam::Adam;
use super::sgd::Sgd;

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
    /// Adam with a decoupled decay of weights: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019),
    /// arXiv:1711.05101, algorithm 2, as `torch.optim.AdamW`: each step first takes `learning_rate · weight_decay` of a parameter.
    AdamW {
        /// Decay of the mean of gradients, in `[0, 1)`.
        #[serde(default = "beta_1")]
        beta_1: f32,
        /// Decay of the mean of their squares, in `[0, 1)`.
        #[serde(default = "beta_2")]
        beta_2: f32,
        /// Added to the denominator, above 0.
        #[serde(default = "epsilon")]
        epsilon: f32,
        /// Share of a parameter that a step of width 1 takes, at least 0.
        #[serde(default = "weight_decay")]
        weight_decay: f64,
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
            Self::Adam { beta_1, beta_2, epsilon } | Self::AdamW { beta_1, beta_2, epsilon, .. } => {
                share("optimizer.beta_1", beta_1.into())?;
                share("optimizer.beta_2", beta_2.into())?;
                if !(epsilon > 0.0 && epsilon.is_finite()) {
                    let expected = "a finite number above 0";
                    let value = epsilon.to_string();
                    return Err(LearnerError::Config { field: "optimizer.epsilon", value, expected });
                }
                match *self {
                    Self::AdamW { weight_decay, .. }
                        if !(weight_decay >= 0.0 && weight_decay.is_finite()) =>
                    {
                        let (field, expected) = ("optimizer.weight_decay", "a finite number, at least 0");
                        Err(LearnerError::Config { field, value: weight_decay.to_string(), expected })
                    }
                    _ => Ok(()),
                }
            }
            Self::Sgd { momentum } => share("optimizer.momentum", momentum),
        }
    }

    pub(super) fn init(&self) -> ModuleOptimizer {
        match *self {
            Self::Adam { beta_1, beta_2, epsilon } => {
                Adam { betas: [beta_1, beta_2], epsilon, weight_decay: 0.0 }.into()
            }
            Self::AdamW { beta_1, beta_2, epsilon, weight_decay } => {
                Adam { betas: [beta_1, beta_2], epsilon, weight_decay }.into()
            }
            Self::Sgd { momentum } => Sgd { momentum }.into(),
        }
    }
}

fn beta_1() -> f32 {
    0.9
}

fn beta_2() -> f32 {
    0.999
}

/// That of `torch.optim.AdamW`.
fn weight_decay() -> f64 {
    0.01
}

/// That of `torch.optim.Adam`. Burn's default is 1e-5, and a comparison must not hinge on it.
fn epsilon() -> f32 {
    1e-8
}
