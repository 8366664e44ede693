//! Medians, and ratios of what was measured in the same round.

use serde::{Deserialize, Serialize};

/// How long one contestant takes in units of another, over rounds in which both were measured.
///
/// Whatever slows the machine for a while slows both of a round: ratios scatter less than seconds do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// Name of the other.
    pub reference: String,
    /// Median over the rounds; below 1 it is faster than the other.
    pub median: f64,
    /// The smallest of the rounds.
    pub low: f64,
    /// The largest of the rounds.
    pub high: f64,
}

impl Ratio {
    /// Of `samples` to those of `reference`, round by round; `None` unless every round has both and each is above 0.
    pub fn new(samples: &[f64], reference: &str, others: &[f64]) -> Option<Self> {
        let positive = |values: &[f64]| values.iter().all(|value| value.is_finite() && *value > 0.0);
        if samples.is_empty() || samples.len() != others.len() || !positive(samples) || !positive(others) {
            return None;
        }
        let ratios: Vec<f64> = samples.iter().zip(others).map(|(sample, other)| sample / other).collect();
        Some(Self {
            reference: reference.to_string(),
            median: median(&ratios),
            low: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            high: ratios.iter().copied().fold(0.0, f64::max),
        })
    }
}

/// The middle of `samples`, or the mean of the two in the middle; NaN of none.
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len() / 2, sorted.len() % 2) {
        (0, 0) => f64::NAN,
        (middle, 1) => sorted[middle],
        (middle, _) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_median_is_the_middle_one_or_between_the_two_of_them() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-12);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_ratio_is_that_of_the_rounds_and_not_of_the_medians() {
        // The medians are 2 and 2, the ratios 1/2, 2, 2.
        let ratio = Ratio::new(&[1.0, 2.0, 6.0], "other", &[2.0, 1.0, 3.0]).expect("a ratio");
        assert_eq!(ratio, Ratio { reference: "other".into(), median: 2.0, low: 0.5, high: 2.0 });
    }

    #[test]
    fn rounds_that_do_not_pair_have_no_ratio() {
        assert_eq!(Ratio::new(&[1.0, 2.0], "other", &[1.0]), None);
        assert_eq!(Ratio::new(&[1.0], "other", &[0.0]), None);
        assert_eq!(Ratio::new(&[], "other", &[]), None);
    }

    proptest! {
        #[test]
        fn what_slows_both_of_a_round_leaves_the_ratio(
            rounds in prop::collection::vec((0.01..10.0f64, 0.01..10.0f64, 0.5..5.0f64), 1..20)
        ) {
            let ours: Vec<f64> = rounds.iter().map(|round| round.0).collect();
            let theirs: Vec<f64> = rounds.iter().map(|round| round.1).collect();
            let slowed = |values: &[f64]| -> Vec<f64> {
                values.iter().zip(&rounds).map(|(value, round)| value * round.2).collect()
            };
            let quiet = Ratio::new(&ours, "other", &theirs).expect("a ratio");
            let noisy = Ratio::new(&slowed(&ours), "other", &slowed(&theirs)).expect("a ratio");
            prop_assert!((quiet.median / noisy.median - 1.0).abs() < 1e-9);
            prop_assert!(quiet.low <= quiet.median && quiet.median <= quiet.high);
        }

        #[test]
        fn half_of_the_samples_lie_on_either_side(samples in prop::collection::vec(-5.0..5.0f64, 1..30)) {
            let middle = median(&samples);
            prop_assert!(2 * samples.iter().filter(|sample| **sample <= middle).count() >= samples.len());
            prop_assert!(2 * samples.iter().filter(|sample| **sample >= middle).count() >= samples.len());
        }
    }
}
