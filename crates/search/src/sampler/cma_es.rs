//! Covariance matrix adaptation: a normal distribution that moves, grows and turns towards the best points.

use std::cmp::Ordering;

use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

use self::constants::default_population;
use self::evolution::Evolution;
use self::memo::{Memo, State};
use super::axes::{Axes, MIDDLE};
use super::random::{Random, draw};
use super::stream::{below, stream, unit};
use super::{History, SampleError, Sampler};
use crate::observation::Observation;
use crate::parameter::Distribution;
use crate::space::{Point, Space};

mod constants;
mod evolution;
mod memo;

/// Draws points from a normal distribution over the numbers of a space, and moves it by generations of trials.
///
/// - The distribution starts at the middle of the space. A generation is the next [`population`](Self::population)
///   trials in the order of their numbers, from any sampler: what an earlier distribution drew, while results were
///   awaited, and what was enqueued counts as injected. A point is drawn from the distribution after the last
///   generation whose results are all known.
/// - Trials rank by their losses; after these come the ones that break constraints, by how much, and last the ones
///   that failed or were stopped early. A generation in which all rank the same teaches nothing and is passed over.
/// - A point out of range is drawn again, up to ten times as often as there are numbers, and then moved to the edge.
/// - Whole numbers and steps are the middles of cells of equal width. One moves to a neighbour with a chance of at
///   least `1 / (population · numbers)`, so that a narrow distribution is not stuck in a cell.
/// - A dimension without an order is drawn at random. One that is not active in a trial learns nothing from it.
/// - Once the distribution has shrunk to a point, it starts again around a random one, with twice the population.
///
/// A generation takes time in proportion to its trials and the square of the numbers; for more than 20 numbers, to
/// their third power. The state after the last generation is kept, with all that it depends on: where that is the same
/// again, a point costs no more after ten thousand trials than after ten. Points never depend on whether it was kept.
///
/// Differences from Optuna's `CmaEsSampler`: trials drawn while results are awaited are not wasted; the first trial is
/// not a random one; failed and broken ones count; neighbours and restarts.
///
/// ```
/// # use tinderbox_search::CmaEs;
/// let sampler = CmaEs { population: Some(12), ..CmaEs::new(7) };
/// ```
///
/// Source: Hansen, "The CMA Evolution Strategy: A Tutorial" (2016), arXiv:1604.00772; "Injecting External Solutions
/// Into CMA-ES" (2011), arXiv:1110.4181; for neighbours Hamano et al., "CMA-ES with Margin" (2022), §4,
/// arXiv:2205.13482; for restarts Auger and Hansen, "A Restart CMA Evolution Strategy With Increasing Population Size"
/// (2005).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CmaEs {
    /// Chooses the points; another seed gives others.
    pub seed: u64,
    /// Points of a generation, from 2 to 10,000: `4 + ⌊3 ln n⌋` for `n` numbers.
    #[serde(default)]
    pub population: Option<usize>,
    /// The first standard deviation, as a share of the range; above 0, at most 1: 1/6.
    #[serde(default = "sigma")]
    pub sigma: f64,
    /// Public so that `CmaEs { population: Some(12), ..CmaEs::new(7) }` can be written.
    #[doc(hidden)]
    #[serde(skip)]
    pub memo: Memo,
}

const fn sigma() -> f64 {
    1.0 / 6.0
}

/// The largest population, also of a restart.
const MOST: usize = 10_000;

impl CmaEs {
    /// With the default of everything else.
    pub const fn new(seed: u64) -> Self {
        Self { seed, population: None, sigma: sigma(), memo: Memo::new() }
    }

    fn check(&self) -> Result<(), SampleError> {
        let wrong = |setting, found: String, expected| {
            Err(SampleError::Setting { sampler: "CmaEs", setting, found, expected })
        };
        match self.population {
            Some(population) if !(2..=MOST).contains(&population) => {
                wrong("population", population.to_string(), "from 2 to 10000")
            }
            _ if !(self.sigma > 0.0 && self.sigma <= 1.0) => {
                wrong("sigma", self.sigma.to_string(), "a number above 0, at most 1")
            }
            _ => Ok(()),
        }
    }

