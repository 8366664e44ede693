//! Guessed losses of the trials that still run.

use crate::observation::Observation;
use crate::sampler::History;
use crate::sampler::gaussian_process::guess::guess;
use crate::space::{Point, Space};

/// The most trials that a guess is made from: a point with running trials then takes a fraction of a millisecond
/// longer, however many have finished.
const MOST: usize = 50;

/// The losses that the pending trials are believed to come to, in turn, from the finished trials at `best` and the latest at
/// `ranked`. `None` where nothing can be said, and at a point that another trial tries or has tried.
pub(super) fn believed(
    space: &Space,
    history: &History<'_>,
    best: impl ExactSizeIterator<Item = usize>,
    ranked: &[usize],
) -> Vec<Option<f64>> {
    if history.pending.is_empty() {
        return Vec::new();
    }
    let latest = ranked.iter().rev().take(MOST - best.len().min(MOST)).copied();
    let mut places: Vec<_> = best.take(MOST).chain(latest).collect();
    places.sort_unstable();
    places.dedup();
    let told = places.into_iter().map(|place| &history.finished[place]);
    let seen: Vec<_> = told.filter_map(|told| Some((&told.parameters, loss(told)?))).collect();
    let mut guesses = guess(space, &seen, history.pending);
    for (turn, guess) in guesses.iter_mut().enumerate() {
        let (before, point) = (&history.pending[..turn], &history.pending[turn]);
        let is_same = |other: &&Point| *other == point;
        if seen.iter().map(|(point, _)| *point).chain(before).any(|other| is_same(&other)) {
            *guess = None;
        }
    }
    guesses
}

/// The loss, if it is the only one and can be learnt from.
pub(super) fn loss(told: &Observation) -> Option<f64> {
    told.loss().filter(|loss| loss.is_finite() && told.is_feasible() && told.losses.len() == 1)
}
