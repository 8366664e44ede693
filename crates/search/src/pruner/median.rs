//! The median pruner: a trial must be among the better half at its step.

use serde::{Deserialize, Serialize};

use super::percentile::Percentile;
use super::{Onset, Pruner, PrunerError};
use crate::observation::Observation;

/// Stops a trial whose best loss so far is above the median of what finished trials reported at this step:
/// [`Percentile`] at 50.
///
/// Decides as Optuna's `MedianPruner`, which is its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Median {
    /// As [`Percentile::startup_trials`].
    pub startup_trials: usize,
    /// As [`Percentile::warmup_steps`].
    pub warmup_steps: u32,
    /// As [`Percentile::interval_steps`].
    pub interval_steps: u32,
    /// As [`Percentile::min_trials`].
    pub min_trials: usize,
}

impl Default for Median {
    fn default() -> Self {
        let Percentile { startup_trials, warmup_steps, interval_steps, min_trials, .. } =
            Percentile::default();
        Self { startup_trials, warmup_steps, interval_steps, min_trials }
    }
}

impl Median {
    fn percentile(&self) -> Percentile {
        let Self { startup_trials, warmup_steps, interval_steps, min_trials } = *self;
        Percentile { percentile: 50.0, startup_trials, warmup_steps, interval_steps, min_trials }
    }
}

impl Pruner for Median {
    fn prune(&self, told: &[Observation], number: u64, curve: &[(u32, f64)]) -> bool {
        self.percentile().prune(told, number, curve)
    }

    fn onset(&self) -> Onset {
        self.percentile().onset()
    }

    fn check(&self) -> Result<(), PrunerError> {
        self.percentile().check()
    }
}
