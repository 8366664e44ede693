//! What a classifier thinks of examples: a probability for each class of each image.

use std::convert::Infallible;

use burn::prelude::*;
use tinderbox_models::Classifier;

use crate::examples::Examples;

/// Images scored at once. Large enough to keep the kernels busy, small enough to stay in memory.
const BATCH: usize = 512;

/// The probabilities that a classifier gave to examples, and how they fit the labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// `[images, classes]`, row by row; each row adds up to one.
    pub probabilities: Vec<f32>,
    /// Scores given to an image.
    pub classes: usize,
    /// Mean cross-entropy, in nats. NaN where a logit was.
    pub loss: f64,
    /// Share of images whose most probable class is their label, in `[0, 1]`. Among equals the first class counts.
    pub accuracy: f64,
}

impl Evaluation {
    /// The most probable class of each image; among equals the first.
    pub fn answers(&self) -> impl Iterator<Item = usize> {
        self.probabilities.chunks(self.classes.max(1)).map(first_largest)
    }
}

/// Scores all examples. `model` must hold still: give it `model.valid()`.
///
/// Softmax and loss are computed in double precision on the host, the same for every backend.
///
/// # Panics
/// If the model does not fit the images, or has fewer classes than they.
pub fn evaluate(model: &impl Classifier, examples: &Examples, device: &Device) -> Evaluation {
    let unchanged: Result<Evaluation, Infallible> =
        evaluate_as(model, examples, device, |images, _| Ok(images));
    match unchanged {
        Ok(evaluation) => evaluation,
    }
}

/// Scores all examples as `change` shows them.
pub(crate) fn evaluate_as<E>(
    model: &impl Classifier,
    examples: &Examples,
    device: &Device,
    mut change: impl FnMut(Tensor<4>, Tensor<1, Int>) -> Result<Tensor<4>, E>,
) -> Result<Evaluation, E> {
    let mut probabilities = Vec::new();
    let mut classes = 0;
    let (mut loss, mut right) = (0.0, 0usize);
    let mut labels = examples.labels().iter();
    for batch in examples.batches(BATCH, device) {
        let logits = model.logits(change(batch.images, batch.labels)?);
        classes = logits.dims()[1];
        let scores: Vec<f32> = logits.into_data().iter::<f32>().collect();
        for (row, &label) in scores.chunks(classes).zip(labels.by_ref()) {
            let label = usize::from(label);
            let logarithms = log_softmax(row);
            loss -= logarithms[label];
            right += usize::from(first_largest(row) == label);
            probabilities.extend(logarithms.iter().map(|logarithm| logarithm.exp() as f32));
        }
    }
    let count = examples.len() as f64;
    Ok(Evaluation { probabilities, classes, loss: loss / count, accuracy: right as f64 / count })
}

fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum();
    logits.iter().map(|&logit| f64::from(logit) - largest - total.ln()).collect()
}

fn first_largest(row: &[f32]) -> usize {
    (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores `[brightness, -brightness]`.
    struct Brightness;

    impl Classifier for Brightness {
        fn logits(&self, images: Tensor<4>) -> Tensor<2> {
            let brightness = images.flatten::<2>(1, 3).sum_dim(1);
            Tensor::cat(vec![brightness.clone(), -brightness], 1)
        }
    }

    #[test]
    fn probabilities_loss_and_accuracy_are_those_computed_by_hand() {
        let pixels = [0.5, 0.0];
        let examples = Examples::new(&pixels, &[0, 1], [1, 1, 1], 2).unwrap();
        let evaluation = evaluate(&Brightness, &examples, &Device::flex());

        // softmax([0.5, -0.5]) = [1 / (1 + e^-1), 1 / (1 + e)]; the black image is a tie, which class 0 wins.
        let sure = 1.0 / (1.0 + (-1.0f64).exp());
        let expected = [sure, 1.0 - sure, 0.5, 0.5];
        for (got, expected) in evaluation.probabilities.iter().zip(expected) {
            assert!((f64::from(*got) - expected).abs() < 1e-7);
        }
        assert!((evaluation.loss - f64::midpoint(-sure.ln(), 2f64.ln())).abs() < 1e-7);
        assert!((evaluation.accuracy - 0.5).abs() < 1e-12);
    }

    #[test]
    fn large_logits_stay_finite_and_nan_shows() {
        assert!(log_softmax(&[1e30, -1e30]).iter().all(|value| !value.is_nan()));
        assert!(log_softmax(&[f32::NAN, 0.0]).iter().all(|value| value.is_nan()));
    }
}
