//! Tree-structured Parzen estimator: where good trials are dense and the others are not.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::random::Random;
use super::sobol::Sobol;
use super::stream::stream;
use super::{History, SampleError, Sampler, has_begun};
use crate::parameter::Distribution;
use crate::space::{Point, Space};

mod believed;
mod candidates;
mod exp;
mod expected;
mod kernels;
mod mixture;
mod ranks;
mod split;

use candidates::Candidates;
use ranks::objectives;
use split::Split;

/// Models the density `l(x)` of the best trials and `g(x)` of the others, draws candidates from `l`, and takes the one
/// with the largest `l(x) / g(x)`.
///
/// - The densities are joint ones, over all dimensions: "multivariate", as Optuna's by default since version 5.
/// - Of `n` trials the best `min(⌈n/10⌉, 25)` are good. Trials that were stopped early come after the complete ones,
///   those that got farther first, and trials that break constraints after these, by how much.
/// - With several objectives the good ones are the first fronts, and of the front in which their number ends those that
///   together dominate a large volume, as in Ozaki et al. (2022). Each dimension then has densities of its own: Optuna's
///   default, with which its runs on ZDT1 come farther.
/// - Where a dimension is not active in a trial, its kernel knows nothing of it and stands back for the prior.
/// - A trial that is still running counts with a loss that is guessed from those of others near it ("kriging
///   believer"). Where nothing can be guessed, with several objectives for one, it counts among the others, so that no
///   two workers try the same ("constant liar").
/// - While trials run, a candidate also counts by the loss that a Gaussian process with a given kernel expects of it.
/// - The first trials are [`Random`], with the same seed; while others run, [`Sobol`] points, which lie clear of these.
///
/// Differences from Optuna 5.0's `TPESampler`:
/// - Of more than [`most_others`](Self::most_others) others only as many are looked at, each for an equal part of their
///   whole weight, so that the ten thousandth point costs little more than the thousandth.
/// - A point that was tried is taken again only if every candidate was: in a space of finitely many points it would say
///   nothing new.
/// - Optuna has the liar alone, and random first trials.
/// - Conditions are part of the joint density, where Optuna draws such dimensions each on its own.
/// - The mass of a value that can be counted is a formula's, some percent off, where Optuna takes the normal integral.
/// - With several objectives too no more than [`most_good`](Self::most_good) trials are good, where Optuna has no limit.
/// - Trials of another space have no say, and take no place among the good ones.
///
/// Source: Bergstra, Bardenet, Bengio, Kégl, "Algorithms for Hyper-Parameter Optimization" (2011), §4, NIPS 24; for
/// weights and kernels Watanabe, "Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and Their
/// Roles for Better Empirical Performance" (2023), §3, arXiv:2304.11127; for several objectives Ozaki, Tanigaki,
/// Watanabe, Nomura, Onishi, "Multiobjective Tree-Structured Parzen Estimator" (2022), Journal of Artificial
/// Intelligence Research 73; for running trials Ginsbourger, Le Riche, Carraro, "Kriging Is Well-Suited to Parallelize
/// Optimization" (2010), §3.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tpe {
    /// Chooses the points; another seed gives others.
    pub seed: u64,
    /// Trials before the first that is modelled: 10. Half of them are complete or pruned, the others may still run.
    #[serde(default = "defaults::startup")]
    pub startup: usize,
    /// Candidates for a point, at least 1: 24.
    #[serde(default = "defaults::candidates")]
    pub candidates: usize,
    /// The share of trials that are good, from above 0 to 1: 0.1.
    #[serde(default = "defaults::good_share")]
    pub good_share: f64,
    /// The most trials that are good, at least 1: 25.
    #[serde(default = "defaults::most_good")]
    pub most_good: usize,
    /// The most others that are looked at, at least 1: 256.
    #[serde(default = "defaults::most_others")]
    pub most_others: usize,
    /// The weight of the prior, in trials; above 0 and finite: 1.
    #[serde(default = "defaults::prior_weight")]
    pub prior_weight: f64,
}

mod defaults {
    pub(super) const fn startup() -> usize {
        10
    }

    pub(super) const fn candidates() -> usize {
        24
    }

    pub(super) const fn good_share() -> f64 {
        0.1
    }

    pub(super) const fn most_good() -> usize {
        25
    }

    pub(super) const fn most_others() -> usize {
        256
    }

    pub(super) const fn prior_weight() -> f64 {
        1.0
    }
}

impl Tpe {
    /// With the default of everything else.
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            startup: defaults::startup(),
            candidates: defaults::candidates(),
            good_share: defaults::good_share(),
            most_good: defaults::most_good(),
            most_others: defaults::most_others(),
            prior_weight: defaults::prior_weight(),
        }
    }

    /// How many of so many trials are good, as far as there may be so many.
    fn good_share_of(&self, trials: usize) -> usize {
        (self.good_share * trials as f64).ceil() as usize
    }

    fn check(&self) -> Result<(), SampleError> {
        let wrong = |setting, found: String, expected| {
            Err(SampleError::Setting { sampler: "Tpe", setting, found, expected })
        };
        for (setting, number) in [
            ("candidates", self.candidates),
            ("most_good", self.most_good),
            ("most_others", self.most_others),
        ] {
            if number == 0 {
                return wrong(setting, number.to_string(), "at least 1");
            }
        }
        if !(self.good_share > 0.0 && self.good_share <= 1.0) {
            return wrong("good_share", self.good_share.to_string(), "a number above 0, at most 1");
        }
        if !(self.prior_weight > 0.0 && self.prior_weight.is_finite()) {
            return wrong("prior_weight", self.prior_weight.to_string(), "a number above 0");
        }
        Ok(())
    }
}

impl Sampler for Tpe {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        self.check()?;
        let split = Split::new(self, space, history);
        if !has_begun(split.ranked, history.pending.len(), self.startup) {
            return first(self.seed, space, history, number);
        }
        let (candidates, mut stream) = (Candidates::new(self, space, &split), stream(self.seed, number));
        Ok(if objectives(history.finished) > 1 {
            candidates.singly(&mut stream)
        } else {
            candidates.jointly(history, &mut stream)
        })
    }
}

/// The point of a trial before the first that is modelled.
fn first(seed: u64, space: &Space, history: &History<'_>, number: u64) -> Result<Option<Point>, SampleError> {
    if !history.pending.is_empty()
        && let Ok(Some(point)) = (Sobol { seed }).sample(space, history, number)
    {
        return Ok(Some(point));
    }
    // Alone, or with more dimensions than there are Sobol points for.
    Random { seed }.sample(space, history, number)
}

/// Whether there is one value only.
fn is_fixed(distribution: &Distribution) -> bool {
    match distribution {
        Distribution::Float { low, high, .. } => low >= high,
        _ => distribution.count() == Some(1),
    }
}

/// Where `value` lies: the place of a choice, and a number from 0 to 1 in other dimensions.
fn unit(distribution: &Distribution, value: &Value) -> f64 {
    match distribution {
        Distribution::Categorical { .. } => distribution.place(value).map_or(f64::NAN, |place| place as f64),
        _ => distribution.to_unit(value),
    }
}

#[cfg(test)]
mod tests;
