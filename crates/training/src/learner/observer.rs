//! An observer: what a progress bar, a stream of JSON lines or a dashboard hangs on.

use std::ops::ControlFlow;

use super::{CheckpointError, Epoch};

/// Where a training stands, just before a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The running epoch, from 1.
    pub epoch: usize,
    /// Epochs in all, if nothing stops it early.
    pub epochs: usize,
    /// Steps done in this epoch.
    pub step: usize,
    /// Steps in an epoch.
    pub steps: usize,
}

/// Watches a training.
pub trait Observer {
    /// Called before each step; `Break` ends the training there. Finished epochs are in the checkpoint by then.
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        let _ = step;
        ControlFlow::Continue(())
    }

    /// Called after each epoch. A training that resumes from a checkpoint reports its earlier epochs first.
    fn epoch(&mut self, epoch: &Epoch) {
        let _ = epoch;
    }

    /// Called when a checkpoint that [may be missing](super::Learner::with_optional_checkpoint) could not be read or
    /// written. The training continues without it.
    fn checkpoint_failed(&mut self, error: &CheckpointError) {
        let _ = error;
    }
}

/// Ignores every event.
impl Observer for () {}
