//! Schedules: how the learning rate changes in the course of a training.

mod cosine;
mod exponential;
mod one_cycle;
mod step;
mod warm_restarts;

#[cfg(test)]
mod contract;

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
    exponential: Exponential,
    cosine: Cosine,
    warm_restarts: WarmRestarts,
    one_cycle: OneCycle,
}

/// Steps that are done, in epochs: 1.5 in the middle of the second epoch.
fn progress(step: &Step) -> f64 {
    (step.epoch - 1) as f64 + step.step as f64 / step.steps as f64
}
