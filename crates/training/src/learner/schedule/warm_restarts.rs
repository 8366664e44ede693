//! A rate that falls along half a cosine, again and again.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Schedule, Step, progress};
use crate::family::{Kind, SettingError};

/// `η_min + (η_max − η_min) · (1 + cos(π · t / T)) / 2`, with `η_max` the learning rate, `t` the epochs since the last restart and
/// `T` those from that restart to the next.
///
/// Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), equation 5,
/// arXiv:1608.03983; `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`, asked at each step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarmRestarts {
    /// Epochs from the beginning to the first restart, at least 1.
    pub period: usize,
    /// How many times as long each period is as the one before, at least 1.
    pub factor: usize,
    /// `η_min`, as a share of the learning rate, in `[0, 1)`.
    pub floor: f64,
}

/// Two of the settings that the source tries: a first period of 10 epochs, each as twice as long as the one before.
impl Default for WarmRestarts {
    fn default() -> Self {
        Self { period: 10, factor: 2, floor: 0.0 }
    }
}

impl Kind for WarmRestarts {
    const NAME: &'static str = "warm-restarts";

    fn check(&self) -> Result<(), SettingError> {
        for (count, setting) in [(self.period, "period"), (self.factor, "factor")] {
            if count == 0 {
                return Err(SettingError::new(setting, 0, "at least 1"));
            }
        }
        SettingError::unless_share("floor", self.floor)
    }
}

impl Schedule for WarmRestarts {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        let (mut period, mut since) = (self.period as f64, progress(step));
        if self.factor == 1 {
            since %= period;
        }
        while since >= period {
            since -= period;
            period *= self.factor as f64;
        }
        let lowest = self.floor * learning_rate;
        lowest + (learning_rate - lowest) * (1.0 + (PI * since / period).cos()) / 2.0
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `CosineAnnealingWarmRestarts(..., T_0=2, T_mult=2, eta_min=0.08)` at `step(epoch)`, by `PyTorch` 2.5.1.
    #[test]
    fn the_rate_falls_and_restarts_in_ever_longer_periods() {
        let schedule = WarmRestarts { period: 2, factor: 2, floor: 0.1 };
        for (halves, expected) in [
            (0, 0.8),
            (1, 0.694_558_441_227_157_2),
            (2, 0.44),
            (3, 0.185_441_558_772_842_9),
            (4, 0.8),
            (5, 0.772_596_631_704_063_2),
            (11, 0.107_403_368_295_936_77),
            (12, 0.8),
            (13, 0.793_082_700_945_163),
            (27, 0.086_917_299_054_837_04),
            (28, 0.8),
        ] {
            let step = Step { epoch: 1 + halves / 2, epochs: 99, step: halves % 2, steps: 2 };
            let rate = schedule.rate(0.8, &step);
            assert!((rate - expected).abs() < 1e-12, "{halves}: {rate} {expected}");
        }
    }

    #[test]
    fn periods_of_one_length_repeat() {
        let schedule = WarmRestarts { period: 3, factor: 1, floor: 0.0 };
        let rate = |epoch| schedule.rate(0.8, &Step { epoch, epochs: 99, step: 1, steps: 4 });
        assert!([2, 5, 62].iter().all(|&epoch| (rate(epoch) - rate(2)).abs() < 1e-12));
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        for (wrong, said) in [
            (WarmRestarts { period: 0, ..WarmRestarts::default() }, "period is 0, expected at least 1"),
            (WarmRestarts { factor: 0, ..WarmRestarts::default() }, "factor is 0, expected at least 1"),
            (WarmRestarts { floor: 1.0, ..WarmRestarts::default() }, "floor is 1, expected in [0, 1)"),
        ] {
            assert_eq!(wrong.check().expect_err("refused").to_string(), said);
        }
    }
}
