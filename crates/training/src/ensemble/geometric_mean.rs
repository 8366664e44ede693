//! The geometric mean of probabilities: the mean of logits, up to what softmax takes away.

use serde::{Deserialize, Serialize};

use super::Rule;
use crate::family::Kind;

/// `p ∝ (Π pₘ)^(1/M)`, divided by its sum over the classes.
///
/// A class that one member holds for improbable stays improbable. A zero counts as the smallest probability above zero that 32 bits
/// hold, 1.4e-45: softmax gives zeros only because it underflows, and members that rule out each other's classes still have a mean.
///
/// Source: Genest and Zidek, "Combining Probability Distributions: A Critique and an Annotated Bibliography" (1986)
/// (the logarithmic opinion pool with equal weights), doi:10.1214/ss/1177013825.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GeometricMean;

impl Kind for GeometricMean {
    const NAME: &'static str = "geometric-mean";
    const TITLE: &'static str = "geometric mean";
}

impl Rule for GeometricMean {
    fn combine(&self, members: &[&[f32]], classes: usize) -> Vec<f32> {
        let smallest = f64::from(f32::from_bits(1));
        // NaN, of an image that a member did not answer, stays NaN: `max` would hide it.
        let logarithm = |&p: &f32| if p == 0.0 { smallest.ln() } else { f64::from(p).ln() };
        let mean = |place: usize| {
            members.iter().map(|member| logarithm(&member[place])).sum::<f64>() / members.len() as f64
        };
        let means: Vec<f64> = (0..members[0].len()).map(mean).collect();
        means.chunks(classes).flat_map(normalised).collect()
    }
}

/// Probabilities from their logarithms, up to a common summand.
fn normalised(row: &[f64]) -> Vec<f32> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = row.iter().map(|mean| (mean - largest).exp()).collect();
    let total: f64 = shares.iter().sum();
    shares.iter().map(|share| (share / total) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ensemble::combine;

    #[test]
    fn it_is_that_computed_by_hand() {
        // √(0.8 · 0.2) = √(0.2 · 0.8); √(0.9 · 0.4) = 0.6, √(0.1 · 0.6) = 0.2449.
        let members: [&[f32]; 2] = [&[0.8, 0.2, 0.9, 0.1], &[0.2, 0.8, 0.4, 0.6]];
        let combined = combine(&GeometricMean, &members, 2).expect("combined");
        for (found, expected) in combined.iter().zip([0.5, 0.5, 0.710_102, 0.289_898]) {
            assert!((found - expected).abs() < 1e-6, "{combined:?}");
        }
    }

    #[test]
    fn a_single_member_comes_back() {
        let combined = combine(&GeometricMean, &[&[0.7, 0.3, 0.0]], 3).expect("combined");
        for (found, expected) in combined.iter().zip([0.7, 0.3, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{combined:?}");
        }
    }

    #[test]
    fn members_that_rule_out_each_others_classes_leave_both_open() {
        let combined = combine(&GeometricMean, &[&[1.0, 0.0], &[0.0, 1.0]], 2).expect("combined");
        assert_eq!(combined, [0.5, 0.5]);
        let vetoed = combine(&GeometricMean, &[&[0.5, 0.5, 0.0], &[0.0, 0.5, 0.5]], 3).expect("combined");
        assert!(vetoed[1] > 0.999_999, "{vetoed:?}");
    }
}
