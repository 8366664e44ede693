//! Ensembles: several models asked at once, from the probabilities that they gave.
//!
//! They work on records, not on models: nothing is trained or scored again.

mod geometric_mean;
mod mean;

#[cfg(test)]
mod contract;

use std::fmt::Debug;

use crate::family::{Spelling, family};

/// Makes one answer of several.
///
/// The order of members does not matter, up to rounding. Each row of the result adds up to one, and where all members hold one class for
/// the most probable, so does the result. An image that a member did not answer, a row of NaN, is NaN in the result.
pub trait Rule: Debug + Send + Sync + 'static {
    /// The ensemble's probabilities, `[images, classes]` row by row, as each member's are.
    ///
    /// [`combine`] calls it, with at least one member, and all of one length.
    fn combine(&self, members: &[&[f32]], classes: usize) -> Vec<f32>;
}

family! {
    Rule, "rule", Spelling::Word;
    mean: Mean,
    geometric_mean: GeometricMean,
}

/// What a probability may be off by for its rounding.
const ROUNDING: f32 = 1e-3;

/// Probabilities that do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnsembleError {
    /// Nobody to ask.
    #[error("an ensemble of no members, expected at least one")]
    Empty,
    /// Members with probabilities of different images, or different classes.
    #[error("member {member} has {found} probabilities, expected {expected} like the first")]
    Length {
        /// Position of the member.
        member: usize,
        /// Its probabilities.
        found: usize,
        /// Probabilities of the first member.
        expected: usize,
    },
    /// Probabilities that are not whole rows.
    #[error("{probabilities} probabilities are not rows of {classes} classes")]
    Classes {
        /// Probabilities of each member.
        probabilities: usize,
        /// Classes of a row.
        classes: usize,
    },
    /// The rule gave a number that is no probability.
    #[error(
        "the rule gave {value} for image {image}, expected a probability in [0, 1], or NaN without an answer"
    )]
    Probability {
        /// Position of the image.
        image: usize,
        /// The number, as a text.
        value: String,
    },
    /// The rule gave another number of probabilities than the members have.
    #[error("the rule gave {found} probabilities, expected {expected}")]
    Rule {
        /// Probabilities that it gave.
        found: usize,
        /// Probabilities of each member.
        expected: usize,
    },
}

/// Applies `rule` to the members' probabilities, each `[images, classes]` row by row.
///
/// # Errors
/// If there is no member, members have different numbers of probabilities, these are not rows of so many classes, or the
/// rule gives something else than as many probabilities.
pub fn combine(rule: &dyn Rule, members: &[&[f32]], classes: usize) -> Result<Vec<f32>, EnsembleError> {
    let expected = members.first().ok_or(EnsembleError::Empty)?.len();
    if let Some(member) = members.iter().position(|other| other.len() != expected) {
        return Err(EnsembleError::Length { member, found: members[member].len(), expected });
    }
    if classes == 0 || expected % classes != 0 {
        return Err(EnsembleError::Classes { probabilities: expected, classes });
    }
    let combined = rule.combine(members, classes);
    if combined.len() != expected {
        return Err(EnsembleError::Rule { found: combined.len(), expected });
    }
    // Up to rounding: a third added three times may be more than 1.
    match combined.iter().position(|value| !(value.is_nan() || (-ROUNDING..=1.0 + ROUNDING).contains(value)))
    {
        Some(place) => {
            let value = combined[place].to_string();
            Err(EnsembleError::Probability { image: place / classes, value })
        }
        None => Ok(combined),
    }
}
