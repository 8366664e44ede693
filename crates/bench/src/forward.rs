//! Our contestant of the forward passes alone: an epoch of images to the loss, without a graph.
//!
//! Burn lets go of a graph on the way back alone: with one, the values of every step would stay in memory.

use std::io::{BufRead, Write};

use burn::prelude::*;
use tinderbox::catalog::AnyNetwork;
use tinderbox_data::Images;
use tinderbox_ops::{Classifier, cross_entropy};

use crate::commands::Refusal;
use crate::contestant::{Clock, Told, say};
use crate::epochs::examples;

/// Scores all `images` for each line, in batches, in their own order.
///
/// # Errors
/// If they are no examples.
pub(crate) fn answer(
    network: &dyn AnyNetwork,
    batch_size: usize,
    images: &Images,
    device: &Device,
    questions: impl BufRead,
    mut answers: impl Write,
) -> Result<(), Refusal> {
    let model = network.init(device).victim();
    let examples = examples(images, images.len())?;
    for _ in questions.lines().map_while(Result::ok) {
        let clock = Clock::start();
        let mut total = Tensor::<1>::zeros([1], device);
        for batch in examples.batches(batch_size, device) {
            let count = batch.labels.dims()[0] as f64;
            total = total + cross_entropy(model.logits(batch.images), batch.labels) * count;
        }
        let loss = f64::from(total.into_scalar::<f32>()) / examples.len() as f64;
        // A failed write needs no handling: a parent that is gone asks no more questions.
        _ = say(&mut answers, &Told { loss: Some(loss), ..clock.stop() });
    }
    Ok(())
}
