//! What the learner does becomes messages.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tinderbox_training::learner::{CheckpointError, Epoch, Observer, Step};

use super::Message;

/// How often a step is worth a message.
const STEP_MESSAGES: Duration = Duration::from_millis(200);

/// Turns what the learner does into messages, and a lost lease into an end.
pub(crate) struct Reporter<'a, S> {
    fenced: &'a AtomicBool,
    accuracy: Option<f64>,
    last: Option<Instant>,
    /// Whether it has said that checkpoints fail.
    warned: bool,
    say: S,
}

impl<'a, S: FnMut(Message)> Reporter<'a, S> {
    pub(crate) fn new(fenced: &'a AtomicBool, say: S) -> Self {
        Self { fenced, accuracy: None, last: None, warned: false, say }
    }
}

impl<S: FnMut(Message)> Observer for Reporter<'_, S> {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        if self.fenced.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        if self.last.is_none_or(|last| last.elapsed() > STEP_MESSAGES) {
            self.last = Some(Instant::now());
            let steps = step.epochs * step.steps;
            (self.say)(Message::Progress {
                done: ((step.epoch - 1) * step.steps + step.step) as f64 / steps as f64,
                epoch: step.epoch,
                epochs: step.epochs,
                accuracy: self.accuracy,
            });
        }
        ControlFlow::Continue(())
    }

    fn epoch(&mut self, epoch: &Epoch) {
        self.accuracy = Some(epoch.test_accuracy);
    }

    fn checkpoint_failed(&mut self, error: &CheckpointError) {
        if !self.warned {
            self.warned = true;
            (self.say)(Message::Warning { text: format!("{error}; the training continues without it") });
        }
    }
}
