//! The mean of probabilities: every member has the same say.

use serde::{Deserialize, Serialize};

use super::Rule;
use crate::family::Kind;

/// `p = Σ pₘ / M`, over the members' probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean;

impl Kind for Mean {
    const NAME: &'static str = "mean";
}

impl Rule for Mean {
    fn combine(&self, members: &[&[f32]], _classes: usize) -> Vec<f32> {
        let mean = |place: usize| {
            let sum: f64 = members.iter().map(|member| f64::from(member[place])).sum();
            (sum / members.len() as f64) as f32
        };
        (0..members[0].len()).map(mean).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ensemble::{EnsembleError, combine};

    fn average(members: &[&[f32]]) -> Result<Vec<f32>, EnsembleError> {
        combine(&Mean, members, 2)
    }

    #[test]
    fn the_mean_is_that_computed_by_hand() {
        let members: [&[f32]; 2] = [&[0.5, 0.5, 1.0, 0.0], &[0.25, 0.75, 0.0, 1.0]];
        assert_eq!(average(&members), Ok(vec![0.375, 0.625, 0.5, 0.5]));
        assert_eq!(average(&members[..1]), Ok(members[0].to_vec()));
    }

    proptest! {
        #[test]
        fn the_order_of_two_members_changes_no_bit_and_the_mean_lies_between(
            a in prop::collection::vec(0.0f32..=1.0, 6),
            b in prop::collection::vec(0.0f32..=1.0, 6),
        ) {
            let mean = average(&[&a, &b]).expect("averaged");
            prop_assert_eq!(&mean, &average(&[&b, &a]).expect("averaged"));
            for ((a, b), mean) in a.iter().zip(&b).zip(mean) {
                prop_assert!(a.min(*b) <= mean && mean <= a.max(*b));
            }
        }
    }
}
