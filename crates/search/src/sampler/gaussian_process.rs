//! Bayesian optimisation: a Gaussian process guesses the losses, and the point that promises most is tried next.

use serde::{Deserialize, Serialize};

use self::fit::fit;
use self::model::Model;
use self::search::{Promises, bits, search};
use self::seen::Seen;
use super::axes::{Axes, Axis, only};
use super::random::Random;
use super::stream::stream;
use super::{History, SampleError, Sampler, has_begun};
use crate::space::{Point, Space};

mod fit;
pub(super) mod guess;
mod improvement;
mod kernel;
mod model;
mod search;
mod seen;

/// Models the loss as a Gaussian process and tries next the point from which it expects the largest improvement.
///
/// - The kernel is Matérn 5/2 with a length for each dimension; choices are alike or not. Its parameters maximise the
///   likelihood of the results so far, times Optuna's priors.
/// - The promise of a point is the logarithm of the expected improvement over the best loss, plus that of the chance
///   to keep the constraints, which a second process guesses from by how much they were broken. It is climbed from ten
///   starts: along its slopes in real numbers, by trying values in all other dimensions.
/// - Running trials count as finished with the loss that the process expects of them ("kriging believer"). Those
///   that failed or were stopped early, and infinite losses, count as the worst finite one ("floor padding").
/// - A dimension that is not active stands at the middle of its range.
/// - The first trials are [`Random`], with the same seed. In a finite space no point is tried twice.
///
/// A point costs `n³` operations for `n` trials, some thirty times: 20 milliseconds for 50, a quarter of a second for
/// 200, two or three seconds for 500, which is the most that are looked at.
///
/// Differences from Optuna 5.0's `GPSampler`: pruned and failed trials count; with running trials one fantasy instead
/// of 128; constraints are modelled as one; conditions are part of the model, where Optuna draws such dimensions at
/// random; kernels are fitted afresh, for nothing is remembered.
///
/// Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), §5.4; Jones, Schonlau, Welch,
/// "Efficient Global Optimization of Expensive Black-Box Functions" (1998); Ament et al., "Unexpected Improvements to
/// Expected Improvement for Bayesian Optimization" (2023), arXiv:2310.20708; Gardner et al., "Bayesian Optimization
/// with Inequality Constraints" (2014); Wakabayashi et al., "Bayesian optimization with experimental failure for
/// high-throughput materials growth" (2022), for the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianProcess {
    /// Chooses the points; another seed gives others.
    pub seed: u64,
    /// Trials before the first that is modelled, at least 1: 10. Half of them have finished with a loss, the others
    /// may still run.
    #[serde(default = "startup")]
    pub startup: usize,
    /// Whether a point tried twice gives the same loss, so that noise need not be estimated: no.
    #[serde(default)]
    pub deterministic: bool,
    /// The most trials that are looked at, the best half and the latest others; at least 2: 500.
    #[serde(default = "most")]
    pub most: usize,
}

const fn startup() -> usize {
    10
}

const fn most() -> usize {
    500
}

impl GaussianProcess {
    /// With the default of everything else.
    pub const fn new(seed: u64) -> Self {
        Self { seed, startup: startup(), deterministic: false, most: most() }
    }

    fn check(&self) -> Result<(), SampleError> {
        let settings = [("startup", self.startup, 1, "at least 1"), ("most", self.most, 2, "at least 2")];
        match settings.into_iter().find(|(_, found, least, _)| found < least) {
            Some((setting, found, _, expected)) => {
                let found = found.to_string();
                Err(SampleError::Setting { sampler: "GaussianProcess", setting, found, expected })
            }
            None => Ok(()),
        }
    }
}

impl Sampler for GaussianProcess {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        self.check()?;
        history.one_objective("GaussianProcess")?;
        let axes = Axes::new(space, |_| true);
        let seen = Seen::new(&axes, history, self.most);
        if axes.len() > 0
            && has_begun(seen.finished, seen.pending.len(), self.startup)
            && let Some(promises) = self.promises(&axes, &seen)
            && let best = seen.best.map(|best| seen.rows[best].as_slice())
            && let Some(row) = search(&axes, &promises, best, &mut stream(self.seed, number))
        {
            return Ok(Some(axes.point(&row, only)));
        }
        Random { seed: self.seed }.sample(space, history, number)
    }
}

impl GaussianProcess {
    /// What points promise after what was `seen`; `None` if nothing can be learnt from it.
    fn promises(&self, axes: &Axes<'_>, seen: &Seen) -> Option<Promises> {
        let choices: Vec<_> = axes.iter().map(Axis::is_choice).collect();
        let model = |values: &[f64]| {
            let kernel = fit(&choices, &seen.rows, values, self.deterministic);
            Model::new(kernel, seen.rows.clone(), values)
        };
        let loss = match seen.best {
            Some(best) => {
                let model = model(&seen.losses)?;
                let expected = seen.pending.iter().map(|row| model.at(row).mean);
                let best = expected.fold(seen.losses[best], f64::min);
                Some((model.believing(&seen.pending)?, best))
            }
            None => None,
        };
        let violation = match &seen.violations {
            Some((violations, none)) => Some((model(violations)?.believing(&seen.pending)?, *none)),
            None => None,
        };
        let countable = axes.iter().all(|axis| axis.distribution.count().is_some());
        let tried = seen.tried.iter().filter(|_| countable).map(|row| bits(row)).collect();
        Some(Promises { loss, violation, tried })
    }
}

#[cfg(test)]
mod tests;
