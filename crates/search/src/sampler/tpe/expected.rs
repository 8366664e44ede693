//! What is expected of candidates while other trials run: a smooth guess beside the densities.

use super::believed::loss;
use crate::sampler::History;
use crate::sampler::gaussian_process::guess::guess_standardised;
use crate::space::{Point, Space};

/// The most trials that are looked at, the latest: a point costs about a millisecond more, however many were told.
const MOST: usize = 100;
/// What one deviation of the losses counts beside a density that is `e` times as large.
const WEIGHT: f64 = 2.0;

/// What is added to the merit of each of `points`: nothing unless trials run, or else the more, the less loss is expected.
///
/// The densities learn little from few results: they know that a trial was good or not, but not by how much. Losses
/// above the median count as the median, for how bad a bad trial was says nothing of the good ones.
pub(super) fn expected(space: &Space, history: &History<'_>, points: &[Point]) -> Vec<f64> {
    if history.pending.is_empty() {
        return vec![0.0; points.len()];
    }
    let latest = history.finished.iter().rev().take(MOST);
    let mut seen: Vec<_> = latest.filter_map(|told| Some((&told.parameters, loss(told)?))).collect();
    let mut losses: Vec<_> = seen.iter().map(|(_, loss)| *loss).collect();
    losses.sort_unstable_by(f64::total_cmp);
    if let Some(median) = losses.get(losses.len() / 2) {
        for (_, loss) in &mut seen {
            *loss = loss.min(*median);
        }
    }
    let (guesses, ..) = guess_standardised(space, &seen, points);
    guesses.into_iter().map(|guess| -WEIGHT * guess.unwrap_or(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::observation::Observation;
    use crate::parameter::Distribution;

    #[test]
    fn less_loss_is_expected_near_good_trials_and_nothing_is_added_unless_trials_run() {
        let space = Space::new([("x", Distribution::uniform(0.0, 1.0))]).unwrap();
        let at = |x: f64| space.point_of([("x", json!(x))]).unwrap();
        let told = [0.0, 0.25, 0.5, 0.75, 1.0].map(|x: f64| Observation {
            parameters: at(x),
            losses: vec![if x > 0.9 { 1e300 } else { (x - 0.3).abs() }],
            ..Observation::default()
        });
        let (pending, points) = ([at(0.6)], [at(0.3), at(0.7), Point::default()]);
        let history = History { finished: &told, pending: &pending, ..History::default() };
        let added = expected(&space, &history, &points);
        assert!(added[0] > 1.0 + added[1], "{added:?}");
        assert_eq!(added[2].to_bits(), (-0.0_f64).to_bits(), "of another space");
        assert_eq!(expected(&space, &History { pending: &[], ..history }, &points), [0.0; 3]);
        assert_eq!(
            expected(&space, &History { finished: &[], ..history }, &points),
            [0.0; 3],
            "nothing was told"
        );
    }
}
