//! The fit: the kernel under which what was seen is likeliest.

use super::super::descent::Descent;
use super::super::linear::{Matrix, dot};
use super::kernel::Kernel;
use super::model::covariance;

/// The least variance of the noise: Optuna's, so that the covariances can be inverted.
const LEAST_NOISE: f64 = 1e-6;
/// Bounds of the logarithms of a weight, the scale and the noise above its least: beyond, nothing changes any more.
const LOG_BOUNDS: (f64, f64) = (-16.0, 12.0);
/// The kernel that maximises the likelihood of `values` at `rows`, times a prior.
///
/// The priors are Optuna's: `exp(-w/10 - 1/(10 w))` for each weight, Gamma(2, 1) for the scale and Gamma(1.1, 30) for
/// the noise. Without noise (`deterministic`), its variance is the least.
pub(super) fn fit(choices: &[bool], rows: &[Vec<f64>], values: &[f64], deterministic: bool) -> Kernel {
    let axes = choices.len();
    let (lower, mut upper) = (vec![LOG_BOUNDS.0; axes + 2], vec![LOG_BOUNDS.1; axes + 2]);
    if deterministic {
        upper[axes + 1] = LOG_BOUNDS.0;
    }
    let descent = Descent { lower: &lower, upper: &upper, flat: 1e-2, steps: 100 };
    let start = vec![0.0; axes + 2];
    let (logs, _) = descent.run(&start, |logs, slopes| loss(&kernel(choices, logs), rows, values, slopes));
    kernel(choices, &logs)
}

/// The kernel of these logarithms: of the weights, the scale and the noise above its least.
fn kernel(choices: &[bool], logs: &[f64]) -> Kernel {
    let axes = choices.len();
    Kernel {
        weights: logs[..axes].iter().map(|log| libm::exp(*log)).collect(),
        choices: choices.to_vec(),
        scale: libm::exp(logs[axes]),
        noise: LEAST_NOISE + libm::exp(logs[axes + 1]),
    }
}

/// The negative logarithm of likelihood times prior, without constants; writes its slopes over the kernel's
/// logarithms.
///
/// With `C = K + noise I` and `α = C⁻¹ y`, the likelihood's is `½ log |C| + ½ yᵀ α`, and its slope over any parameter
/// `½ Σ (C⁻¹ - α αᵀ) ∘ ∂C`.
///
/// Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), eqs. 5.8 and 5.9.
fn loss(kernel: &Kernel, rows: &[Vec<f64>], values: &[f64], slopes: &mut [f64]) -> f64 {
    let axes = kernel.weights.len();
    slopes.fill(0.0);
    let Some(lower) = covariance(kernel, rows).cholesky() else { return f64::INFINITY };
    let inverse = lower.lower_inverse();
    let half = inverse.lower_times(values);
    let pulls = inverse.upper_times(&half);
    let log_determinant: f64 = (0..rows.len()).map(|row| libm::log(lower.row(row)[row])).sum();
    add_likelihood_slopes(kernel, rows, &inverse.lower_square(), &pulls, slopes);

    let (scale, noise) = (kernel.scale, kernel.noise);
    let raw_noise = noise - LEAST_NOISE;
    let mut prior = 0.0;
    for (weight, slope) in kernel.weights.iter().zip(slopes.iter_mut()) {
        prior += 0.1 / weight + 0.1 * weight;
        *slope += 0.1 * weight - 0.1 / weight;
    }
    prior += scale - libm::log(scale);
    slopes[axes] += scale - 1.0;
    prior += 30.0 * noise - 0.1 * libm::log(noise);
    slopes[axes + 1] += (30.0 - 0.1 / noise) * raw_noise;
    log_determinant + 0.5 * dot(&half, &half) + prior
}

