//! What the learner does becomes messages, and reports to the study.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tinderbox_search::{Advice, Lease, Pulse};
use tinderbox_training::learner::{CheckpointError, Epoch, Observer, Step};

use super::{Cut, Message, Trials};

/// How often a step is worth a message.
const STEP_MESSAGES: Duration = Duration::from_millis(200);

/// Why a training is to stop.
pub(super) enum Break {
    /// The pruner stops it after this epoch, from 1.
    Pruned { epoch: usize },
    /// Epochs cannot be reported.
    Cut(Cut),
}

/// Turns what the learner does into messages, each epoch into a report, and what comes of that into an end.
pub(super) struct Reporter<'a, S> {
    trials: &'a mut dyn Trials,
    lease: &'a Lease,
    pulse: &'a Pulse,
    pub(super) broken: Option<Break>,
    /// On the test and the validation images, after the last epoch.
    accuracies: Option<[f64; 2]>,
    last: Option<Instant>,
    /// Whether it has said that checkpoints fail.
    warned: bool,
    say: S,
}

impl<'a, S: FnMut(Message)> Reporter<'a, S> {
    pub(super) fn new(trials: &'a mut dyn Trials, lease: &'a Lease, pulse: &'a Pulse, say: S) -> Self {
        Self { trials, lease, pulse, broken: None, accuracies: None, last: None, warned: false, say }
    }
}

impl<S: FnMut(Message)> Observer for Reporter<'_, S> {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        if self.broken.is_some() || self.pulse.is_lost() {
            return ControlFlow::Break(());
        }
        if self.last.is_none_or(|last| last.elapsed() > STEP_MESSAGES) {
            self.last = Some(Instant::now());
            let steps = step.epochs * step.steps;
            (self.say)(Message::Progress {
                done: ((step.epoch - 1) * step.steps + step.step) as f64 / steps as f64,
                epoch: step.epoch,
                epochs: step.epochs,
                accuracy: self.accuracies.map(|[test, _]| test),
                validation_accuracy: self.accuracies.map(|[_, validation]| validation),
            });
        }
        ControlFlow::Continue(())
    }

    fn epoch(&mut self, epoch: &Epoch) {
        self.accuracies = Some([epoch.test_accuracy, epoch.validation_accuracy]);
        if self.broken.is_some() {
            return;
        }
        self.broken = match self.trials.report(self.lease, epoch) {
            Ok(Advice::Continue) => None,
            Ok(Advice::Stop) => Some(Break::Pruned { epoch: epoch.epoch }),
            Err(error) => Some(Break::Cut(error.into())),
        };
    }

    fn checkpoint_failed(&mut self, error: &CheckpointError) {
        if !self.warned {
            self.warned = true;
            (self.say)(Message::Warning { text: format!("{error}; the training continues without it") });
        }
    }
}
