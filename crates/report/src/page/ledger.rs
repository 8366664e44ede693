//! The ledger at the head of the page: how many claims hold, and a line for each.

use crate::claim::{Judgement, Verdict};
use crate::format::{ABSENT, interval, p_value};
use crate::numbers::{ExperimentNumbers, Numbers};

use super::claim::address;
use super::verdict::Mark;

pub(super) struct Ledger<'a> {
    pub(super) total: usize,
    /// Each verdict, how many claims got it, and the words that follow the number.
    pub(super) tally: Vec<(Mark, usize, &'static str)>,
    /// Why claims were not judged, and how many for each reason.
    pub(super) not_judged: Vec<(&'a str, usize)>,
    pub(super) rows: Vec<Entry<'a>>,
}

/// A claim in the ledger.
pub(super) struct Entry<'a> {
    pub(super) mark: Mark,
    pub(super) address: String,
    pub(super) sentence: &'a str,
    pub(super) part: &'a str,
    pub(super) effect: String,
    pub(super) corrected_p: String,
    /// Whether no smaller p was possible.
    pub(super) is_at_the_floor: bool,
}

impl<'a> Ledger<'a> {
    /// `None` without claims.
    pub(super) fn new(numbers: &'a Numbers) -> Option<Self> {
        let experiments = numbers.experiments.iter();
        let rows: Vec<Entry> = experiments
            .clone()
            .flat_map(|experiment| experiment.claims.iter().map(move |claim| entry(experiment, claim)))
            .collect();
        let verdicts = &numbers.verdicts;
        let line = |(verdict, count, words): (Verdict, usize, &'static str)| (verdict.into(), count, words);
        (!rows.is_empty()).then(|| Self {
            total: verdicts.total(),
            tally: [
                (Verdict::Holds, verdicts.holds, if verdicts.holds == 1 { "holds" } else { "hold" }),
                (
                    Verdict::DoesNotHold,
                    verdicts.does_not_hold,
                    if verdicts.does_not_hold == 1 { "does not hold" } else { "do not hold" },
                ),
                (Verdict::Undecided, verdicts.undecided, "undecided"),
                (Verdict::NotJudged, verdicts.not_judged, "not judged"),
            ]
            .map(line)
            .into(),
            not_judged: reasons(experiments.flat_map(|experiment| &experiment.claims)),
            rows,
        })
    }
}

fn entry<'a>(experiment: &'a ExperimentNumbers, claim: &'a Judgement) -> Entry<'a> {
    let binding = claim.parts.iter().find(|part| part.binding);
    Entry {
        mark: claim.verdict.into(),
        address: address(&experiment.name, &claim.id),
        sentence: &claim.sentence,
        part: &experiment.part_title,
        effect: binding.map_or(ABSENT.into(), interval),
        corrected_p: claim.deciding_p().map_or(ABSENT.into(), p_value),
        is_at_the_floor: claim.is_at_the_floor(),
    }
}

fn reasons<'a>(claims: impl Iterator<Item = &'a Judgement>) -> Vec<(&'a str, usize)> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for claim in claims.filter(|claim| claim.verdict == Verdict::NotJudged) {
        match reasons.iter_mut().find(|(reason, _)| *reason == claim.reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((&claim.reason, 1)),
        }
    }
    reasons
}
