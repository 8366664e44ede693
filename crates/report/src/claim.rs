//! A claim: a sentence of the paper with a test attached, fixed before anything runs.
//!
//! The test states an effect δ and a margin m > 0; the claim is true when δ ≥ m. [`judge`] says of each claim of an
//! experiment whether it holds, does not hold or is undecided, and with which numbers.

mod check;
mod contrast;
mod decide;
mod evidence;
mod judge;
mod judgement;
mod measure;
mod placement;
mod sample;
mod settled;
mod test;
mod words;

#[cfg(test)]
mod error_rates;

use serde::{Deserialize, Serialize};

pub use check::{ClaimError, Reason, check, mistakes};
pub use judge::judge;
pub use judgement::{Judgement, Need, Part, Unit, Verdict};
pub use measure::Measure;
pub use placement::{Placement, Protocol, place};
pub use test::{Best, Count, Direction, Diverges, Order, Side, Size, Slow, Test, Trend, Value};

/// Claims of one experiment that may have a p: the family that Holm's correction counts.
pub const FAMILY: usize = 6;

/// A sentence of the paper, and the test that decides it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Name within its experiment: lower-case letters, digits and `-`.
    pub id: String,
    /// What the paper says.
    pub sentence: String,
    /// How it is read here, where the paper leaves that open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<String>,
    /// What a reader of its verdict may get wrong. It stands beside every verdict, and decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
    /// What decides it.
    pub test: Test,
}
