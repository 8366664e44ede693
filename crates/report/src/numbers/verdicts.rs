//! How many claims got which verdict.

use schemars::JsonSchema;
use serde::Serialize;

use crate::claim::{Judgement, Verdict};

/// How many claims got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verdicts {
    /// Claims that hold.
    pub holds: usize,
    /// Claims that do not hold.
    pub does_not_hold: usize,
    /// Claims that these trials leave undecided.
    pub undecided: usize,
    /// Claims that there is nothing to judge by.
    pub not_judged: usize,
}

impl Verdicts {
    pub(super) fn count<'a>(claims: impl Iterator<Item = &'a Judgement>) -> Self {
        claims.fold(Self::default(), |mut verdicts, claim| {
            *match claim.verdict {
                Verdict::Holds => &mut verdicts.holds,
                Verdict::DoesNotHold => &mut verdicts.does_not_hold,
                Verdict::Undecided => &mut verdicts.undecided,
                Verdict::NotJudged => &mut verdicts.not_judged,
            } += 1;
            verdicts
        })
    }

    /// All claims.
    pub fn total(&self) -> usize {
        self.holds + self.does_not_hold + self.undecided + self.not_judged
    }
}
