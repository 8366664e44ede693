//! A rate that rises once to the learning rate, and falls far below where it started.

use serde::{Deserialize, Serialize};

use super::{Schedule, Step, half_cosine};
use crate::family::{Kind, SettingError};

/// From `η_max / start_divisor` up to `η_max`, the learning rate, and down to `η_max / (start_divisor · end_divisor)`, each along half
/// a cosine: `from + (to − from) · (1 − cos(π · s)) / 2`.
///
/// With `t` the steps that are done and `T` all steps, the rise ends at `t = rise · T − 1`, where `s` is 1, and the fall at the last
/// step, `t = T − 1`. The momentum of an optimiser stays as it is; the source lowers it while the rate rises.
///
/// Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates" (2018),
/// arXiv:1708.07120, whose two ramps are straight lines; as `torch.optim.lr_scheduler.OneCycleLR` with
/// `anneal_strategy="cos"`, `three_phase=False` and `cycle_momentum=False`. The defaults are those of `PyTorch`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OneCycle {
    /// Share of all steps in which the rate rises, in `[0, 1)`: `pct_start` in `PyTorch`.
    pub rise: f64,
    /// The learning rate, divided by the rate of the first step; at least 1: `div_factor` in `PyTorch`.
    pub start_divisor: f64,
    /// The rate of the first step, divided by that of the last; at least 1: `final_div_factor` in `PyTorch`.
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
        for (setting, value) in [("start_divisor", self.start_divisor), ("end_divisor", self.end_divisor)] {
            if !(value >= 1.0 && value.is_finite()) {
                return Err(SettingError::new(setting, value, "a finite number, at least 1"));
            }
        }
        Ok(())
    }
}

impl Schedule for OneCycle {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        let done = ((step.epoch - 1) * step.steps + step.step) as f64;
        let all = (step.epochs * step.steps) as f64;
        let start = learning_rate / self.start_divisor;
        let top = self.rise * all - 1.0;
        // Of so few steps that there is no time to rise, the first is in the fall.
        if done < top {
            half_cosine(start, learning_rate, done / top)
        } else {
            half_cosine(learning_rate, start / self.end_divisor, (done - top) / (all - 1.0 - top))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::assert_rates;
    use super::*;

    // PyTorch 2.5.1: OneCycleLR(max_lr=0.8, total_steps=epochs * steps, cycle_momentum=False).

    #[test]
    fn the_usual_rates_are_those_of_pytorch() {
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
        assert_rates(&OneCycle::default(), 2, 5, &expected);
    }

    #[test]
    fn the_rates_of_other_settings_are_those_of_pytorch() {
        // pct_start=0.5, div_factor=4, final_div_factor=10.
        let expected = [0.2, 0.35, 0.65, 0.8, 0.685_771_644_662_753_5, 0.41, 0.134_228_355_337_246_5, 0.02];
        assert_rates(&OneCycle { rise: 0.5, start_divisor: 4.0, end_divisor: 10.0 }, 4, 2, &expected);
    }

    #[test]
    fn a_training_without_time_to_rise_falls_as_in_pytorch() {
        let expected = [0.795_532_348_360_729_5, 0.370_109_682_133_580_03, 3.2e-6];
        assert_rates(&OneCycle::default(), 1, 3, &expected);
        // One step, and a rise that ends at the first step: PyTorch divides by 0 in the second case.
        assert_rates(&OneCycle::default(), 1, 1, &[3.2e-6]);
        assert_rates(&OneCycle { rise: 0.5, ..OneCycle::default() }, 1, 2, &[0.8, 3.2e-6]);
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        let refused = |schedule: OneCycle| schedule.check().expect_err("refused").to_string();
        for rise in [-0.1, 1.0, f64::NAN] {
            let message = refused(OneCycle { rise, ..OneCycle::default() });
            assert_eq!(message, format!("rise is {rise}, expected in [0, 1)"));
        }
        for value in [0.5, f64::INFINITY, f64::NAN] {
            let message = refused(OneCycle { start_divisor: value, ..OneCycle::default() });
            assert_eq!(message, format!("start_divisor is {value}, expected a finite number, at least 1"));
            let message = refused(OneCycle { end_divisor: value, ..OneCycle::default() });
            assert_eq!(message, format!("end_divisor is {value}, expected a finite number, at least 1"));
        }
    }
}
