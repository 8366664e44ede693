//! The threshold pruner: a report out of bounds ends its trial.

use serde::{Deserialize, Serialize};

use super::{Onset, Pruner, PrunerError, interval};
use crate::observation::Observation;

/// Stops a trial that reports NaN, less than `lower` or more than `upper`.
///
/// Bounds are on losses: where a study maximises, give the negatives (an accuracy of at least 0.2 is an `upper` of
/// -0.2). Decides as Optuna's `ThresholdPruner`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Threshold {
    /// The least loss that may be reported. One of the two bounds must be there.
    pub lower: Option<f64>,
    /// The greatest loss that may be reported.
    pub upper: Option<f64>,
    /// The first step at which a trial can be stopped; 0 by default.
    pub warmup_steps: u32,
    /// Steps from one look to the next, at least 1, the default. A step that is not reported is looked at with the
    /// next report.
    pub interval_steps: u32,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { lower: None, upper: None, warmup_steps: 0, interval_steps: 1 }
    }
}

impl Pruner for Threshold {
    fn prune(&self, _told: &[Observation], _number: u64, curve: &[(u32, f64)]) -> bool {
        let is_out = |loss: f64| {
            loss.is_nan()
                || self.lower.is_some_and(|lower| loss < lower)
                || self.upper.is_some_and(|upper| loss > upper)
        };
        interval::is_due(curve, self.warmup_steps, self.interval_steps)
            && curve.last().is_some_and(|(_, loss)| is_out(*loss))
    }

    fn onset(&self) -> Onset {
        Onset { step: u64::from(self.warmup_steps.max(1)), trials: 0 }
    }

    fn check(&self) -> Result<(), PrunerError> {
        let (lower, upper) = match (self.lower, self.upper) {
            (None, None) => {
                return PrunerError::unless(false, "lower", "missing", "a number here or for `upper`");
            }
            (lower, upper) => (lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY)),
        };
        for (setting, bound) in [("lower", self.lower), ("upper", self.upper)] {
            let bound = bound.unwrap_or(0.0);
            PrunerError::unless(bound.is_finite(), setting, bound, "a finite number, or none")?;
        }
        PrunerError::unless(lower <= upper, "lower", lower, "a number of at most `upper`")?;
        interval::check(self.interval_steps)
    }
}
