//! Successive halving: at each of a few steps, only the best share of the trials continues.

use serde::{Deserialize, Serialize};

use super::rung::Ladder;
use super::{Onset, Pruner, PrunerError};
use crate::observation::Observation;

/// Asynchronous successive halving (ASHA): at the steps `r · ηˢ`, `r · ηˢ⁺¹`, `r · ηˢ⁺²` and so on, the rungs, a trial
/// continues if it is among the best `1 / η` of those that were there.
///
/// - What counts is the first report at or after a rung's step. Where fewer than `η` trials were there, the best goes
///   on.
/// - Trials that were stopped early or failed count on the rungs that they reached.
/// - A trial whose report on a rung is NaN is stopped, and does not count there.
///
/// Decides as Optuna's `SuccessiveHalvingPruner`, except that there `r` is guessed from the first trial to finish
/// unless it is given. A trial that was stopped is never resumed, where the paper promotes it later.
///
/// Source: Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020), §3.2, algorithm 2,
/// arXiv:1810.05934.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SuccessiveHalving {
    /// `r`: the least step of a rung, at least 1, the default.
    pub min_resource: u32,
    /// `η`: one trial in so many continues, at least 2; 4 by default.
    pub reduction_factor: u32,
    /// `s`: how many rungs at the foot are left out; 0 by default.
    pub min_early_stopping_rate: u32,
}

impl Default for SuccessiveHalving {
    fn default() -> Self {
        Self { min_resource: 1, reduction_factor: 4, min_early_stopping_rate: 0 }
    }
}

impl SuccessiveHalving {
    /// The empty rungs.
    pub(super) fn ladder(&self) -> Ladder {
        let left_out = self.reduction_factor.checked_pow(self.min_early_stopping_rate);
        let first = left_out.and_then(|factor| factor.checked_mul(self.min_resource));
        Ladder::new(first, self.reduction_factor)
    }
}

impl Pruner for SuccessiveHalving {
    fn prune(&self, told: &[Observation], _number: u64, curve: &[(u32, f64)]) -> bool {
        self.ladder().falls(told.iter(), curve)
    }

    fn onset(&self) -> Onset {
        // The best of fewer than `η` trials continues: another must have been there.
        Onset { step: self.ladder().first().map_or(u64::MAX, u64::from).max(1), trials: 1 }
    }

    fn check(&self) -> Result<(), PrunerError> {
        PrunerError::unless(self.min_resource > 0, "min_resource", self.min_resource, "at least 1")?;
        let factor = self.reduction_factor;
        PrunerError::unless(factor > 1, "reduction_factor", factor, "at least 2")
    }
}
