//! The split: the best trials on one side, the others on the other.

use std::cmp::Ordering;

use super::Tpe;
use crate::observation::Observation;
use crate::sampler::History;
use crate::space::{Point, Space};

/// The newest trials among the others that count in full; the weights of older ones rise to that in a line.
const IN_FULL: usize = 25;

/// The trials of a history that have a say, in the order of their numbers.
pub(super) struct Split {
    /// How many trials have a rank.
    pub(super) ranked: usize,
    /// The best of them.
    pub(super) good: Side,
    /// The others, and those that still run.
    pub(super) others: Side,
}

/// One side of the split.
#[derive(Default)]
pub(super) struct Side {
    /// A row a trial: where it lies in each dimension, NaN where that is not active.
    pub(super) rows: Vec<Vec<f64>>,
    /// The weight of each row.
    pub(super) weights: Vec<f64>,
    /// How many trials the rows stand for: as many, or more.
    pub(super) trials: usize,
}

impl Split {
    pub(super) fn new(tpe: &Tpe, space: &Space, history: &History<'_>) -> Self {
        // Told trials may be many. Each is looked at once, and few of them closely.
        let mut best: Vec<(Rank, usize, Vec<f64>)> = Vec::with_capacity(tpe.most_good + 1);
        let mut ranked = Vec::with_capacity(history.told.len());
        for (place, told) in history.told.iter().enumerate() {
            let Some(rank) = Rank::of(told) else { continue };
            ranked.push(place);
            if (best.len() < tpe.most_good || best.last().is_some_and(|worst| rank.is_before(&worst.0)))
                && let Some(row) = row(space, &told.parameters)
            {
                let after = best.partition_point(|other| !rank.is_before(&other.0));
                best.insert(after, (rank, place, row));
                best.truncate(tpe.most_good);
            }
        }
        best.truncate((tpe.good_share * ranked.len() as f64).ceil() as usize);
        best.sort_unstable_by_key(|(_, place, _)| *place);
        let total = ranked.len();
        ranked.retain(|place| best.binary_search_by_key(place, |(_, place, _)| *place).is_err());
        let rows: Vec<_> = best.into_iter().map(|(_, _, row)| row).collect();
        Self {
            ranked: total,
            good: Side { weights: vec![1.0; rows.len()], trials: rows.len(), rows },
            others: others(tpe, space, history, &ranked),
        }
    }
}

/// The told trials at `places` and the pending ones.
fn others(tpe: &Tpe, space: &Space, history: &History<'_>, places: &[usize]) -> Side {
    let trials = places.len() + history.pending.len();
    let kept = places.len().min(tpe.most_others);
    let stands_for = places.len() as f64 / kept.max(1) as f64;
    let mut side = Side { trials, ..Side::default() };
    let mut push = |point, age_place: usize, weight: f64| {
        if let Some(row) = row(space, point) {
            side.rows.push(row);
            side.weights.push(weight * weight_of(age_place, trials));
        }
    };
    for turn in 0..kept {
        // The middle of each of `kept` equal stretches.
        let place = (2 * turn + 1) * places.len() / (2 * kept);
        push(&history.told[places[place]].parameters, place, stands_for);
    }
    for (place, point) in (places.len()..).zip(history.pending) {
        push(point, place, 1.0);
    }
    side
}

/// The weight of the trial at `place` of `trials` in the order of their numbers: 1 for the newest, less for older ones.
fn weight_of(place: usize, trials: usize) -> f64 {
    match trials.saturating_sub(IN_FULL) {
        ramp if place < ramp => {
            let least = 1.0 / trials as f64;
            least + (1.0 - least) * place as f64 / (ramp - 1).max(1) as f64
        }
        _ => 1.0,
    }
}

/// Where `point` lies: the place of a choice, and a number from 0 to 1 in other dimensions.
fn row(space: &Space, point: &Point) -> Option<Vec<f64>> {
    let mut row = vec![f64::NAN; space.dimensions().len()];
    let known =
        space.visit(point, |place, distribution, value| row[place] = super::unit(distribution, value));
    known.then_some(row)
}

/// How good a trial is, by what counts first: less is better.
struct Rank(u8, f64, f64);

impl Rank {
    /// Of trials that keep their constraints the complete ones come first, by their loss; then those that were stopped
    /// early, by how far they got and what they reported last; then those that break constraints, by how much.
    fn of(told: &Observation) -> Option<Self> {
        match (told.loss(), told.curve.last()) {
            (None, _) if !told.pruned => None,
            _ if told.violation > 0.0 => Some(Self(2, told.violation, 0.0)),
            (Some(loss), _) => Some(Self(0, loss, 0.0)),
            (None, None) => Some(Self(1, 1.0, 0.0)),
            (None, Some((step, last))) => {
                Some(Self(1, -f64::from(*step), if last.is_nan() { f64::INFINITY } else { *last }))
            }
        }
    }

    fn is_before(&self, other: &Self) -> bool {
        let order = self.0.cmp(&other.0).then(self.1.total_cmp(&other.1)).then(self.2.total_cmp(&other.2));
        order == Ordering::Less
    }
}

#[cfg(test)]
mod tests;
