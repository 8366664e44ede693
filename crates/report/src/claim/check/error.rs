//! What is wrong with a claim, and where.

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
    /// An id with other characters than those allowed.
    #[error("`{0}` is not an id, expected lower-case letters, digits and -")]
    Id(String),
    /// Two claims with one id.
    #[error("duplicate claim id `{0}`")]
    Duplicate(String),
    /// No sentence of the paper.
    #[error("is empty, expected the paper's sentence")]
    NoSentence,
    /// More claims than the correction allows.
    #[error("{0} claims of this experiment have a p, expected at most {FAMILY}")]
    TooManyClaims(usize),
    /// An unknown arm.
    #[error("no arm `{0}`; expected one of {1}")]
    Arm(String, String),
    /// An unknown dimension.
    #[error("no dimension `{0}`; expected {1}")]
    Dimension(String, String),
    /// A selection that matches no arm.
    #[error("no arm has {0}")]
    NoArm(String),
    /// A selection without values.
    #[error("is empty, expected the value of a dimension")]
    EmptySelection,
    /// Several arms where one is expected.
    #[error("{0} selects {1} arms, expected one")]
    SeveralArms(String, usize),
    /// The same arm on both sides.
    #[error("arm `{0}` is on both sides of the comparison")]
    Repeated(String),
    /// A comparison of less than two arms.
    #[error("expected at least two arms, found {0}")]
    TooFewArms(usize),
    /// A perturbation that the experiment does not have.
    #[error("test images are not changed by `{0}`; expected {1}")]
    Perturbation(Perturbation, String),
    /// Epochs count from 1.
    #[error("is epoch 0, expected 1 or more")]
    Epoch,
    /// A number out of its range.
    #[error("is {0}, expected {1}")]
    Margin(f64, &'static str),
    /// `all` without parts.
    #[error("has no parts, expected at least one")]
    NoParts,
    /// `all` within `all`.
    #[error("`all` within `all`, expected its parts instead")]
    NestedAll,
}
