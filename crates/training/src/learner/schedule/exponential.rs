//! A rate that falls by a factor each epoch.

use serde::{Deserialize, Serialize};

use super::{Schedule, Step, StepDecay};
use crate::family::{Kind, SettingError};

/// `learning_rate · gamma^(epoch − 1)`, with epochs from 1: the same for all steps of an epoch, as
/// `torch.optim.lr_scheduler.ExponentialLR` when it is stepped once an epoch.
///
/// It is [`StepDecay`] with an epoch between two falls, under the name that `PyTorch` gives it. After n epochs the rate is
/// `gamma^n` of the learning rate: of 0.95, 60 % after 10 epochs and 8 % after 50. `ExponentialLR` has no default for
/// `gamma`; this one is of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exponential {
    /// Factor from one epoch's rate to that of the next, in `(0, 1]`.
    pub gamma: f64,
}

impl Default for Exponential {
    fn default() -> Self {
        Self { gamma: 0.95 }
    }
}

impl Exponential {
    fn steps(self) -> StepDecay {
        StepDecay { every: 1, gamma: self.gamma }
    }
}

impl Kind for Exponential {
    const NAME: &'static str = "exponential";

    fn check(&self) -> Result<(), SettingError> {
        self.steps().check()
    }
}

impl Schedule for Exponential {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        self.steps().rate(learning_rate, step)
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::assert_rates;
    use super::*;

    #[test]
    fn the_rates_are_those_of_pytorch() {
        // PyTorch 2.5.1, lr = 0.8: ExponentialLR(gamma=0.9).
        let expected = [0.8, 0.720_000_000_000_000_1, 0.648_000_000_000_000_1, 0.583_200_000_000_000_2];
        let each_step = expected.map(|rate| [rate; 3]).concat();
        assert_rates(&Exponential { gamma: 0.9 }, 4, 3, &each_step);
    }

    #[test]
    fn a_factor_outside_its_range_is_named() {
        for gamma in [0.0, 1.5, f64::NAN] {
            let message = Exponential { gamma }.check().expect_err("refused").to_string();
            assert_eq!(message, format!("gamma is {gamma}, expected in (0, 1]"));
        }
    }
}
