//! Our contestant of the forward passes alone: an epoch of images to the loss, without a graph.
//!
//! Burn lets go of a graph on the way back alone: with one, the values of every step would stay in memory.

use std::io::{BufRead, Write};

use burn::prelude::*;
use tinderbox_data::Images;
use tinderbox_models::{Classifier, NetworkConfig};
use tinderbox_ops::cross_entropy;

use crate::contestant::{Clock, Told, say};

/// Scores all `images` for each line, in batches, in their own order.
pub(crate) fn answer(
    network: &NetworkConfig,
    batch_size: usize,
    images: &Images,
    device: &Device,
    questions: impl BufRead,
    mut answers: impl Write,
) {
    let model = network.init(device);
    for _ in questions.lines().map_while(Result::ok) {
        let clock = Clock::start();
        let mut total = Tensor::<1>::zeros([1], device);
        let pixels = images.pixels().chunks(batch_size * images.shape().pixels());
        for (pixels, labels) in pixels.zip(images.labels().chunks(batch_size)) {
            let (pixels, labels) = batch(images, pixels, labels, device);
            let count = labels.dims()[0] as f64;
            total = total + cross_entropy(model.logits(pixels), labels) * count;
        }
        let loss = f64::from(total.into_scalar::<f32>()) / images.labels().len() as f64;
        // Whoever does not listen asks for nothing more either.
        _ = say(&mut answers, &Told { loss: Some(loss), ..clock.stop() });
    }
}

fn batch(images: &Images, pixels: &[f32], labels: &[u8], device: &Device) -> (Tensor<4>, Tensor<1, Int>) {
    let shape = images.shape();
    let size = [labels.len(), shape.channels, shape.height, shape.width];
    let labels: Vec<i64> = labels.iter().copied().map(i64::from).collect();
    let count = [labels.len()];
    (
        Tensor::from_data(TensorData::new(pixels.to_vec(), size), device),
        Tensor::from_data(TensorData::new(labels, count), device),
    )
}
