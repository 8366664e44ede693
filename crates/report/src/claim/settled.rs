//! Whether the verdict of a short run would last: how far an effect is likely to move by the last epoch of the long one.
//!
//! The rule is fixed beforehand and the same for all claims. From half of the epochs to the last an effect has moved by some
//! amount; each doubling of the epochs that the long profile still has is taken to move it by as much. A verdict stands only
//! if it would stand after that: else the claim is undecided. Progress of trainings is usually slower than that, so the rule
//! rather withholds a verdict than gives a wrong one. It makes no verdict, so that error rates do not rise; the p that Holm
//! corrects are those of before, so that no other claim's verdict depends on it.
//!
//! Perturbed images and ensembles are measured at the end alone: such a verdict stands, and says how long the networks were
//! trained. What is not about finished networks (an epoch's validation accuracy, epochs to learn, seconds, sizes) stands too.

use std::iter::Sum;
use std::ops::Range;

use super::Measure;
use super::contrast::{Contrast, Term};
use super::evidence::Finding;
use super::judgement::Verdict;
use super::measure::{LOST, Quantity};
use crate::record::{Epoch, Outcome, Record};
use crate::report::ExperimentView;

/// How an effect is likely to move if trainings have more epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Drift {
    /// By this, in the unit of the effect; 0 where more epochs would change nothing.
    Of(f64),
    /// The measure is one of the end alone.
    Unmeasured,
    /// One epoch does not show it, and neither do numbers that are not finite.
    Unknown,
}

impl Drift {
    /// The drift of a contrast until the epochs of the long profile: the mean over the seeds that every arm has a record of.
    pub(super) fn new(contrast: &Contrast, view: &ExperimentView) -> Self {
        let Some(full) = view.facts.epochs else { return Self::Of(0.0) };
        let of_seed = |seed: &u64| {
            let of_term = |term: &Term| {
                let record = view.arms[term.arm].records.iter().find(|record| record.seed == *seed)?;
                Some(of_record(record, &term.quantity, full, trained(view)).times(term.weight))
            };
            contrast.terms.iter().map(of_term).sum::<Option<Self>>()
        };
        let moves: Vec<Self> = view.facts.seeds.iter().filter_map(of_seed).collect();
        let seeds = moves.len().max(1) as f64;
        moves.into_iter().sum::<Self>().times(1.0 / seeds)
    }

    fn times(self, weight: f64) -> Self {
        if let Self::Of(by) = self { Self::Of(weight * by) } else { self }
    }

    /// Whether a finding would still show the claim (`Holds`), or still refute it.
    fn leaves(self, finding: &Finding, verdict: Verdict) -> bool {
        match (self, verdict) {
            (Self::Of(by), Verdict::Holds) => finding.low + by.min(0.0) > 0.0,
            (Self::Of(by), Verdict::DoesNotHold) => finding.high + by.max(0.0) < finding.margin,
            (Self::Of(_) | Self::Unmeasured, _) => true,
            (Self::Unknown, _) => false,
        }
    }
}

/// What is not known of one part is not known of the sum.
impl Sum for Drift {
    fn sum<I: Iterator<Item = Self>>(drifts: I) -> Self {
        drifts.fold(Self::Of(0.0), |sum, drift| match (sum, drift) {
            (Self::Of(sum), Self::Of(by)) => Self::Of(sum + by),
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => Self::Unmeasured,
        })
    }
}

/// Epochs of the longest training.
pub(super) fn trained(view: &ExperimentView) -> usize {
    view.records().map(|record| record.results.history.len()).max().unwrap_or(0)
}

/// The position of the contrast whose drift would undo `verdict`, if there is one; `refuting` is the one that it rests on if
/// the claim does not hold.
pub(super) fn undone(
    verdict: Verdict,
    findings: &[(&Finding, Drift)],
    refuting: Option<usize>,
) -> Option<usize> {
    rests_on(verdict, findings.len(), refuting).find(|&place| {
        let (finding, drift) = findings[place];
        !drift.leaves(finding, verdict)
    })
}

/// Whether `verdict` rests on a measure of which epochs show nothing.
pub(super) fn unmeasured(verdict: Verdict, findings: &[(&Finding, Drift)], refuting: Option<usize>) -> bool {
    rests_on(verdict, findings.len(), refuting).any(|place| findings[place].1 == Drift::Unmeasured)
}

/// The contrasts that a verdict rests on.
fn rests_on(verdict: Verdict, contrasts: usize, refuting: Option<usize>) -> Range<usize> {
    match (verdict, refuting) {
        (Verdict::Holds, _) => 0..contrasts,
        (Verdict::DoesNotHold, Some(place)) => place..place + 1,
        _ => 0..0,
    }
}

/// Whether a training would not go on if it had more epochs. With `patience` the last epoch may have come first.
fn ended_by_itself(record: &Record) -> bool {
    match record.results.outcome {
        Outcome::Finished => false,
        Outcome::StoppedEarly { epoch, best } => {
            let patience = record.results.configuration["training"]["patience"].as_u64();
            patience.is_none_or(|patience| epoch.saturating_sub(best) as u64 >= patience)
        }
        Outcome::Diverged { .. } => true,
    }
}

/// `trained`: epochs of the run.
fn of_record(record: &Record, quantity: &Quantity, full: usize, trained: usize) -> Drift {
    let history = &record.results.history;
    // An ensemble was not trained itself.
    let last = if history.is_empty() { trained } else { history.len() };
    if last >= full || ended_by_itself(record) {
        return Drift::Of(0.0);
    }
    let shown: fn(&Epoch) -> f64 = match quantity {
        Quantity::Of(Measure::ValidationAfter(_) | Measure::EpochSeconds)
        | Quantity::Epochs { .. }
        | Quantity::Size(_) => return Drift::Of(0.0),
        _ if last == 1 => return Drift::Unknown,
        Quantity::Of(Measure::Under(_) | Measure::LostUnder(_)) => return Drift::Unmeasured,
        _ if history.is_empty() => return Drift::Unmeasured,
        Quantity::Of(Measure::Accuracy) => |epoch| epoch.test_accuracy,
        Quantity::Of(Measure::Training) => |epoch| epoch.training_accuracy,
        Quantity::Of(Measure::Gap) => |epoch| epoch.training_accuracy - epoch.test_accuracy,
        Quantity::Diverged => |epoch| f64::from(epoch.test_accuracy < LOST),
    };
    let half = last.div_ceil(2);
    let doublings = |more: usize, less: usize| (more as f64 / less as f64).log2();
    let moved = shown(&history[last - 1]) - shown(&history[half - 1]);
    let by = moved * doublings(full, last) / doublings(last, half);
    if by.is_finite() { Drift::Of(by) } else { Drift::Unknown }
}
