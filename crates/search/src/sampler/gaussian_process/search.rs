//! The search for the point that promises most.

use std::collections::BTreeSet;

use rand_chacha::ChaCha12Rng;

use super::super::axes::Axes;
use super::super::descent::Descent;
use super::super::stream::unit;
use super::improvement::{Promise, log_chance_below, log_improvement};
use super::model::{Belief, Model};
use crate::parameter::Distribution;

/// Points drawn at random to begin with: Optuna's number.
const DRAWN: usize = 2048;
/// Climbs, from the best of these, from others by their promise, and from the best point seen: Optuna's number.
const CLIMBS: usize = 10;
/// Rounds of a climb, each over the numbers and then every other axis in turn.
const ROUNDS: usize = 20;
/// Values of an axis that are all tried; of one with more, neighbours at growing distances.
const FEW: u64 = 16;

/// What a point promises, by two models.
pub(super) struct Promises {
    /// Of the loss, and the least so far; none as long as no point has kept the constraints.
    pub(super) loss: Option<(Model, f64)>,
    /// Of by how much constraints are broken, and how much that may be; none if none was broken.
    pub(super) violation: Option<(Model, f64)>,
    /// Rows that are not to be tried again.
    pub(super) tried: BTreeSet<Vec<u64>>,
}

impl Promises {
    fn value(&self, row: &[f64]) -> f64 {
        if self.tried.contains(&bits(row)) {
            return f64::NEG_INFINITY;
        }
        let loss = self.loss.as_ref().map(|(model, best)| log_improvement(&model.at(row), *best).value);
        let kept = self.violation.as_ref().map(|(model, most)| log_chance_below(&model.at(row), *most).value);
        loss.unwrap_or(0.0) + kept.unwrap_or(0.0)
    }

    /// The negative promise; writes its slopes.
    fn descent(&self, row: &[f64], slopes: &mut [f64]) -> f64 {
        slopes.fill(0.0);
        let mut value = 0.0;
        let mut add = |model: &Model, promise: fn(&Belief, f64) -> Promise, limit: f64| {
            let (belief, means, variances) = model.with_slopes(row);
            let promise = promise(&belief, limit);
            value -= promise.value;
            for ((slope, mean), variance) in slopes.iter_mut().zip(means).zip(variances) {
                *slope -= promise.over_mean * mean + promise.over_variance * variance;
            }
        };
        if let Some((model, best)) = &self.loss {
            add(model, log_improvement, *best);
        }
        if let Some((model, most)) = &self.violation {
            add(model, log_chance_below, *most);
        }
        value
    }

    /// What the length of each axis is to a climb.
    fn lengths(&self) -> Vec<f64> {
        let models = self.loss.as_ref().or(self.violation.as_ref());
        let weights = models.map(|(model, _)| model.weights()).unwrap_or_default();
        weights.iter().map(|weight| 1.0 / weight.sqrt()).collect()
    }
}

/// The bits of a row, which can be looked up.
pub(super) fn bits(row: &[f64]) -> Vec<u64> {
    row.iter().map(|x| x.to_bits()).collect()
}

/// The row that promises most, as far as `best` (the best row seen) and rows drawn from `stream` lead there; `None` if
/// all of these were tried.
pub(super) fn search(
    axes: &Axes<'_>,
    promises: &Promises,
    best: Option<&[f64]>,
    stream: &mut ChaCha12Rng,
) -> Option<Vec<f64>> {
    let drawn = (0..DRAWN).map(|_| {
        let row = axes.snap(&axes.iter().map(|_| unit(stream)).collect::<Vec<_>>());
        let promise = promises.value(&row);
        // The largest sums of logarithm and Gumbel noise are a draw by promise, without replacement.
        (promise, promise - libm::log(-libm::log(unit(stream).max(f64::MIN_POSITIVE))), row)
    });
    let mut drawn: Vec<_> = drawn.filter(|(promise, ..)| *promise > f64::NEG_INFINITY).collect();
    let first = (0..drawn.len()).max_by(|a, b| drawn[*a].0.total_cmp(&drawn[*b].0))?;
    let (_, _, first) = drawn.swap_remove(first);
    drawn.sort_by(|a, b| b.1.total_cmp(&a.1));

    let lengths = promises.lengths();
    let others = drawn.into_iter().map(|(_, _, row)| row).take(CLIMBS - 2);
    let starts = std::iter::once(first).chain(others).chain(best.map(<[f64]>::to_vec));
    let ends = starts.map(|start| climb(axes, promises, &lengths, start));
    ends.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(row, _)| row)
}

