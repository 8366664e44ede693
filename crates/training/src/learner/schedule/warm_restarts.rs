//! A rate that falls along half a cosine, again and again.

use serde::{Deserialize, Serialize};

use super::{Schedule, Step, half_cosine, progress};
use crate::family::{Kind, SettingError};

/// `η_min + (η_max − η_min) · (1 + cos(π · T_cur / T_i)) / 2`, with `η_max` the learning rate, `T_cur` the epochs since the last
/// restart, a fraction within an epoch, and `T_i` the length of the period: `period · factor^i`, with `i` the restarts so far.
///
/// Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), §3, equation 5,
/// arXiv:1608.03983; as `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts` when it is stepped with fractions of epochs.
///
/// The defaults are among the paper's settings, `T_0` = 10 and `T_mult` = 2; that of `T_mult` is 1 in `PyTorch`. Restarts come after
/// 10, 30 and 70 epochs, so those are good numbers of epochs: the rate is lowest there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarmRestarts {
    /// `T_0`: epochs before the first restart, at least 1.
    pub period: usize,
    /// `T_mult`: factor from the length of a period to that of the next, at least 1.
    pub factor: usize,
    /// `η_min`, as a share of the learning rate, in `[0, 1)`.
    pub floor: f64,
}

impl Default for WarmRestarts {
    fn default() -> Self {
        Self { period: 10, factor: 2, floor: 0.0 }
    }
}

impl Kind for WarmRestarts {
    const NAME: &'static str = "warm-restarts";

    fn check(&self) -> Result<(), SettingError> {
        for (setting, value) in [("period", self.period), ("factor", self.factor)] {
            if value == 0 {
                return Err(SettingError::new(setting, 0, "at least 1"));
            }
        }
        SettingError::unless_share("floor", self.floor)
    }
}

impl Schedule for WarmRestarts {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        // Restarts lie between epochs, so whole numbers find them. PyTorch takes a logarithm.
        let (mut restart, mut period) = (0, self.period);
        while step.epoch - 1 - restart >= period {
            restart += period;
            period = period.saturating_mul(self.factor);
        }
        let since = progress(step) - restart as f64;
        half_cosine(learning_rate, self.floor * learning_rate, since / period as f64)
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::assert_rates;
    use super::*;

    // PyTorch 2.5.1, lr = 0.8: CosineAnnealingWarmRestarts, `step(epoch + step / steps)` before each step.

    #[test]
    fn longer_and_longer_periods_are_those_of_pytorch() {
        // T_0=1, T_mult=2, eta_min=0.08.
        let expected = [
            0.8,
            0.694_558_441_227_157_2,
            0.44,
            0.185_441_558_772_842_9,
            0.8,
            0.772_596_631_704_063_2,
            0.694_558_441_227_157_2,
            0.577_766_035_651_432_4,
            0.44,
            0.302_233_964_348_567_75,
            0.185_441_558_772_842_9,
            0.107_403_368_295_936_77,
            0.8,
            0.793_082_700_945_163,
            0.772_596_631_704_063_2,
            0.739_329_060_428_916_3,
        ];
        assert_rates(&WarmRestarts { period: 1, factor: 2, floor: 0.1 }, 4, 4, &expected);
    }

    #[test]
    fn periods_of_one_length_are_those_of_pytorch() {
        // T_0=2, T_mult=1, eta_min=0.
        let period = [0.8, 0.682_842_712_474_619, 0.4, 0.117_157_287_525_381_02];
        let expected = [period.as_slice(), &period, &period[..2]].concat();
        assert_rates(&WarmRestarts { period: 2, factor: 1, floor: 0.0 }, 5, 2, &expected);
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        let refused = |period, factor, floor| {
            WarmRestarts { period, factor, floor }.check().expect_err("refused").to_string()
        };
        assert_eq!(refused(0, 2, 0.0), "period is 0, expected at least 1");
        assert_eq!(refused(1, 0, 0.0), "factor is 0, expected at least 1");
        assert_eq!(refused(1, 2, 1.0), "floor is 1, expected in [0, 1)");
    }
}
