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

#[cfg(test)]
mod tests {
    use super::*;

    fn belief(mean: f64, variance: f64) -> Belief {
        Belief { mean, variance: variance - LEAST_VARIANCE }
    }

    #[test]
    fn promises_are_right_far_into_the_tail() {
        // From mpmath 1.3.0 with 2,500 digits: `log(s * (npdf(z) + z * ncdf(z)))` and `log(ncdf(z))`.
        let known = [
            (0.0, 1.0, 0.5, -0.359_827_683_745_063_8, -0.368_946_415_288_656_4),
            (1.0, 0.25, -1.0, -12.542_208_758_110_608, -10.360_101_486_527_29),
            (0.0, 1.0, -24.0, -295.280_223_234_804_9, -292.098_721_003_207_8),
            (0.0, 1.0, -26.0, -345.439_546_722_318, -342.178_508_929_927_85),
            (2.0, 1e-4, 0.0, -20_016.120_818_445_73, -20_006.217_280_898_19),
            (0.0, 1.0, -1000.0, -500_014.734_452_091_15, -500_007.826_694_812_2),
        ];
        for (mean, variance, limit, improvement, chance) in known {
            let belief = belief(mean, variance);
            let found = [log_improvement(&belief, limit).value, log_chance_below(&belief, limit).value];
            for (found, expected) in found.into_iter().zip([improvement, chance]) {
                assert!(
                    (found - expected).abs() < 1e-9 * expected.abs().max(1.0),
                    "{found}, expected {expected}"
                );
            }
        }
    }

    #[test]
    fn slopes_are_those_of_finite_differences() {
        for promise in [log_improvement, log_chance_below] {
            for (mean, variance, limit) in
                [(0.0, 1.0, 0.5), (0.0, 1.0, -3.0), (1.0, 0.25, -10.5), (0.0, 1e-3, -9.0)]
            {
                let value = |mean, variance| promise(&belief(mean, variance), limit).value;
                let found = promise(&belief(mean, variance), limit);
                let (by, part) = (1e-6, 1e-6 * variance);
                let over_mean = (value(mean + by, variance) - value(mean - by, variance)) / (2.0 * by);
                let over_variance =
                    (value(mean, variance + part) - value(mean, variance - part)) / (2.0 * part);
                for (found, expected) in [(found.over_mean, over_mean), (found.over_variance, over_variance)]
                {
                    assert!((found - expected).abs() < 1e-4 * expected.abs(), "{found}, expected {expected}");
                }
            }
        }
    }
}
