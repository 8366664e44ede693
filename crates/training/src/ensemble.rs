//! Ensembles: several models asked at once, from the probabilities that they gave.
//!
//! They work on records, not on models: nothing is trained or scored again.

/// Probabilities that do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnsembleError {
    /// Nobody to ask.
    #[error("an ensemble of no members, expected at least one")]
    Empty,
    /// Members that were asked about other images, or other classes.
    #[error("member {member} has {found} probabilities, expected {expected} like the first")]
    Length {
        /// Position of the member.
        member: usize,
        /// Its probabilities.
        found: usize,
        /// Those of the first member.
        expected: usize,
    },
}

/// The mean of the members' probabilities, each `[images, classes]` row by row.
///
/// # Errors
/// If there is no member, or members have different numbers of probabilities.
pub fn average(members: &[&[f32]]) -> Result<Vec<f32>, EnsembleError> {
    let first = members.first().ok_or(EnsembleError::Empty)?;
    if let Some(member) = members.iter().position(|other| other.len() != first.len()) {
        let (found, expected) = (members[member].len(), first.len());
        return Err(EnsembleError::Length { member, found, expected });
    }
    let mean = |place: usize| {
        let sum: f64 = members.iter().map(|member| f64::from(member[place])).sum();
        (sum / members.len() as f64) as f32
    };
    Ok((0..first.len()).map(mean).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_mean_is_that_computed_by_hand() {
        let members: [&[f32]; 2] = [&[0.5, 0.5, 1.0, 0.0], &[0.25, 0.75, 0.0, 1.0]];
        assert_eq!(average(&members), Ok(vec![0.375, 0.625, 0.5, 0.5]));
    }

    #[test]
    fn members_that_do_not_fit_are_named() {
        assert_eq!(average(&[]), Err(EnsembleError::Empty));
        let message = average(&[&[0.5, 0.5], &[1.0]]).expect_err("refused").to_string();
        assert_eq!(message, "member 1 has 1 probabilities, expected 2 like the first");
    }

    proptest! {
        #[test]
        fn the_order_of_members_does_not_matter_and_the_mean_lies_between(
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
