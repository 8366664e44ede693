//! The values of one objective: which trials have one, which of them is best, and how they rank.

use std::cmp::Ordering;

use super::{Objective, StudyTrial, StudyView, TrialState};
use crate::chart::drawable;
use crate::format::{count, number};

/// Shades of a ranking: the best fifth of the trials has the first.
pub(super) const FIFTHS: usize = 5;

/// What the complete trials of a study reached in one objective.
pub(super) struct Values<'a> {
    pub(super) objective: &'a Objective,
    /// What the names of its figures within the page begin with.
    pub(super) id: String,
    /// Complete trials whose value an axis can hold, by number.
    pub(super) complete: Vec<TrialValue<'a>>,
    /// How many complete trials have a value that no axis can hold.
    left_out: usize,
    /// Best first.
    ranked: Vec<f64>,
}

/// A trial and its value.
#[derive(Clone, Copy)]
pub(super) struct TrialValue<'a> {
    pub(super) trial: &'a StudyTrial,
    pub(super) value: f64,
}

impl<'a> Values<'a> {
    /// Of the objective at `place`.
    pub(super) fn new(study: &'a StudyView, place: usize) -> Self {
        let objective = &study.objectives[place];
        let ended = || study.trials.iter().filter(|trial| trial.state == TrialState::Complete);
        let mut complete: Vec<TrialValue> = ended()
            .map(|trial| TrialValue { trial, value: trial.values[place] })
            .filter(|complete| drawable(complete.value))
            .collect();
        complete.sort_by_key(|complete| complete.trial.number);
        let mut ranked: Vec<f64> = complete.iter().map(|complete| complete.value).collect();
        ranked.sort_by(|&one, &other| match objective.direction.better(one, other) {
            true => Ordering::Less,
            false if objective.direction.better(other, one) => Ordering::Greater,
            false => Ordering::Equal,
        });
        let left_out = ended().count() - complete.len();
        Self { objective, id: format!("objective-{}", place + 1), complete, left_out, ranked }
    }

    /// The first of those that no other is better than.
    pub(super) fn best(&self) -> Option<TrialValue<'a>> {
        let better = |one: f64, other: f64| self.objective.direction.better(one, other);
        let first = |best: TrialValue<'a>, next: TrialValue<'a>| {
            if better(next.value, best.value) { next } else { best }
        };
        self.complete.iter().copied().reduce(first)
    }

    /// The fifth of the ranking that a value belongs to, from 0; equal values belong to the same.
    pub(super) fn fifth(&self, value: f64) -> usize {
        self.better(value) * FIFTHS / self.ranked.len().max(1)
    }

    /// The share of trials that are better, in `[0, 1)`.
    pub(super) fn rank(&self, value: f64) -> f64 {
        self.better(value) as f64 / self.ranked.len().max(1) as f64
    }

    fn better(&self, value: f64) -> usize {
        self.ranked.partition_point(|&other| self.objective.direction.better(other, value))
    }

    /// The best and the worst value of a fifth, if anything belongs to it.
    pub(super) fn ends(&self, fifth: usize) -> Option<(f64, f64)> {
        let here = || self.ranked.iter().copied().filter(|&value| self.fifth(value) == fifth);
        Some((here().next()?, here().next_back()?))
    }

    /// The worst of the best `share` of the trials, in `(0, 1]`.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        // Without the spare, 0.1 of 10 would be a little more than 1.
        let count = (share * self.ranked.len() as f64 - 1e-9).ceil() as usize;
        self.ranked.get(count.saturating_sub(1)).copied()
    }

    /// The sentence that there is no figure, if there is nothing to draw; `figure` begins it, such as `A slice needs`.
    pub(super) fn none(&self, figure: &str) -> Result<(), String> {
        if !self.complete.is_empty() {
            return Ok(());
        }
        Err(match self.left_out {
            0 => format!("{figure} a complete trial; there is none yet."),
            _ => format!("{figure} a finite value; no complete trial has one."),
        })
    }

    /// A sentence about the trials that cannot be drawn, with the space before it, if there are any.
    pub(super) fn note(&self) -> String {
        match self.left_out {
            0 => String::new(),
            1 => " 1 complete trial has no finite value and is left out.".into(),
            many => format!(" {} complete trials have no finite value and are left out.", count(many as u64)),
        }
    }
}

impl TrialValue<'_> {
    /// The text under the pointer.
    pub(super) fn title(&self) -> String {
        format!("Trial {}: {}", self.trial.number, number(self.value))
    }
}
