//! The Wilcoxon pruner: a trial must not be worse, step by step, than the best one.

use serde::{Deserialize, Serialize};

use super::signed_rank::probability_of_more;
use super::{Onset, Pruner, PrunerError};
use crate::observation::Observation;

/// Stops a trial that is worse than the best finished one by a signed-rank test over the steps that both reported.
///
/// For a loss that is a mean over parts (folds, problems of a benchmark), each reported as a step. The best trial is
/// that of the least loss, the first of equals, among those that keep their constraints.
///
/// - A trial is left alone if the mean of its reports is not above the best trial's, and if one of the two curves
///   holds NaN or infinities.
/// - The test is one-sided. It is repeated at each step, so that more trials are stopped wrongly than `p_threshold`
///   says.
///
/// Decides as Optuna's `WilcoxonPruner`, and finds the probabilities of `scipy.stats.wilcoxon`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wilcoxon {
    /// Stops below this probability of so large differences by chance, in `[0, 1]`; 0.1 by default.
    pub p_threshold: f64,
    /// Steps that both must have reported, at least 2, the default; less counts as 2.
    pub startup_steps: usize,
}

impl Default for Wilcoxon {
    fn default() -> Self {
        Self { p_threshold: 0.1, startup_steps: 2 }
    }
}

impl Pruner for Wilcoxon {
    fn prune(&self, told: &[Observation], _number: u64, curve: &[(u32, f64)]) -> bool {
        let feasible = told.iter().filter(|observation| observation.is_feasible());
        let Some(best) = feasible.min_by(|a, b| a.losses[0].total_cmp(&b.losses[0])) else { return false };
        if !curve.iter().chain(&best.curve).all(|(_, loss)| loss.is_finite()) {
            return false;
        }
        let differences: Vec<_> = curve
            .iter()
            .filter_map(|(step, loss)| {
                let place = best.curve.binary_search_by_key(step, |(step, _)| *step).ok()?;
                Some(loss - best.curve[place].1)
            })
            .collect();
        differences.len() >= self.startup_steps.max(2)
            && mean(&best.curve) < mean(curve)
            && probability_of_more(&differences) < self.p_threshold
    }

    fn onset(&self) -> Onset {
        Onset { step: self.startup_steps.max(2) as u64, trials: 1 }
    }

    fn check(&self) -> Result<(), PrunerError> {
        let held = (0.0..=1.0).contains(&self.p_threshold);
        PrunerError::unless(held, "p_threshold", self.p_threshold, "a number from 0 to 1")
    }
}

fn mean(curve: &[(u32, f64)]) -> f64 {
    curve.iter().map(|(_, loss)| loss).sum::<f64>() / curve.len() as f64
}
