//! What a point promises: the logarithm of the improvement to be expected, and of the chance that it keeps the
//! constraints.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::model::Belief;

/// Added to a variance, so that a certain point has slopes too: Optuna's.
const LEAST_VARIANCE: f64 = 1e-12;
/// Below this, improvement is the difference of two numbers that agree in nearly all digits.
const TAIL: f64 = -25.0;

/// A logarithm, with its slopes over mean and variance.
pub(super) struct Promise {
    pub(super) value: f64,
    pub(super) over_mean: f64,
    pub(super) over_variance: f64,
}

/// `log E[max(0, best - y)]` of `y ~ N(mean, variance)`.
///
/// With `z = (best - mean) / σ` that is `log σ + log h(z)`, `h(z) = φ(z) + z Φ(z)`.
///
/// Source: Ament et al., "Unexpected Improvements to Expected Improvement for Bayesian Optimization" (2023), eqs. 8
/// and 9, arXiv:2310.20708.
pub(super) fn log_improvement(belief: &Belief, best: f64) -> Promise {
    let deviation = (belief.variance + LEAST_VARIANCE).sqrt();
    let z = (best - belief.mean) / deviation;
    let (log_h, chance, density) = if z > TAIL {
        let (chance, density) = (normal_below(z), normal_density(z));
        let h = density + z * chance;
        (libm::log(h), chance / h, density / h)
    } else {
        // The series of Φ for large `-z`, with the part that cancels taken out: `h = φ q / z²`.
        let s = 1.0 / (z * z);
        let q = 1.0 - s * (3.0 - s * (15.0 - s * (105.0 - s * (945.0 - s * 10395.0))));
        (log_density(z) + libm::log(q * s), (1.0 - q * s) / (-z * q * s), 1.0 / (q * s))
    };
    Promise {
        value: libm::log(deviation) + log_h,
        over_mean: -chance / deviation,
        over_variance: density / (2.0 * deviation * deviation),
    }
}

/// `log P(y ≤ limit)` of `y ~ N(mean, variance)`.
pub(super) fn log_chance_below(belief: &Belief, limit: f64) -> Promise {
    let deviation = (belief.variance + LEAST_VARIANCE).sqrt();
    let z = (limit - belief.mean) / deviation;
    let (log_chance, rate) = if z > TAIL {
        let chance = normal_below(z);
        (libm::log(chance), normal_density(z) / chance)
    } else {
        let s = 1.0 / (z * z);
        let q = 1.0 - s * (1.0 - s * (3.0 - s * (15.0 - s * (105.0 - s * 945.0))));
        (log_density(z) + libm::log(q / -z), -z / q)
    };
    Promise {
        value: log_chance,
        over_mean: -rate / deviation,
        over_variance: -rate * z / (2.0 * deviation * deviation),
    }
}

/// `Φ(z)`.
fn normal_below(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// `φ(z)`.
fn normal_density(z: f64) -> f64 {
    libm::exp(log_density(z))
}

/// `log φ(z)`.
fn log_density(z: f64) -> f64 {
    -0.5 * z * z - 0.5 * libm::log(2.0 * PI)
}
