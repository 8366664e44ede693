//! The percentile pruner: a trial must be among the better ones at its step.

use serde::{Deserialize, Serialize};

use super::{Onset, Pruner, PrunerError, interval, least};
use crate::observation::Observation;

/// Stops a trial whose best loss so far is above the `percentile` of what finished trials reported at this step.
///
/// - Trials that were stopped early or failed are not compared with, and NaN among the reports is left out.
/// - A trial that has reported nothing but NaN is stopped.
/// - The percentile lies between two reports in proportion, as `NumPy`'s does.
///
/// Decides as Optuna's `PercentilePruner`. Source of the rule at 50: Golovin et al., "Google Vizier: A Service for
/// Black-Box Optimization" (2017), §3.2.2, which takes averages where Optuna takes the best report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Percentile {
    /// The share of trials that continue, in `[0, 100]`; 25 by default.
    pub percentile: f64,
    /// Trials that finish before any is stopped; 5 by default.
    pub startup_trials: usize,
    /// The first step at which a trial can be stopped; 0 by default.
    pub warmup_steps: u32,
    /// Steps from one look to the next, at least 1, the default. A step that is not reported is looked at with the
    /// next report.
    pub interval_steps: u32,
    /// Finished trials that must have reported at a step, at least 1, the default.
    pub min_trials: usize,
}

impl Default for Percentile {
    fn default() -> Self {
        Self { percentile: 25.0, startup_trials: 5, warmup_steps: 0, interval_steps: 1, min_trials: 1 }
    }
}

impl Pruner for Percentile {
    fn prune(&self, told: &[Observation], _number: u64, curve: &[(u32, f64)]) -> bool {
        let Some((step, _)) = curve.last() else { return false };
        let complete: Vec<_> = told.iter().filter(|observation| observation.loss().is_some()).collect();
        if complete.is_empty()
            || complete.len() < self.startup_trials
            || !interval::is_due(curve, self.warmup_steps, self.interval_steps)
        {
            return false;
        }
        let best = least(curve);
        if best.is_nan() {
            return true;
        }
        let at_step = |observation: &&Observation| {
            let place = observation.curve.binary_search_by_key(step, |(step, _)| *step).ok()?;
            Some(observation.curve[place].1)
        };
        let losses: Vec<_> = complete.iter().filter_map(at_step).collect();
        losses.len() >= self.min_trials && best > percentile(losses, self.percentile)
    }

    fn onset(&self) -> Onset {
        let trials = self.startup_trials.max(self.min_trials).max(1) as u64;
        Onset { step: u64::from(self.warmup_steps.max(1)), trials }
    }

    fn check(&self) -> Result<(), PrunerError> {
        let held = (0.0..=100.0).contains(&self.percentile);
        PrunerError::unless(held, "percentile", self.percentile, "a number from 0 to 100")?;
        PrunerError::unless(self.min_trials > 0, "min_trials", self.min_trials, "at least 1")?;
        interval::check(self.interval_steps)
    }
}

/// The percentile of the losses that are not NaN; NaN if there is none.
fn percentile(mut losses: Vec<f64>, percentile: f64) -> f64 {
    losses.retain(|loss| !loss.is_nan());
    losses.sort_by(f64::total_cmp);
    let Some(last) = losses.len().checked_sub(1) else { return f64::NAN };
    let place = (last as f64 * (percentile / 100.0)).clamp(0.0, last as f64);
    let (below, share) = (losses[place as usize], place.fract());
    let above = losses[(place as usize + 1).min(last)];
    // From the nearer of the two, as NumPy rounds.
    if share < 0.5 { below + (above - below) * share } else { above - (above - below) * (1.0 - share) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_lies_between_two_losses() {
        let of = |losses: &[f64], share| percentile(losses.to_vec(), share);
        assert_eq!(of(&[4.0, 1.0, f64::NAN, 2.0], 50.0).to_bits(), 2.0_f64.to_bits());
        assert_eq!(of(&[4.0, 1.0, 2.0], 75.0).to_bits(), 3.0_f64.to_bits());
        assert_eq!(of(&[0.5, -1.0, 2.0], 100.0).to_bits(), 2.0_f64.to_bits());
        assert!(of(&[f64::NAN], 50.0).is_nan());
    }
}
