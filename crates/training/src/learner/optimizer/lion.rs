//! Lion, by Burn: each number moves by the same width, in the direction of a mean of gradients.

use burn::optim::{LionConfig, ModuleOptimizer};
use serde::{Deserialize, Serialize};

use super::Optimizer;
use crate::family::{Kind, SettingError};

/// `w ← w − learning_rate · (sign(β₁ m + (1 − β₁) g) + weight_decay · w)`, then `m ← β₂ m + (1 − β₂) g`.
///
/// Its steps are wider than Adam's at the same learning rate: the source takes a third to a tenth of it.
///
/// Source: Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023), algorithm 2, arXiv:2302.06675.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lion {
    /// Share of the mean of gradients in the direction of a step, in `[0, 1)`.
    pub beta_1: f32,
    /// Decay of the mean of gradients, in `[0, 1)`.
    pub beta_2: f32,
    /// Share of a parameter that a step of width 1 takes, at least 0.
    pub weight_decay: f32,
}

/// As the source has it, without a decay of weights.
impl Default for Lion {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.99, weight_decay: 0.0 }
    }
}

impl Kind for Lion {
    const NAME: &'static str = "lion";
    const TITLE: &'static str = "Lion";

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_share("beta_1", self.beta_1)?;
        SettingError::unless_share("beta_2", self.beta_2)?;
        if self.weight_decay >= 0.0 && self.weight_decay.is_finite() {
            return Ok(());
        }
        Err(SettingError::new("weight_decay", self.weight_decay, "a finite number, at least 0"))
    }
}

impl Optimizer for Lion {
    fn init(&self) -> ModuleOptimizer {
        let Self { beta_1, beta_2, weight_decay } = *self;
        LionConfig::new().with_beta_1(beta_1).with_beta_2(beta_2).with_weight_decay(weight_decay).init()
    }
}

#[cfg(test)]
mod tests {
    use super::super::descent::{descend, devices};
    use super::*;

    /// The places of a descent on `x⁴` from 3, by the formula of the source.
    fn expected(lion: Lion, rate: f64) -> Vec<f64> {
        let (mut place, mut mean) = (3.0, 0.0);
        let [beta_1, beta_2, decay] = [lion.beta_1, lion.beta_2, lion.weight_decay].map(f64::from);
        let mut step = || {
            let gradient = 4.0 * f64::powi(place, 3);
            let direction: f64 = beta_1 * mean + (1.0 - beta_1) * gradient;
            place -= rate * (direction.signum() + decay * place);
            mean = beta_2 * mean + (1.0 - beta_2) * gradient;
            place
        };
        (0..10).map(|_| step()).collect()
    }

    #[test]
    fn it_takes_the_steps_of_the_source() {
        for device in devices() {
            for lion in [Lion::default(), Lion { beta_1: 0.5, beta_2: 0.6, weight_decay: 0.1 }] {
                // Wide enough to jump over the valley, so that means and gradients point apart.
                let places = descend(lion.init(), 2.0, &device).places;
                for (found, expected) in places.iter().zip(expected(lion, 2.0)) {
                    let found = found.iter::<f64>().next().expect("a place");
                    assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{found} {expected}");
                }
            }
        }
    }
}
