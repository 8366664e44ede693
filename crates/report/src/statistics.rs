//! What a few numbers say of the next one: mean, spread, intervals, and the tests that verdicts rest on.

mod crossed;
mod design;
mod holm;
mod prediction;
mod share;
mod sign_flip;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

pub use crossed::{Components, Crossed, Law};
pub use design::Design;
pub use holm::holm;
pub use prediction::Prediction;
pub use share::Share;
pub use sign_flip::{attainable, sign_flip};

/// Share of such intervals that cover the true mean of normal values.
pub const CONFIDENCE: f64 = 0.95;

/// A mean, and how far it may be off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// Number of values.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation with `count - 1` in the denominator; one value has none.
    pub deviation: Option<f64>,
    /// Half the width of the 95 % t interval of the mean; one value has none.
    pub half_width: Option<f64>,
}

impl Estimate {
    /// Of `values`, whose NaN and infinities are left out; `None` without any.
    ///
    /// Interval: `mean ± t(0.975, n - 1) · s / √n`.
    pub fn from_values(values: &[f64]) -> Option<Self> {
        let values: Vec<f64> = finite(values);
        let count = values.len();
        let mean = mean(&values)?;
        let deviation = deviation(&values, mean);
        let half_width =
            deviation.and_then(|s| Some(quantile((count - 1) as f64)? * s / (count as f64).sqrt()));
        Some(Self { count, mean, deviation, half_width })
    }
}

/// The middle value, or the mean of the two; NaN and infinities are left out, `None` without any.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = finite(values);
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(values[values.len() / 2 - 1], upper) })
}

fn finite(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|value| value.is_finite()).collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn deviation(values: &[f64], mean: f64) -> Option<f64> {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// Student's t below which lie 97.5 %; `None` unless `freedom` is above 0.
fn quantile(freedom: f64) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(student.inverse_cdf(f64::midpoint(1.0, CONFIDENCE)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn close(left: f64, right: f64) {
        assert!((left - right).abs() <= 1e-9 * right.abs(), "{left} is not {right}");
    }

    #[test]
    fn an_estimate_agrees_with_scipy() {
        let values = [0.9412, 0.9387, 0.9442, 0.9402, 0.9367];
        let estimate = Estimate::from_values(&values).unwrap();
        // SciPy 1.17.1: numpy.mean(x), stats.tstd(x).
        close(estimate.mean, 0.940_199_999_999_999_9);
        close(estimate.deviation.unwrap(), 0.002_806_243_040_080_483_6);
        // low, high = stats.t.interval(0.95, len(x) - 1, numpy.mean(x), stats.sem(x)); (high - low) / 2.
        close(estimate.half_width.unwrap(), 0.003_484_410_953_077_832_2);
        // The same of [1.0, 2.0].
        close(Estimate::from_values(&[1.0, 2.0]).unwrap().half_width.unwrap(), 6.353_102_368_087_347);
    }

    #[test]
    fn quantiles_agree_with_scipy() {
        // SciPy 1.17.1: stats.t.ppf(0.975, freedom).
        for (freedom, expected) in [
            (1.0, 12.706_204_736_174_694),
            (2.0, 4.302_652_729_749_462),
            (4.0, 2.776_445_105_197_793_4),
            (7.0, 2.364_624_251_592_784),
            (11.0, 2.200_985_160_091_639),
            (30.0, 2.042_272_456_301_237_8),
            (8.37, 2.288_380_362_216_013_3),
            (2006.0, 1.961_147_274_118_251_6),
        ] {
            close(quantile(freedom).unwrap(), expected);
        }
    }

    #[test]
    fn one_value_has_no_interval_and_none_has_nothing() {
        let one = Estimate { count: 1, mean: 0.5, deviation: None, half_width: None };
        assert_eq!(Estimate::from_values(&[0.5]), Some(one));
        assert_eq!(Estimate::from_values(&[f64::NAN, 0.5, f64::INFINITY]), Some(one));
        assert_eq!(Estimate::from_values(&[]), None);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, f64::NAN, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    proptest! {
        #[test]
        fn an_interval_moves_with_its_values(values in prop::collection::vec(-1e3..1e3_f64, 2..20), by in -1e3..1e3_f64) {
            let here = Estimate::from_values(&values).unwrap();
            let there = Estimate::from_values(&values.iter().map(|value| value + by).collect::<Vec<_>>()).unwrap();
            prop_assert!((there.mean - here.mean - by).abs() < 1e-9);
            prop_assert!((there.half_width.unwrap() - here.half_width.unwrap()).abs() < 1e-6);
        }
    }
}
