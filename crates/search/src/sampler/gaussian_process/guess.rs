//! A quick guess of losses: by a Gaussian process whose kernel is given, not fitted.

use super::super::axes::{Axes, Axis, MIDDLE};
use super::kernel::Kernel;
use super::model::Model;
use super::seen::standardised;
use crate::space::{Point, Space};

/// `1/ℓ²` on an axis of numbers: a length of half the range.
const WEIGHT: f64 = 4.0;
/// `1/ℓ²` between two choices: most of what is known of one holds of another.
const CHOICE: f64 = 0.3;
/// The variance of the noise, where that of the losses is 1.
const NOISE: f64 = 1e-3;

/// The losses to be expected at `points` after `seen`, whose losses are finite; `None` for a point of another space,
/// and for all if those seen are too alike.
pub(in super::super) fn guess(space: &Space, seen: &[(&Point, f64)], points: &[Point]) -> Vec<Option<f64>> {
    let (guesses, mean, deviation) = guess_standardised(space, seen, points);
    let loss = |guess: f64| Some(mean + deviation * guess).filter(|loss| loss.is_finite());
    guesses.into_iter().map(|guess| guess.and_then(loss)).collect()
}

/// The same in deviations of the losses seen from their mean, and these two.
pub(in super::super) fn guess_standardised(
    space: &Space,
    seen: &[(&Point, f64)],
    points: &[Point],
) -> (Vec<Option<f64>>, f64, f64) {
    let axes = Axes::new(space, |_| true);
    let row = |point: &Point| {
        let places = axes.row(point)?;
        Some(places.into_iter().map(|place| place.unwrap_or(MIDDLE)).collect::<Vec<_>>())
    };
    let (rows, losses): (Vec<_>, Vec<_>) =
        seen.iter().filter_map(|(point, loss)| Some((row(point)?, *loss))).unzip();
    if rows.is_empty() {
        return (vec![None; points.len()], 0.0, 0.0);
    }
    let (standardised, mean, deviation) = standardised(&losses);
    let choices: Vec<_> = axes.iter().map(Axis::is_choice).collect();
    let kernel = Kernel {
        weights: choices.iter().map(|is_choice| if *is_choice { CHOICE } else { WEIGHT }).collect(),
        choices,
        scale: 1.0,
        noise: NOISE,
    };
    let model = Model::new(kernel, rows, &standardised);
    let expected = |point: &Point| Some(model.as_ref()?.at(&row(point)?).mean);
    let guesses = points.iter().map(|point| expected(point).filter(|guess| guess.is_finite()));
    (guesses.collect(), mean, deviation)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parameter::Distribution;

    #[test]
    fn a_slope_goes_on_between_the_points_seen_and_far_away_the_mean_is_expected() {
        let space = Space::new([("x", Distribution::uniform(0.0, 1.0))]).unwrap();
        let at = |x: f64| space.point_of([("x", json!(x))]).unwrap();
        let seen: Vec<_> = [0.0, 0.1, 0.2, 0.4].map(|x| (at(x), 100.0 + x)).into();
        let seen: Vec<_> = seen.iter().map(|(point, loss)| (point, *loss)).collect();
        let points = [at(0.3), at(0.2), Point::default()];
        let guesses = guess(&space, &seen, &points);
        assert!((guesses[0].unwrap() - 100.3).abs() < 0.01, "{guesses:?}");
        assert!((guesses[1].unwrap() - 100.2).abs() < 0.01, "{guesses:?}");
        assert_eq!(guesses[2], None, "of another space");
        assert_eq!(guess(&space, &[], &points), [None; 3]);
        let huge = [(seen[0].0, f64::MAX), (seen[3].0, -f64::MAX)];
        assert!(guess(&space, &huge, &points)[..2].iter().flatten().all(|loss| loss.is_finite()));
    }
}
