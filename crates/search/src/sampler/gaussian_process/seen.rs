//! What was seen: the observations and pending points as rows and standardised losses.

use super::super::History;
use super::super::axes::{Axes, MIDDLE};
use crate::observation::Observation;
use crate::space::Point;

/// What the models learn from.
#[derive(Default)]
pub(super) struct Seen {
    /// Where the trials lie that the models learn from.
    pub(super) rows: Vec<Vec<f64>>,
    /// Their losses, standardised.
    pub(super) losses: Vec<f64>,
    /// By how much each breaks its constraints, and what stands for nothing; none if none does.
    pub(super) violations: Option<(Vec<f64>, f64)>,
    /// The best of those that keep their constraints.
    pub(super) best: Option<usize>,
    /// How many of them finished with a loss.
    pub(super) finished: usize,
    /// Where the trials lie whose results are not known yet.
    pub(super) pending: Vec<Vec<f64>>,
    /// Where all points lie that were tried.
    pub(super) tried: Vec<Vec<f64>>,
}

impl Seen {
    /// What `history` shows, of at most `most` trials: the best half and the latest others.
    pub(super) fn new(axes: &Axes<'_>, history: &History<'_>, most: usize) -> Self {
        let row = |point: &Point| {
            let places = axes.row(point)?;
            Some(places.into_iter().map(|place| place.unwrap_or(MIDDLE)).collect::<Vec<_>>())
        };
        let told: Vec<_> =
            history.finished.iter().filter_map(|told| Some((told, row(&told.parameters)?))).collect();
        let pending: Vec<_> = history.pending.iter().filter_map(row).collect();
        let tried = told.iter().map(|(_, row)| row).chain(&pending).cloned().collect();
        let finished = told.iter().filter(|(told, _)| told.loss().is_some()).count();
        if finished == 0 {
            return Self { pending, tried, ..Self::default() };
        }
        let kept = keep(told, most);

        let finite = || kept.iter().filter_map(|(told, _)| told.loss()).filter(|loss| loss.is_finite());
        let least = finite().reduce(f64::min).unwrap_or(0.0);
        let greatest = finite().reduce(f64::max).unwrap_or(0.0);
        // A trial that failed or was stopped is as bad as the worst that finished.
        let losses: Vec<_> =
            kept.iter().map(|(told, _)| told.loss().unwrap_or(greatest).clamp(least, greatest)).collect();
        let best = (0..kept.len()).filter(|place| kept[*place].0.is_feasible());
        let best = best.min_by(|a, b| kept[*a].0.losses[0].total_cmp(&kept[*b].0.losses[0]));

        let largest =
            kept.iter().map(|(told, _)| told.violation).filter(|it| it.is_finite()).fold(0.0, f64::max);
        let violations = kept.iter().any(|(told, _)| told.violation > 0.0).then(|| {
            let largest = if largest > 0.0 { largest } else { 1.0 };
            // Zero goes along to learn what stands for it.
            let each = kept.iter().map(|(told, _)| told.violation.clamp(0.0, largest));
            let each: Vec<_> = each.chain([0.0]).collect();
            let (mut each, ..) = standardised(&each);
            let none = each.pop().unwrap_or(0.0);
            (each, none)
        });
        let rows = kept.into_iter().map(|(_, row)| row).collect();
        let (losses, ..) = standardised(&losses);
        Self { rows, losses, violations, best, finished, pending, tried }
    }
}

/// At most `most` of the trials: those with the least losses, for one half, and the latest of the others.
fn keep(told: Vec<(&Observation, Vec<f64>)>, most: usize) -> Vec<(&Observation, Vec<f64>)> {
    if told.len() <= most {
        return told;
    }
    let mut order: Vec<_> = (0..told.len()).collect();
    let loss = |place: &usize| {
        let told = told[*place].0;
        (told.is_feasible(), told.loss().unwrap_or(f64::INFINITY))
    };
    order.sort_by(|a, b| {
        let (a, b) = (loss(a), loss(b));
        b.0.cmp(&a.0).then(a.1.total_cmp(&b.1))
    });
    let latest = &mut order[most / 2..];
    latest.sort_unstable_by(|a, b| b.cmp(a));
    order.truncate(most);
    order.sort_unstable();
    let mut told: Vec<_> = told.into_iter().map(Some).collect();
    order.into_iter().filter_map(|place| told[place].take()).collect()
}

/// With mean 0 and variance 1, or all 0 if they are equal; then the mean and the deviation that they had.
pub(super) fn standardised(values: &[f64]) -> (Vec<f64>, f64, f64) {
    // Squares of the largest numbers would overflow.
    let largest =
        values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs())).max(f64::MIN_POSITIVE);
    let values: Vec<_> = values.iter().map(|value| value / largest).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    let deviation = variance.sqrt().max(1e-10);
    let standardised = values.iter().map(|value| (value - mean) / deviation).collect();
    (standardised, largest * mean, largest * deviation)
}