/// Climbs from `row` until no axis promises more.
fn climb(axes: &Axes<'_>, promises: &Promises, lengths: &[f64], mut row: Vec<f64>) -> (Vec<f64>, f64) {
    let mut value = promises.value(&row);
    for _ in 0..ROUNDS {
        let before = value;
        climb_numbers(axes, promises, lengths, &mut row, &mut value);
        let mut jumped = false;
        for (place, axis) in axes.iter().enumerate() {
            jumped |= climb_values(axes, promises, place, axis.distribution, &mut row, &mut value);
        }
        if !jumped || value <= before {
            break;
        }
    }
    (row, value)
}

/// Climbs along the slopes of the axes that are real numbers, each measured in its length.
fn climb_numbers(axes: &Axes<'_>, promises: &Promises, lengths: &[f64], row: &mut Vec<f64>, value: &mut f64) {
    let active = axes.active(row);
    let moves: Vec<_> =
        axes.iter().zip(active).map(|(axis, active)| active && axis.distribution.count().is_none()).collect();
    if !moves.contains(&true) {
        return;
    }
    let bound = |end: f64| {
        let each = row.iter().zip(lengths).zip(&moves);
        each.map(|((x, length), moves)| if *moves { end } else { *x } / length).collect::<Vec<_>>()
    };
    let (lower, upper) = (bound(0.0), bound(1.0));
    let start: Vec<_> = row.iter().zip(lengths).map(|(x, length)| x / length).collect();
    let unscaled = |scaled: &[f64]| {
        let each = scaled.iter().zip(lengths).zip(&moves).zip(row.iter());
        each.map(|(((x, length), moves), row)| if *moves { (x * length).min(1.0) } else { *row })
            .collect::<Vec<_>>()
    };
    let descent = Descent { lower: &lower, upper: &upper, flat: 1e-2, steps: 200 };
    let (end, _) = descent.run(&start, |scaled, slopes| {
        let value = promises.descent(&unscaled(scaled), slopes);
        for ((slope, length), moves) in slopes.iter_mut().zip(lengths).zip(&moves) {
            *slope *= if *moves { *length } else { 0.0 };
        }
        value
    });
    let end = axes.snap(&unscaled(&end));
    let there = promises.value(&end);
    if there > *value {
        (*row, *value) = (end, there);
    }
}

/// Moves to the best value of an axis whose values can be counted: of all if these are few, or else of those at distances of 1,
/// 2, 4 and so on, as long as that promises more.
fn climb_values(
    axes: &Axes<'_>,
    promises: &Promises,
    place: usize,
    distribution: &Distribution,
    row: &mut Vec<f64>,
    value: &mut f64,
) -> bool {
    let Some(count) = distribution.count() else { return false };
    let all = count <= FEW || matches!(distribution, Distribution::Categorical { .. });
    let mut jumped = false;
    loop {
        let values: Vec<u64> = if all {
            (0..count).collect()
        } else {
            let here = distribution.place(&distribution.from_unit(row[place])).unwrap_or(0);
            let distances = (0..64).map(|power| 1_u64 << power).take_while(|distance| *distance < count);
            distances
                .flat_map(|distance| [here.saturating_sub(distance), (here + distance).min(count - 1)])
                .collect()
        };
        let mut better = false;
        let start = row.clone();
        for other in values {
            let mut moved = start.clone();
            moved[place] = distribution.to_unit(&distribution.value(other));
            let moved = axes.snap(&moved);
            let there = promises.value(&moved);
            if there > *value {
                (*row, *value, better) = (moved, there, true);
            }
        }
        jumped |= better;
        if all || !better {
            return jumped;
        }
    }
}
