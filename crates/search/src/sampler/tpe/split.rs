//! The split: the best trials on one side, the others on the other.

use std::cmp::Ordering;

use super::Tpe;
use super::believed::believed;
use super::ranks::ranks;
use crate::observation::Observation;
use crate::sampler::History;
use crate::space::{Point, Space};

/// The newest trials among the others that count in full; the weights of older ones rise to that in a line.
const IN_FULL: usize = 25;

/// The trials of a history that have a say, in the order of their numbers.
pub(super) struct Split {
    /// How many trials have a rank.
    pub(super) ranked: usize,
    /// The best of them, and of those that still run where these are believed to be as good.
    pub(super) good: Side,
    /// The others, and the others that still run.
    pub(super) others: Side,
}

/// One side of the split.
#[derive(Default)]
pub(super) struct Side {
    /// A row a trial, one after the other: where it lies in each dimension, NaN where that is not active.
    pub(super) rows: Vec<f64>,
    /// The weight of each row.
    pub(super) weights: Vec<f64>,
    /// How many trials the rows stand for: as many, or more.
    pub(super) trials: usize,
}

impl Split {
    pub(super) fn new(tpe: &Tpe, space: &Space, history: &History<'_>) -> Self {
        // Finished trials may be many. Each is looked at once, and few of them closely. Losses lie all over the memory:
        // fetched in a loop of its own, many are on their way at a time.
        let losses = ranks(tpe, space, history.finished);
        let mut best: Vec<(Rank, usize, Vec<f64>)> = Vec::new();
        let mut ranked = Vec::with_capacity(losses.len());
        for (place, (told, loss)) in history.finished.iter().zip(losses).enumerate() {
            let Some(rank) = Rank::new(told, loss) else { continue };
            ranked.push(place);
            if best.len() == tpe.most_good && best.last().is_some_and(|worst| !rank.is_before(&worst.0)) {
                continue;
            }
            let mut row = Vec::new();
            if push(space, &told.parameters, &mut row) {
                let after = best.partition_point(|other| !rank.is_before(&other.0));
                best.insert(after, (rank, place, row));
                best.truncate(tpe.most_good);
            }
        }
        let total = ranked.len();
        let believed = believed(space, history, best.iter().map(|(_, place, _)| *place), &ranked);
        let running = history.pending.iter().zip(&believed);
        for (place, (point, loss)) in (history.finished.len()..).zip(running) {
            let (Some(loss), mut row) = (*loss, Vec::new()) else { continue };
            if push(space, point, &mut row) {
                let rank = Rank(0, loss, 0.0);
                let after = best.partition_point(|other| !rank.is_before(&other.0));
                best.insert(after, (rank, place, row));
            }
        }
        best.truncate(tpe.good_share_of(total + believed.iter().flatten().count()).min(tpe.most_good));
        best.sort_unstable_by_key(|(_, place, _)| *place);
        let mut good = best.iter().map(|(_, place, _)| *place).peekable();
        ranked.retain(|place| good.next_if_eq(place).is_none());
        // Those that are left come after all that were told: running ones.
        let running: Vec<_> = good.map(|place| place - history.finished.len()).collect();
        let others = others(tpe, space, history, &ranked, &running);
        Self {
            ranked: total,
            good: Side {
                weights: vec![1.0; best.len()],
                trials: best.len(),
                rows: best.into_iter().flat_map(|(_, _, row)| row).collect(),
            },
            others,
        }
    }
}

impl Side {
    /// Whether one of its trials tried the point of `row`.
    pub(super) fn holds(&self, row: &[f64]) -> bool {
        let same = |other: &[f64]| other.iter().zip(row).all(|(a, b)| a.to_bits() == b.to_bits());
        self.rows.chunks_exact(row.len()).any(same)
    }
}

/// The finished trials at `places` and the pending ones, except those that are believed to be `good`.
fn others(tpe: &Tpe, space: &Space, history: &History<'_>, places: &[usize], good: &[usize]) -> Side {
    let trials = places.len() + history.pending.len() - good.len();
    let mut side = Side { trials, ..Side::default() };
    for (turn, weight) in evenly(tpe.most_others, places.len(), trials) {
        if push(space, &history.finished[places[turn]].parameters, &mut side.rows) {
            side.weights.push(weight);
        }
    }
    for (turn, point) in history.pending.iter().enumerate() {
        if !good.contains(&turn) && push(space, point, &mut side.rows) {
            side.weights.push(1.0);
        }
    }
    side
}

/// All of `told` turns with their weights, or at most `most`, for each of as many equal parts of the whole weight the
/// one in which its middle lies: newer trials, which weigh more, are left out more rarely.
fn evenly(most: usize, told: usize, trials: usize) -> Vec<(usize, f64)> {
    let weights = weights(trials).take(told).enumerate();
    if told <= most {
        return weights.collect();
    }
    let part = weights.clone().map(|(_, weight)| weight).sum::<f64>() / most as f64;
    let (mut sum, mut given) = (0.0, 0.0);
    let mut kept = Vec::with_capacity(most);
    for (turn, weight) in weights {
        sum += weight;
        if sum >= (given + 0.5) * part {
            let parts = (sum / part + 0.5).floor().max(given + 1.0);
            kept.push((turn, (parts - given) * part));
            given = parts;
        }
    }
    kept
}

/// The weights of `trials` trials in the order of their numbers: 1 for the newest, less for older ones.
fn weights(trials: usize) -> impl Iterator<Item = f64> + Clone {
    let ramp = trials.saturating_sub(IN_FULL);
    let least = 1.0 / trials as f64;
    let slope = (1.0 - least) / ramp.saturating_sub(1).max(1) as f64;
    (0..trials).map(move |turn| if turn < ramp { least + slope * turn as f64 } else { 1.0 })
}

/// Adds the row of `point` to `rows`, or nothing if it is not a point of this space.
fn push(space: &Space, point: &Point, rows: &mut Vec<f64>) -> bool {
    let start = rows.len();
    rows.resize(start + space.dimensions().len(), f64::NAN);
    let own = space
        .visit(point, |place, distribution, value| rows[start + place] = super::unit(distribution, value));
    if !own {
        rows.truncate(start);
    }
    own
}

/// How good a trial is, by what counts first: less is better.
struct Rank(u8, f64, f64);

impl Rank {
    /// Of trials that keep their constraints the complete ones come first, by their loss or what stands for several;
    /// then those that were stopped early, by how far they got and what they reported last; then those that break
    /// constraints, by how much.
    fn new(told: &Observation, loss: Option<f64>) -> Option<Self> {
        match (loss, told.curve.last()) {
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
