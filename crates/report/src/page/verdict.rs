//! A verdict as readers see it: a word and a shape, never a colour alone.

use crate::claim::Verdict;

/// A word and a shape.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) word: &'static str,
    /// Name of the shape, and what the filter goes by.
    pub(super) shape: &'static str,
}

impl From<Verdict> for Mark {
    fn from(verdict: Verdict) -> Self {
        let (word, shape) = match verdict {
            Verdict::Holds => ("Holds", "holds"),
            Verdict::DoesNotHold => ("Does not hold", "does-not-hold"),
            Verdict::Undecided => ("Undecided", "undecided"),
            Verdict::NotJudged => ("Not judged", "not-judged"),
        };
        Self { word, shape }
    }
}
