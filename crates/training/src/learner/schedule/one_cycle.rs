//! A rate that rises, then falls to next to nothing.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Schedule, Step};
use crate::family::{Kind, SettingError};

/// Along half a cosine from `learning_rate / start_divisor` to the learning rate, which is the highest, then along another to
/// `learning_rate / (start_divisor · end_divisor)`. Momentum stays as it is.
///
/// Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates" (2018),
/// §3, arXiv:1708.07120; the form is that of `torch.optim.lr_scheduler.OneCycleLR`, with its defaults.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OneCycle {
    /// Share of all steps in which the rate rises, in `[0, 1)`.
    pub rise: f64,
    /// How many times the first rate is contained in the highest, at least 1.
    pub start_divisor: f64,
    /// How many times the last rate is contained in the first, at least 1.
    pub end_divisor: f64,
}

impl Default for OneCycle {
    fn default() -> Self {
        Self { rise: 0.3, start_divisor: 25.0, end_divisor: 1e4 }
    }
}

impl Kind for OneCycle {
    const NAME: &'static str = "one-cycle";

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_share("rise", self.rise)?;
        for (divisor, setting) in [(self.start_divisor, "start_divisor"), (self.end_divisor, "end_divisor")] {
            if !(divisor >= 1.0 && divisor.is_finite()) {
                return Err(SettingError::new(setting, divisor, "a finite number, at least 1"));
            }
        }
        Ok(())
    }
}

impl Schedule for OneCycle {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        let first = learning_rate / self.start_divisor;
        let last = first / self.end_divisor;
        let done = ((step.epoch - 1) * step.steps + step.step) as f64;
        let all = (step.epochs * step.steps) as f64;
        // The numbers of the step with the highest rate and of the last step.
        let (top, end) = ((self.rise * all - 1.0).max(0.0), all - 1.0);
        let between = |from: f64, to: f64, share: f64| to + (from - to) * (1.0 + (PI * share).cos()) / 2.0;
        if done < top {
            between(first, learning_rate, done / top)
        } else if end > top {
            between(learning_rate, last, ((done - top) / (end - top)).min(1.0))
        } else {
            learning_rate
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `OneCycleLR(..., max_lr=0.8, total_steps=10)`, by `PyTorch` 2.5.1.
    #[test]
    fn the_rate_rises_and_falls_once() {
        let expected = [
            0.032,
            0.416,
            0.8,
            0.760_387_705_610_779_1,
            0.649_396_523_159_810_4,
            0.489_009_617_549_031_44,
            0.310_993_582_450_968_6,
            0.150_606_676_840_189_6,
            0.039_615_494_389_221_03,
            3.2e-6,
        ];
        for (done, expected) in expected.into_iter().enumerate() {
            let step = Step { epoch: 1 + done / 5, epochs: 2, step: done % 5, steps: 5 };
            let rate = OneCycle::default().rate(0.8, &step);
            assert!((rate - expected).abs() < 1e-12, "{done}: {rate} {expected}");
        }
    }

    #[test]
    fn a_single_step_has_the_highest_rate() {
        let rate = OneCycle::default().rate(0.8, &Step { epoch: 1, epochs: 1, step: 0, steps: 1 });
        assert!((rate - 0.8).abs() < 1e-12);
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        for (wrong, said) in [
            (OneCycle { rise: 1.0, ..OneCycle::default() }, "rise is 1, expected in [0, 1)"),
            (
                OneCycle { start_divisor: 0.5, ..OneCycle::default() },
                "start_divisor is 0.5, expected a finite number, at least 1",
            ),
            (
                OneCycle { end_divisor: f64::INFINITY, ..OneCycle::default() },
                "end_divisor is inf, expected a finite number, at least 1",
            ),
        ] {
            assert_eq!(wrong.check().expect_err("refused").to_string(), said);
        }
    }
}