    /// The distribution after every generation of `history` whose results are known.
    fn evolution(&self, space: &Space, axes: &Axes<'_>, history: &History<'_>) -> Evolution {
        let recalled = self.memo.recall(self, space, history.finished);
        let known = recalled.as_ref().map_or(0, |state| state.trials);
        let mut state = recalled.unwrap_or_else(|| self.first_state(axes));
        let mut generation = Vec::with_capacity(state.evolution.population());
        for (place, told) in history.finished.iter().enumerate().skip(known) {
            let Some(row) = axes.row(&told.parameters) else { continue };
            generation.push((told, row));
            if generation.len() < state.evolution.population() {
                continue;
            }
            generation.sort_by(|a, b| rank(a.0, b.0));
            let differ = generation.first().zip(generation.last());
            if differ.is_some_and(|(best, worst)| rank(best.0, worst.0).is_ne()) {
                let rows: Vec<_> = generation.drain(..).map(|(_, row)| row).collect();
                state.evolution.learn(&rows);
            }
            generation.clear();
            if state.evolution.has_arrived() {
                state.restarts += 1;
                // Numbers of trials count up from 0, and restarts down from the end.
                let mut stream = stream(self.seed, u64::MAX - state.restarts);
                let mean = (0..axes.len()).map(|_| unit(&mut stream)).collect();
                let population = (state.evolution.population() * 2).min(MOST);
                state.evolution = Evolution::new(mean, self.sigma, population);
            }
            state.trials = place + 1;
        }
        if state.trials > known {
            self.memo.keep(self, space, history.finished, &state);
        }
        state.evolution
    }

    /// Before the first generation.
    fn first_state(&self, axes: &Axes<'_>) -> State {
        let population = self.population.unwrap_or_else(|| default_population(axes.len()));
        let evolution = Evolution::new(vec![MIDDLE; axes.len()], self.sigma, population);
        State { evolution, restarts: 0, trials: 0 }
    }
}

impl Sampler for CmaEs {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        self.check()?;
        history.one_objective("CmaEs")?;
        let is_number =
            |distribution: &Distribution| !matches!(distribution, Distribution::Categorical { .. });
        let axes = Axes::new(space, is_number);
        if axes.len() == 0 {
            return Random { seed: self.seed }.sample(space, history, number);
        }
        let evolution = self.evolution(space, &axes, history);
        let mut stream = stream(self.seed, number);
        let mut row = evolution.draw(&mut stream);
        for _ in 0..10 * axes.len() {
            if row.iter().all(|x| (0.0..=1.0).contains(x)) {
                break;
            }
            row = evolution.draw(&mut stream);
        }
        step_aside(&axes, &evolution, &mut row, &mut stream);
        Ok(Some(axes.point(&row, |distribution| draw(distribution, &mut stream))))
    }
}

/// Which of two trials is the better one: the lesser.
fn rank(a: &Observation, b: &Observation) -> Ordering {
    let (a, b) = (class(a), class(b));
    a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
}

/// What kind of trial it is, and how good among its kind: all that the evolution learns of its result.
fn class(told: &Observation) -> (u8, f64) {
    match told.loss() {
        Some(loss) if told.is_feasible() => (0, loss),
        Some(_) => (1, told.violation),
        None => (2, 0.0),
    }
}

/// Moves values that can be counted from where the mean is to a neighbour, each with a small chance.
fn step_aside(axes: &Axes<'_>, evolution: &Evolution, row: &mut [f64], stream: &mut ChaCha12Rng) {
    let chance = 1.0 / (evolution.population() * axes.len()) as f64;
    for ((axis, x), mean) in axes.iter().zip(row).zip(&evolution.mean) {
        let Some(count) = axis.distribution.count() else { continue };
        // Drawn in any case, so that the numbers of one axis do not depend on another.
        let (moves, up) = (unit(stream) < chance, below(2, stream) == 1);
        let place = |x| axis.distribution.place(&axis.distribution.from_unit(x)).unwrap_or(0);
        let here = place(*x);
        if moves && here == place(*mean) {
            let there = if here == 0 || (up && here + 1 < count) { here + 1 } else { here - 1 };
            *x = axis.distribution.to_unit(&axis.distribution.value(there));
        }
    }
}

#[cfg(test)]
mod tests;
