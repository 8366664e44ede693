//! A rate that falls by a factor each epoch.

use serde::{Deserialize, Serialize};

use super::{Schedule, Step};
use crate::family::{Kind, SettingError};

/// `learning_rate · gamma^(epoch − 1)`, with epochs from 1, as `torch.optim.lr_scheduler.ExponentialLR`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exponential {
    /// Factor from the rate of one epoch to that of the next, in `(0, 1]`.
    pub gamma: f64,
}

/// A tenth is left after 44 epochs.
impl Default for Exponential {
    fn default() -> Self {
        Self { gamma: 0.95 }
    }
}

impl Kind for Exponential {
    const NAME: &'static str = "exponential";

    fn check(&self) -> Result<(), SettingError> {
        if self.gamma > 0.0 && self.gamma <= 1.0 {
            return Ok(());
        }
        Err(SettingError::new("gamma", self.gamma, "in (0, 1]"))
    }
}

impl Schedule for Exponential {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        // By multiplication: what `powi` gives depends on the platform.
        (1..step.epoch).fold(learning_rate, |rate, _| rate * self.gamma)
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `ExponentialLR(..., 0.9)`, by `PyTorch` 2.5.1.
    #[test]
    fn the_rate_falls_by_gamma_each_epoch() {
        let schedule = Exponential { gamma: 0.9 };
        for (epoch, expected) in [(1, 0.8), (2, 0.72), (3, 0.648), (4, 0.583_2)] {
            for step in [0, 3] {
                let rate = schedule.rate(0.8, &Step { epoch, epochs: 9, step, steps: 4 });
                assert!((rate - expected).abs() < 1e-12, "{rate} {expected}");
            }
        }
    }

    #[test]
    fn a_factor_outside_its_range_is_named() {
        for gamma in [0.0, 1.1, f64::NAN] {
            let message = Exponential { gamma }.check().expect_err("refused").to_string();
            assert_eq!(message, format!("gamma is {gamma}, expected in (0, 1]"));
        }
    }
}
