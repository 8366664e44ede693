//! Why claims cannot be meant, and where they say so.

use crate::claim::FAMILY;
use crate::record::Perturbation;

/// What is wrong with a claim, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("claim {}, {}: {reason}", .claim + 1, .keys.join("."))]
pub struct ClaimError {
    /// Position of the claim, from 0.
    pub claim: usize,
    /// Keys from the claim to the place; positions in lists as numbers from 0.
    pub keys: Vec<String>,
    /// The word that is not known, if that is what is wrong.
    pub word: Option<String>,
    /// Words that are allowed instead.
    pub allowed: Vec<String>,
    /// What is wrong.
    pub reason: Box<Reason>,
}

/// What is wrong with a claim.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Reason {
    /// A name that is none.
    #[error("`{0}` is not a name, expected lower-case letters, digits and -")]
    Id(String),
    /// One name for two.
    #[error("two claims are called `{0}`")]
    Twice(String),
    /// No sentence of the paper.
    #[error("is empty, expected the paper's sentence")]
    Empty,
    /// A family that is too large for its correction.
    #[error("{0} claims of this experiment have a p, expected at most {FAMILY}")]
    Family(usize),
    /// An arm that is not there.
    #[error("no arm `{0}`; expected one of {1}")]
    Arm(String, String),
    /// A dimension that is not there.
    #[error("no dimension `{0}`; expected {1}")]
    Dimension(String, String),
    /// Values that no arm has.
    #[error("no arm has {0}")]
    Nobody(String),
    /// A selection of nothing.
    #[error("selects nothing, expected the value of a dimension")]
    Nothing,
    /// Several arms where one can stand.
    #[error("{0} is {1} arms, expected one")]
    Several(String, usize),
    /// The same arm on two sides.
    #[error("arm `{0}` is on both sides of the comparison")]
    Repeated(String),
    /// A comparison of one.
    #[error("expected at least two arms, found {0}")]
    Few(usize),
    /// Images that are not changed so.
    #[error("test images are not changed by `{0}`; expected {1}")]
    Perturbation(Perturbation, String),
    /// Epochs count from 1.
    #[error("is epoch 0, expected 1 or more")]
    Epoch,
    /// A margin that is none.
    #[error("is {0}, expected {1}")]
    Margin(f64, &'static str),
    /// A claim of nothing.
    #[error("has no parts, expected at least one")]
    NoParts,
    /// Parts of parts.
    #[error("`all` within `all`, expected its parts instead")]
    Nested,
}
