//! Whether the verdict of a short run would last: how far an effect is likely to move by the last epoch of the long one.
//!
//! The rule is fixed beforehand and the same for all claims. From half of the epochs to the last an effect has moved by some
//! amount; each doubling of the epochs that the long profile still has is taken to move it by as much. A verdict stands only
//! if it would stand after that: else the claim is undecided. Progress of trainings is usually slower than that, so the rule
//! rather withholds a verdict than gives a wrong one. It makes no verdict, so that error rates do not rise.

use super::Measure;
use super::contrast::Contrast;
use super::evidence::Finding;
use super::judgement::Verdict;
use super::measure::Quantity;
use crate::record::{Epoch, Outcome, Record};
use crate::report::ExperimentView;

/// How an effect is likely to move if trainings have more epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Drift {
    /// By this, in the unit of the effect; 0 where the run is as long as the long profile, and where epochs do not show
    /// the measure (perturbed images, ensembles, seconds).
    Of(f64),
    /// One epoch does not show it.
    Unknown,
}

impl Drift {
    /// The drift of a contrast until the epochs of the long profile.
    pub(super) fn new(contrast: &Contrast, view: &ExperimentView) -> Self {
        let Some(full) = view.facts.epochs else { return Self::Of(0.0) };
        let mut moves = Vec::new();
        for &seed in &view.facts.seeds {
            match of_seed(contrast, view, seed, full) {
                Some(Self::Of(by)) => moves.push(by),
                Some(Self::Unknown) => return Self::Unknown,
                None => {}
            }
        }
        let sum: f64 = moves.iter().filter(|by| by.is_finite()).sum();
        Self::Of(if moves.is_empty() { 0.0 } else { sum / moves.len() as f64 })
    }

    /// Whether a finding would still show the claim (`Holds`), or still refute it.
    fn leaves(self, finding: &Finding, verdict: Verdict) -> bool {
        match (self, verdict) {
            (Self::Of(by), Verdict::Holds) => finding.low + by.min(0.0) > 0.0,
            (Self::Of(by), Verdict::DoesNotHold) => finding.high + by.max(0.0) < finding.margin,
            (Self::Of(_), _) => true,
            (Self::Unknown, _) => false,
        }
    }
}

/// The position of the contrast whose drift would undo `verdict`, if there is one; `refuting` is the one that it rests on if
/// the claim does not hold.
pub(super) fn undone(
    verdict: Verdict,
    findings: &[(&Finding, Drift)],
    refuting: Option<usize>,
) -> Option<usize> {
    let mut places = match (verdict, refuting) {
        (Verdict::Holds, _) => 0..findings.len(),
        (Verdict::DoesNotHold, Some(place)) => place..place + 1,
        _ => 0..0,
    };
    places.find(|&place| {
        let (finding, drift) = findings[place];
        !drift.leaves(finding, verdict)
    })
}

/// The drift of one seed; `None` where a trial is missing, or its epochs do not show the measure.
fn of_seed(contrast: &Contrast, view: &ExperimentView, seed: u64, full: usize) -> Option<Drift> {
    let mut sum = 0.0;
    for term in &contrast.terms {
        let record = view.arms[term.arm].records.iter().find(|record| record.seed == seed)?;
        let shown = shown(&term.quantity)?;
        match of_record(record, shown, full)? {
            Drift::Of(by) => sum += term.weight * by,
            Drift::Unknown => return Some(Drift::Unknown),
        }
    }
    Some(Drift::Of(sum))
}

fn of_record(record: &Record, shown: fn(&Epoch) -> f64, full: usize) -> Option<Drift> {
    let history = &record.results.history;
    let last = history.len();
    if last == 0 {
        return None;
    }
    // A training that ended by itself would not go on.
    if last >= full || record.results.outcome != Outcome::Finished {
        return Some(Drift::Of(0.0));
    }
    if last == 1 {
        return Some(Drift::Unknown);
    }
    let half = last.div_ceil(2);
    let doublings = |more: usize, less: usize| (more as f64 / less as f64).log2();
    let moved = shown(&history[last - 1]) - shown(&history[half - 1]);
    Some(Drift::Of(moved * doublings(full, last) / doublings(last, half)))
}

/// The measure after an epoch, or what moves with it.
fn shown(quantity: &Quantity) -> Option<fn(&Epoch) -> f64> {
    match quantity {
        Quantity::Of(Measure::Accuracy) => Some(|epoch| epoch.test_accuracy),
        Quantity::Of(Measure::Training) => Some(|epoch| epoch.training_accuracy),
        Quantity::Of(Measure::Gap) => Some(|epoch| epoch.training_accuracy - epoch.test_accuracy),
        _ => None,
    }
}
