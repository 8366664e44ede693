//! Hyperband: several ladders of successive halving, for nobody knows which is right.

use serde::{Deserialize, Serialize};

use super::successive_halving::SuccessiveHalving;
use super::{Onset, Pruner, PrunerError};
use crate::observation::Observation;
use crate::sampler::stream::{below, stream};

/// Deals trials into brackets: in bracket `s`, from 0, [`SuccessiveHalving`] leaves out the lowest `s` rungs. A trial
/// is compared with those of its bracket only.
///
/// There are `1 + ⌊log_η(R / r)⌋` brackets, so that the last one stops a trial at most once, and `n` of them share the
/// trials in the proportion `⌈n · ηⁿ⁻¹⁻ˢ / (n - s)⌉`. **The bracket of a trial is a function of the seed and the
/// trial's number**: one draw from the stream of that number, in these proportions.
///
/// Decides as Optuna's `HyperbandPruner` within brackets. There a checksum of the study's name and the number chooses
/// the bracket, `R` is guessed from the first trial to finish unless it is given, and a logarithm is rounded
/// down: 5 brackets where `R / r` is 3⁵, here 6.
///
/// Source: Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization" (2018), §3, algorithm
/// 1, JMLR 18.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hyperband {
    /// Deals the trials into brackets.
    pub seed: u64,
    /// `R`: the last step of a trial that is not stopped, at least `min_resource`.
    pub max_resource: u32,
    /// `r`: the least step of a rung, at least 1, the default.
    #[serde(default = "min_resource")]
    pub min_resource: u32,
    /// `η`: one trial in so many continues, at least 2; 3 by default.
    #[serde(default = "reduction_factor")]
    pub reduction_factor: u32,
}

fn min_resource() -> u32 {
    1
}

fn reduction_factor() -> u32 {
    3
}

impl Hyperband {
    /// The defaults, for trials of `max_resource` steps.
    pub fn new(seed: u64, max_resource: u32) -> Self {
        Self { seed, max_resource, min_resource: min_resource(), reduction_factor: reduction_factor() }
    }

    /// The bracket of trial `number`, from 0.
    pub fn bracket(&self, number: u64) -> u32 {
        self.deal(&self.shares(), number)
    }

    fn deal(&self, shares: &[u64], number: u64) -> u32 {
        let mut drawn = below(shares.iter().sum(), &mut stream(self.seed, number));
        let mut bracket = 0;
        for share in shares {
            match drawn.checked_sub(*share) {
                Some(rest) => drawn = rest,
                None => break,
            }
            bracket += 1;
        }
        bracket
    }

    /// How many trials go to each bracket, of as many as there are shares.
    fn shares(&self) -> Vec<u64> {
        let factor = u64::from(self.reduction_factor.max(2));
        let ratio = u64::from(self.max_resource / self.min_resource.max(1)).max(1);
        let brackets = ratio.ilog(factor) + 1;
        let share = |bracket| {
            let above = brackets - bracket;
            (u64::from(brackets) * factor.pow(above - 1)).div_ceil(u64::from(above))
        };
        (0..brackets).map(share).collect()
    }
}

impl Pruner for Hyperband {
    fn prune(&self, told: &[Observation], number: u64, curve: &[(u32, f64)]) -> bool {
        let shares = self.shares();
        let bracket = self.deal(&shares, number);
        let halving = SuccessiveHalving {
            min_resource: self.min_resource,
            reduction_factor: self.reduction_factor,
            min_early_stopping_rate: bracket,
        };
        let beside = told.iter().filter(|observation| self.deal(&shares, observation.number) == bracket);
        halving.ladder().falls(beside, curve)
    }

    fn onset(&self) -> Onset {
        Onset { step: u64::from(self.min_resource.max(1)), trials: 1 }
    }

    fn check(&self) -> Result<(), PrunerError> {
        let Self { max_resource, min_resource, reduction_factor, .. } = *self;
        let halving = SuccessiveHalving { min_resource, reduction_factor, min_early_stopping_rate: 0 };
        halving.check()?;
        let held = max_resource >= min_resource;
        PrunerError::unless(held, "max_resource", max_resource, "at least `min_resource`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_share_the_trials() {
        // Optuna's documentation counts 4 brackets from 1 to 27 steps; these are its allocations.
        let hyperband = Hyperband::new(7, 27);
        assert_eq!(hyperband.shares(), [27, 12, 6, 4]);
        let mut trials = [0; 4];
        for number in 0..4900 {
            trials[hyperband.bracket(number) as usize] += 1;
        }
        // Three standard deviations of 4,900 draws are at most 105.
        let expected = [2700, 1200, 600, 400];
        assert!(
            trials.iter().zip(expected).all(|(found, expected): (&i32, _)| found.abs_diff(expected) < 105)
        );
        assert_ne!(Hyperband::new(8, 27).bracket(0), hyperband.bracket(0));
    }

    #[test]
    fn there_is_a_bracket_for_each_power_and_one_more() {
        let brackets = |max_resource| Hyperband::new(0, max_resource).shares().len();
        assert_eq!([1, 2, 3, 242, 243].map(brackets), [1, 1, 2, 5, 6]);
        let largest = Hyperband { reduction_factor: 2, ..Hyperband::new(0, u32::MAX) };
        assert_eq!(largest.shares().len(), 32);
    }
}
