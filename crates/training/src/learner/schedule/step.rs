//! A rate that falls by a factor every few epochs.

use serde::{Deserialize, Serialize};

use super::{Schedule, Step};
use crate::family::{Kind, SettingError};

/// `learning_rate · gamma^⌊(epoch − 1) / every⌋`, with epochs from 1, as `torch.optim.lr_scheduler.StepLR`.
///
/// The factor of 10 is that of He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition" (2016), §3.4,
/// arXiv:1512.03385, and the default of `StepLR`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StepDecay {
    /// Epochs with the same rate, at least 1.
    pub every: usize,
    /// Factor from one of these rates to the next, in `(0, 1]`.
    pub gamma: f64,
}

impl Default for StepDecay {
    fn default() -> Self {
        Self { every: 10, gamma: 0.1 }
    }
}

impl Kind for StepDecay {
    const NAME: &'static str = "step";

    fn check(&self) -> Result<(), SettingError> {
        if self.every == 0 {
            return Err(SettingError::new("every", 0, "at least 1"));
        }
        if !(self.gamma > 0.0 && self.gamma <= 1.0) {
            return Err(SettingError::new("gamma", self.gamma, "in (0, 1]"));
        }
        Ok(())
    }
}

impl Schedule for StepDecay {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        // By multiplication: what `powi` gives depends on the platform.
        (0..(step.epoch - 1) / self.every).fold(learning_rate, |rate, _| rate * self.gamma)
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_falls_by_gamma_every_so_many_epochs() {
        let schedule = StepDecay { every: 2, gamma: 0.5 };
        let rates =
            [1, 2, 3, 4, 5].map(|epoch| schedule.rate(0.8, &Step { epoch, epochs: 9, step: 3, steps: 4 }));
        assert_eq!(rates.to_vec(), [0.8, 0.8, 0.4, 0.4, 0.2]);
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        let refused = |every, gamma| StepDecay { every, gamma }.check().expect_err("refused").to_string();
        assert_eq!(refused(0, 0.5), "every is 0, expected at least 1");
        for gamma in [0.0, 1.5, f64::NAN] {
            assert_eq!(refused(1, gamma), format!("gamma is {gamma}, expected in (0, 1]"));
        }
    }
}
