//! A density on a grid, estimated from how often its points came.

use std::f64::consts::FRAC_1_SQRT_2;

use crate::parameter::Distribution;

/// Weight of the prior, in trials.
const PRIOR: f64 = 1.0;

/// Added to every density, so that one can be divided by another.
const FLOOR: f64 = 1e-12;

/// The density at each point of the grid that `counts` counts: a mixture of a kernel on each point that came, as heavy
/// as it came often, and of a flat prior as heavy as one trial.
///
/// Over choices, the kernel of one is a half or more on it, the rest even over all. Over a range, kernels are normal
/// distributions cut at its ends, as wide as Scott's rule says (1992, "Multivariate Density Estimation"), and the prior
/// is as wide as the range.
pub(super) fn density(distribution: &Distribution, counts: &[usize]) -> Vec<f64> {
    let trials: usize = counts.iter().sum();
    let kernel: Box<dyn Fn(Option<usize>, usize) -> f64> = match distribution {
        Distribution::Categorical { .. } => choice_kernel(counts),
        Distribution::Float { .. } | Distribution::Int { .. } => normal_kernel(counts, trials),
    };
    let density = |point| {
        let weighed = |(place, count)| count as f64 * kernel(Some(place), point);
        let came = counts.iter().copied().enumerate().filter(|(_, count)| *count > 0);
        let mixture = came.map(weighed).sum::<f64>() + PRIOR * kernel(None, point);
        mixture / (trials as f64 + PRIOR) + FLOOR
    };
    (0..counts.len()).map(density).collect()
}

/// The kernel around a choice, or the prior's, at a choice.
fn choice_kernel(counts: &[usize]) -> Box<dyn Fn(Option<usize>, usize) -> f64> {
    let choices = counts.len() as f64;
    let kernels = counts.iter().filter(|count| **count > 0).count() as f64 + 1.0;
    let even = PRIOR / kernels;
    Box::new(move |around, at| match around {
        Some(around) => (even + f64::from(u8::from(around == at))) / (even * choices + 1.0),
        None => 1.0 / choices,
    })
}

/// The kernel around a point, or the prior's, at a point.
fn normal_kernel(counts: &[usize], trials: usize) -> Box<dyn Fn(Option<usize>, usize) -> f64> {
    let points = counts.len() as f64;
    let width = width(counts, trials);
    let kernel = |mean: f64, deviation: f64| {
        let scaled = move |bound: f64| (bound - mean) / deviation;
        // What the cut at the ends leaves, once for all points.
        let left = normal_mass(scaled(-0.5), scaled(points - 0.5));
        move |at: usize| normal_mass(scaled(at as f64 - 0.5), scaled(at as f64 + 0.5)) / left
    };
    let around: Vec<_> = (0..counts.len()).map(|place| kernel(place as f64, width)).collect();
    let prior = kernel((points - 1.0) / 2.0, points);
    Box::new(move |place, at| place.map_or_else(|| prior(at), |place| around[place](at)))
}

/// The standard deviation of kernels, in points of the grid.
fn width(counts: &[usize], trials: usize) -> f64 {
    let weighed = || counts.iter().enumerate().map(|(point, count)| (point as f64, *count as f64));
    let sum = trials as f64;
    let mean = weighed().map(|(point, count)| point * count).sum::<f64>() / sum;
    let squares: f64 = weighed().map(|(point, count)| (point - mean) * (point - mean) * count).sum();
    let deviation = (squares / (sum - 1.0).max(1.0)).sqrt();

    // The first point with so many values up to it, and for the third quartile with more.
    let point = |is_there: &dyn Fn(usize) -> bool| {
        let mut up_to = 0;
        let came = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let mut last = 0;
        for (point, count) in came {
            up_to += count;
            last = point;
            if is_there(up_to) {
                break;
            }
        }
        last as f64
    };
    let quartiles = point(&|up_to| up_to > trials * 3 / 4) - point(&|up_to| up_to >= trials / 4);
    let scott = 1.059 * (quartiles / 1.34).min(deviation) * libm::pow(sum, -0.2);
    // 90 % of a kernel stays on its point.
    scott.max(0.5 / 1.64)
}

/// The share of the standard normal distribution from `from` to `to`.
fn normal_mass(from: f64, to: f64) -> f64 {
    let above = |bound: f64| 0.5 * libm::erfc(bound * FRAC_1_SQRT_2);
    // Where both lie on one side, the small shares beyond them are exact, and those up to them are not.
    if to <= 0.0 { above(-to) - above(-from) } else { above(from) - above(to) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_adds_up_to_one() {
        let total = |distribution, counts: &[usize]| density(&distribution, counts).iter().sum::<f64>();
        assert!((total(Distribution::choice([1, 2, 3]), &[4, 0, 1]) - 1.0).abs() < 1e-9);
        assert!((total(Distribution::int(0, 4), &[4, 0, 1, 0, 9]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_choice_that_came_once_shares_with_the_prior() {
        // Two kernels: the one of the choice that came is 3/4 and 1/4, the prior is even.
        let density = density(&Distribution::choice([1, 2]), &[1, 0]);
        assert!((density[0] - 0.625).abs() < 1e-9 && (density[1] - 0.375).abs() < 1e-9, "{density:?}");
    }
}
