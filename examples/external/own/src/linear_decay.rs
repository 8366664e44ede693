//! A schedule: the rate falls in a straight line.

use serde::{Deserialize, Serialize};
use tinderbox_training::learner::{Schedule, Step};
use tinderbox_training::{Kind, SettingError};

/// From the whole learning rate at the first step to a share of it after the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinearDecay {
    /// Share of the rate at the end, in `[0, 1]`.
    last: f64,
}

impl Default for LinearDecay {
    fn default() -> Self {
        Self { last: 0.1 }
    }
}

impl Kind for LinearDecay {
    const NAME: &'static str = "linear-decay";

    fn check(&self) -> Result<(), SettingError> {
        if (0.0..=1.0).contains(&self.last) {
            return Ok(());
        }
        Err(SettingError::new("last", self.last, "in [0, 1]"))
    }
}

impl Schedule for LinearDecay {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        let done = ((step.epoch - 1) * step.steps + step.step) as f64 / (step.epochs * step.steps) as f64;
        learning_rate * (1.0 - done * (1.0 - self.last))
    }
}