fn add_likelihood_slopes(
    kernel: &Kernel,
    rows: &[Vec<f64>],
    inverse: &Matrix,
    pulls: &[f64],
    slopes: &mut [f64],
) {
    let axes = kernel.weights.len();
    let mut of_scale = 0.0;
    let mut of_noise = 0.0;
    for (i, row) in rows.iter().enumerate() {
        // Each pair stands for two entries off the diagonal.
        for (j, other) in rows[..i].iter().enumerate() {
            let share = inverse.row(i)[j] - pulls[i] * pulls[j];
            let (alike, slope) = kernel.with_slope(row, other);
            of_scale += share * alike;
            let slope = share * slope;
            for (axis, sum) in slopes[..axes].iter_mut().enumerate() {
                *sum += slope * kernel.gap(axis, row, other);
            }
        }
        let share = inverse.row(i)[i] - pulls[i] * pulls[i];
        of_scale += 0.5 * share * kernel.scale;
        of_noise += 0.5 * share;
    }
    for (slope, weight) in slopes.iter_mut().zip(&kernel.weights) {
        *slope *= weight;
    }
    slopes[axes] = of_scale;
    slopes[axes + 1] = of_noise * (kernel.noise - LEAST_NOISE);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> (Vec<Vec<f64>>, Vec<f64>) {
        let rows =
            vec![vec![0.1, 0.2, 0.25], vec![0.4, 0.9, 0.75], vec![0.75, 0.5, 0.25], vec![0.9, 0.1, 0.75]];
        (rows, vec![0.5, -1.0, 0.25, 1.5])
    }

    const CHOICES: [bool; 3] = [false, false, true];

    #[test]
    fn the_likelihood_is_that_of_scikit_learn() {
        let (rows, values) = seen();
        let rows: Vec<_> = rows.iter().map(|row| row[..2].to_vec()).collect();
        let kernel = Kernel { weights: vec![4.0, 16.0], choices: vec![false; 2], scale: 1.5, noise: 0.01 };
        let prior =
            0.1 * (4.0 + 16.0 + 1.0 / 4.0 + 1.0 / 16.0) + 1.5 - 1.5_f64.ln() + 0.3 - 0.1 * 0.01_f64.ln();
        // From scikit-learn 1.9.1, with the kernel of the model's tests: `-log_marginal_likelihood_value_`, less the
        // constant `n/2 log 2π`.
        let expected = 1.842_143_828_163_718_2;
        let found = loss(&kernel, &rows, &values, &mut [0.0; 4]) - prior;
        assert!((found - expected).abs() < 1e-12, "{found}");
    }

    #[test]
    fn slopes_of_the_likelihood_are_those_of_finite_differences() {
        let (rows, values) = seen();
        let logs = [0.3, -0.8, 0.5, 0.2, -2.5];
        let at = |logs: &[f64], slopes: &mut [f64]| loss(&kernel(&CHOICES, logs), &rows, &values, slopes);
        let mut slopes = [0.0; 5];
        at(&logs, &mut slopes);
        for place in 0..5 {
            let value = |by: f64| {
                let mut logs = logs;
                logs[place] += by;
                at(&logs, &mut [0.0; 5])
            };
            let expected = (value(1e-5) - value(-1e-5)) / 2e-5;
            assert!(
                (slopes[place] - expected).abs() < 1e-8,
                "{place}: {}, expected {expected}",
                slopes[place]
            );
        }
    }

    #[test]
    fn an_axis_that_matters_gets_a_shorter_length() {
        let rows: Vec<_> = (0..25).map(|at| vec![f64::from(at / 5) / 4.0, f64::from(at % 5) / 4.0]).collect();
        let values: Vec<_> = rows.iter().map(|row: &Vec<f64>| (6.0 * row[0]).sin()).collect();
        let kernel = fit(&[false; 2], &rows, &values, false);
        assert!(kernel.weights[0] > 10.0 * kernel.weights[1], "{kernel:?}");
        assert!(kernel.noise < 1e-3, "{kernel:?}");
        let kernel = fit(&[false; 2], &rows, &values, true);
        assert!(kernel.noise < 1.2e-6, "{kernel:?}");
    }
}
