//! Our contestant: the real learner, which waits before each epoch until it is asked for it.

use std::io::{BufRead, Write};
use std::ops::ControlFlow;

use burn::prelude::Device;
use tinderbox::catalog::AnyNetwork;
use tinderbox_data::Images;
use tinderbox_training::learner::{Epoch, LearnerConfig, LearnerError, Observer, Splits, Step};
use tinderbox_training::{Examples, ExamplesError};

use crate::commands::Refusal;
use crate::contestant::{Clock, Told, say};

/// What is asked for.
pub(crate) const QUESTION: &str = "epoch";

/// Trains `network` on `images`, an epoch for each line that asks for one.
///
/// Everything is as in a trial but for the images that are only looked at: of those there is one, so that an epoch is its
/// steps.
///
/// # Errors
/// If the training could not be done.
pub(crate) fn train(
    network: &dyn AnyNetwork,
    batch_size: usize,
    images: &Images,
    device: &Device,
    questions: impl BufRead,
    answers: impl Write,
) -> Result<(), Refusal> {
    let one = examples(images, images.len().min(1))?;
    let splits = Splits { training: examples(images, images.len())?, validation: one, test: one };
    // Nobody asks for so many.
    let config = LearnerConfig { batch_size, epochs: usize::MAX, ..LearnerConfig::default() };
    let mut conducted = Conducted { questions: questions.lines(), answers, started: None };
    match network.fit(&config.init(1)?, device, &splits, &mut conducted) {
        Err(LearnerError::Interrupted { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(fitted) => Err(format!("the training ended by itself: {:?}", fitted.ending).into()),
    }
}

/// The first `count` of them.
///
/// # Errors
/// If they cannot be learnt from.
pub(crate) fn examples(images: &Images, count: usize) -> Result<Examples<'_>, ExamplesError> {
    let shape = images.shape();
    let pixels = &images.pixels()[..count * shape.pixels()];
    let size = [shape.channels, shape.height, shape.width];
    Examples::new(pixels, &images.labels()[..count], size, images.classes())
}

/// Lets an epoch begin when a line asks for it, and answers at its end.
struct Conducted<Q, A> {
    questions: Q,
    answers: A,
    started: Option<Clock>,
}

impl<Q: Iterator<Item = std::io::Result<String>>, A: Write> Observer for Conducted<Q, A> {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        if step.step == 0 {
            match self.questions.next() {
                Some(Ok(question)) if question == QUESTION => {
                    self.started = Some(Clock::start());
                }
                _ => return ControlFlow::Break(()),
            }
        }
        ControlFlow::Continue(())
    }

    fn epoch(&mut self, epoch: &Epoch) {
        let Some(clock) = self.started.take() else { return };
        let told = Told { loss: Some(epoch.training_loss), ..clock.stop() };
        // A failed write needs no handling: a parent that is gone asks no more questions.
        _ = say(&mut self.answers, &told);
    }
}
