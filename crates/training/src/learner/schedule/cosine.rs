//! A rate that falls along half a cosine.

use serde::{Deserialize, Serialize};

use super::{Schedule, Step, half_cosine, progress};
use crate::family::{Kind, SettingError};

/// `η_min + (η_max − η_min) · (1 + cos(π · t / T)) / 2`, with `η_max` the learning rate, `t` the steps that are done and `T` all
/// steps.
///
/// Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), equation 5,
/// arXiv:1608.03983, over one period, so without a restart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cosine {
    /// `η_min`, as a share of the learning rate, in `[0, 1)`.
    pub floor: f64,
}

impl Kind for Cosine {
    const NAME: &'static str = "cosine";

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_share("floor", self.floor)
    }
}

impl Schedule for Cosine {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        half_cosine(learning_rate, self.floor * learning_rate, progress(step) / step.epochs as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_falls_from_the_learning_rate_to_the_floor() {
        let rate =
            |floor, epoch, step| Cosine { floor }.rate(0.8, &Step { epoch, epochs: 2, step, steps: 2 });
        // (1 + cos(π / 4)) / 2 is 0.853553...
        for (found, expected) in [
            (rate(0.0, 1, 0), 0.8),
            (rate(0.0, 1, 1), 0.8 * 0.853_553_390_593_273_8),
            (rate(0.0, 2, 0), 0.4),
            (rate(0.5, 1, 0), 0.8),
            (rate(0.5, 2, 0), 0.6),
        ] {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn a_floor_outside_its_range_is_named() {
        for floor in [-0.1, 1.0, f64::NAN] {
            let message = Cosine { floor }.check().expect_err("refused").to_string();
            assert_eq!(message, format!("floor is {floor}, expected in [0, 1)"));
        }
    }
}
