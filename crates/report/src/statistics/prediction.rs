//! A prediction: where one new run of the same kind would land.

use super::{deviation, finite, mean, quantile};

/// What the runs so far say of one more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Runs so far, at least 2.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Standard deviation of the new run around that mean: `s · √(1 + 1/n)`.
    pub deviation: f64,
    /// Half the width of the 95 % interval: `t(0.975, n - 1)` of these deviations.
    pub half_width: f64,
}

impl Prediction {
    /// From `values`, whose NaN and infinities are left out; `None` with fewer than two.
    ///
    /// Source: Hahn, Meeker, "Statistical Intervals" (1991), §4.7.
    pub fn from_values(values: &[f64]) -> Option<Self> {
        let values = finite(values);
        let count = values.len();
        let mean = mean(&values)?;
        let deviation = deviation(&values, mean)? * (1.0 + 1.0 / count as f64).sqrt();
        Some(Self { count, mean, deviation, half_width: quantile((count - 1) as f64)? * deviation })
    }

    /// Whether the interval holds `value`.
    pub fn holds(&self, value: f64) -> bool {
        (value - self.mean).abs() <= self.half_width
    }

    /// How many deviations `value` is away from the mean; infinite where runs do not differ.
    pub fn distance(&self, value: f64) -> f64 {
        let away = (value - self.mean).abs();
        if away == 0.0 { 0.0 } else { away / self.deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_agrees_with_scipy() {
        let runs = [93.93, 94.41, 93.1, 94.0, 95.2, 93.3, 94.6, 93.8, f64::NAN];
        let prediction = Prediction::from_values(&runs).unwrap();
        // NumPy and SciPy 1.17.1: s = x.std(ddof=1) * sqrt(1 + 1/8); s * stats.t.ppf(0.975, 7).
        assert_eq!(prediction.count, 8);
        for (ours, theirs) in [
            (prediction.mean, 94.042_5),
            (prediction.deviation, 0.728_096_221_074_425_7),
            (prediction.half_width, 1.721_673_981_845_648_1),
            (prediction.distance(96.1), 2.825_862_764_352_526),
        ] {
            assert!((ours - theirs).abs() < 1e-9, "{ours} is not {theirs}");
        }
        assert!(prediction.holds(95.7) && !prediction.holds(95.8) && !prediction.holds(f64::NAN));
    }

    #[test]
    fn runs_that_do_not_differ_are_infinitely_far_from_any_other_number() {
        let prediction = Prediction::from_values(&[0.5; 3]).unwrap();
        assert_eq!((prediction.distance(0.5), prediction.distance(0.6)), (0.0, f64::INFINITY));
        assert_eq!(Prediction::from_values(&[0.5, f64::INFINITY]), None);
    }
}
