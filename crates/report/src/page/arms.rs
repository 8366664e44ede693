//! The table of arms: accuracies, what the paper reports and where that lies, cost, trials.

use crate::claim::Protocol;
use crate::format::{ABSENT, count, estimate, list, seconds};
use crate::numbers::ArmNumbers;
use crate::report::{ArmFacts, ArmView, ExperimentView, Reported};

pub(super) struct ArmsTable<'a> {
    pub(super) has_reported: bool,
    /// What the intervals say nothing about.
    pub(super) covers: String,
    pub(super) rows: Vec<Row<'a>>,
}

/// A row, in the words of the page.
pub(super) struct Row<'a> {
    pub(super) arm: &'a ArmFacts,
    /// Whose trials these are, if not its own.
    pub(super) origin: Option<String>,
    pub(super) last: String,
    pub(super) chosen: String,
    pub(super) reported: Option<&'a Reported>,
    /// Where the reported number lies, a line a protocol.
    pub(super) placements: Vec<String>,
    pub(super) parameters: String,
    pub(super) multiply_adds: String,
    pub(super) epoch_seconds: String,
    pub(super) trials: String,
    /// Trials without numbers, such as `8 diverged, 1 failed`; empty where there are none.
    pub(super) lost: String,
}

impl<'a> ArmsTable<'a> {
    pub(super) fn new(view: &'a ExperimentView, arms: &'a [ArmNumbers]) -> Self {
        Self {
            has_reported: arms.iter().any(|arm| arm.facts.reported.is_some()),
            covers: covers(view),
            rows: view.arms.iter().zip(arms).map(|(arm, numbers)| row(arm, numbers)).collect(),
        }
    }
}

/// What an interval over seeds says nothing about.
fn covers(view: &ExperimentView) -> String {
    let mut tests = view.records().filter_map(|record| record.results.test.as_ref());
    match tests.next() {
        None => "not the choice of the test images".into(),
        Some(first) if tests.all(|test| test.indices == first.indices) => {
            format!("all trials are tested on the same {} images", count(first.len() as u64))
        }
        Some(_) => "each seed has different test images, which overlap".into(),
    }
}

fn row<'a>(arm: &'a ArmView, numbers: &'a ArmNumbers) -> Row<'a> {
    let lost = [(numbers.diverged, "diverged"), (numbers.failed, "failed")];
    let lost =
        lost.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number}\u{a0}{what}"));
    Row {
        arm: &arm.facts,
        origin: origin(&arm.facts),
        last: estimate(numbers.test_accuracy),
        chosen: estimate(numbers.chosen_test_accuracy),
        reported: arm.facts.reported.as_ref(),
        placements: placements(numbers),
        parameters: numbers.parameters.map_or(ABSENT.into(), count),
        multiply_adds: numbers.multiply_adds.map_or(ABSENT.into(), count),
        epoch_seconds: numbers.epoch_seconds.map_or(ABSENT.into(), seconds),
        trials: count(numbers.trials as u64),
        lost: lost.collect::<Vec<_>>().join(", "),
    }
}

fn origin(arm: &ArmFacts) -> Option<String> {
    if let Some(source) = &arm.same_as {
        return Some(format!(
            "trials of {} in {}, which has the same settings",
            source.arm, source.experiment
        ));
    }
    let ensemble = arm.ensemble.as_ref()?;
    Some(format!("{} of {}; nothing was trained", ensemble.title, list(&ensemble.members)))
}

fn placements(arm: &ArmNumbers) -> Vec<String> {
    let Some(placement) = &arm.placement else { return Vec::new() };
    let line = |protocol: &Protocol| {
        let lies = if protocol.holds { "inside" } else { "outside" };
        let Protocol { name, mean, low, high, .. } = protocol;
        format!("{name}: {mean:.2} ({low:.2} to {high:.2}), {lies}")
    };
    let nearest = placement.nearest.as_ref().map(|protocol| format!("closest to {protocol}"));
    placement.protocols.iter().map(line).chain(nearest).collect()
}
