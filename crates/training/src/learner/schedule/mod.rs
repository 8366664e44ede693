//! Schedules: how the learning rate changes in the course of a training.

mod cosine;
mod exponential;
mod one_cycle;
mod step;
mod warm_restarts;
mod warm_up;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod testing;

use std::f64::consts::PI;
use std::fmt::Debug;

use super::Step;
use crate::family::{Spelling, family};

/// The learning rate of each step.
///
/// It is a function of where the training stands, with no memory, so that a training that resumes has the bits of one that
/// was never stopped.
pub trait Schedule: Debug + Send + Sync + 'static {
    /// The rate of a step, in a training whose learning rate is `learning_rate`.
    fn rate(&self, learning_rate: f64, step: &Step) -> f64;

    /// Whether [`Step::epochs`] matters. If it does not, a checkpoint can be continued with more epochs.
    fn depends_on_epochs(&self) -> bool {
        true
    }
}

family! {
    Schedule, "schedule", Spelling::Table { implied: None };
    step: StepDecay,
    cosine: Cosine,
    exponential: Exponential,
    warm_restarts: WarmRestarts,
    one_cycle: OneCycle,
    warm_up: WarmUp,
}

/// Steps that are done, in epochs: 1.5 in the middle of the second epoch.
fn progress(step: &Step) -> f64 {
    (step.epoch - 1) as f64 + step.step as f64 / step.steps as f64
}

/// The way along half a cosine, of which `done` is done: `from` at 0, `to` at 1.
fn half_cosine(from: f64, to: f64, done: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * done).cos()) / 2.0
}
