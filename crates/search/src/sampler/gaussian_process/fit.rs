//! The fit: the kernel under which what was seen is likeliest.

use super::super::descent::Descent;
use super::super::linear::{Matrix, dot};
use super::kernel::Kernel;
use super::model::covariance;

/// The least variance of the noise: Optuna's, so that the covariances can be inverted.
const LEAST_NOISE: f64 = 1e-6;
/// Bounds of the logarithms of a weight, the scale and the noise above its least: beyond, nothing changes any more.
const LOG_BOUNDS: (f64, f64) = (-16.0, 12.0);
/// Where the logarithms start; the least loss counts. The first is Optuna's, the second a smooth, quiet function.
const STARTS: [[f64; 3]; 2] = [[0.0, 0.0, 0.0], [1.0, 0.0, -7.0]];

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
    let ends = STARTS.map(|[weight, scale, noise]| {
        let mut start = vec![weight; axes];
        start.extend([scale, noise]);
        descent.run(&start, |logs, slopes| loss(&kernel(choices, logs), rows, values, slopes))
    });
    let [first, second] = ends;
    kernel(choices, if second.1 < first.1 { &second.0 } else { &first.0 })
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
