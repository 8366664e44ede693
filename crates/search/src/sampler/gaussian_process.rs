//! Bayesian optimisation: a Gaussian process guesses the losses, and the point that promises most is tried next.

use serde::{Deserialize, Serialize};

use self::fit::fit;
use self::model::Model;
use self::search::{Promises, bits, search};
use self::seen::Seen;
use super::axes::{Axes, Axis, only};
use super::random::Random;
use super::stream::stream;
use super::{History, SampleError, Sampler};
use crate::space::{Point, Space};

mod fit;
mod improvement;
mod kernel;
mod model;
mod search;
mod seen;

/// Points where a Gaussian process expects the largest improvement over the best so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianProcess {
    /// Chooses the points; another seed gives others.
    pub seed: u64,
    /// Finished trials before the model is asked; until then points are drawn at random. At least 1.
    #[serde(default = "startup")]
    pub startup: usize,
    /// Whether a point tried twice gives the same loss. Then the noise is not estimated.
    #[serde(default)]
    pub deterministic: bool,
    /// The most trials that the model learns from: the best half, and the latest others. At least 2.
    #[serde(default = "most")]
    pub most: usize,
}

fn startup() -> usize {
    10
}

fn most() -> usize {
    500
}

impl GaussianProcess {
    /// The defaults: those of Optuna's `GPSampler`.
    pub fn new(seed: u64) -> Self {
        Self { seed, startup: startup(), deterministic: false, most: most() }
    }
}

impl Sampler for GaussianProcess {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        history.one_objective("GaussianProcess")?;
        let axes = Axes::of(space, |_| true);
        let seen = Seen::of(&axes, history, self.most);
        if axes.len() > 0
            && seen.finished >= self.startup
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
