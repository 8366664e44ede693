//! What a classifier thinks of examples: a probability for each class of each image.

use std::convert::Infallible;

use burn::prelude::*;
use tinderbox_ops::Classifier;

use crate::examples::{BATCH, Examples};

/// The probabilities that a classifier gave to examples, and how they fit the labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// `[images, classes]`, row by row; each row adds up to one, but for those of unanswered images, which are NaN.
    pub probabilities: Vec<f32>,
    /// Scores given to an image.
    pub classes: usize,
    /// Mean cross-entropy, in nats. NaN if an image is unanswered.
    pub loss: f64,
    /// Share of images whose most probable class is their label, in `[0, 1]`. Among equals the first class counts. An
    /// unanswered image counts as wrong.
    pub accuracy: f64,
    /// Images without an answer: one of their scores is NaN or `+∞`, which no softmax makes a probability of.
    pub unanswered: usize,
}

impl Evaluation {
    /// The most probable class of each image, among equals the first; `None` for an unanswered image.
    pub fn answers(&self) -> impl Iterator<Item = Option<usize>> {
        self.probabilities.chunks(self.classes.max(1)).map(|row| {
            let answered = row.iter().all(|probability| !probability.is_nan());
            answered.then(|| first_largest(row))
        })
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
    let (mut loss, mut right, mut unanswered) = (0.0, 0usize, 0usize);
    let mut labels = examples.labels().iter();
    for batch in examples.batches(BATCH, device) {
        let logits = model.logits(change(batch.images, batch.labels)?);
        classes = logits.dims()[1];
        let scores: Vec<f32> = logits.into_data().iter::<f32>().collect();
        for (row, &label) in scores.chunks(classes).zip(labels.by_ref()) {
            let label = usize::from(label);
            let logarithms = log_softmax(row);
            loss -= logarithms[label];
            // Of the scores themselves: two that differ may have equal logarithms.
            let answered = logarithms.iter().all(|logarithm| !logarithm.is_nan());
            right += usize::from(answered && first_largest(row) == label);
            unanswered += usize::from(!answered);
            probabilities.extend(logarithms.iter().map(|logarithm| logarithm.exp() as f32));
        }
    }
    let count = examples.len() as f64;
    let (loss, accuracy) = (loss / count, right as f64 / count);
    Ok(Evaluation { probabilities, classes, loss, accuracy, unanswered })
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

    /// Scores each image with these numbers, whatever it shows.
    struct Always(Vec<f32>);

    impl Classifier for Always {
        fn logits(&self, images: Tensor<4>) -> Tensor<2> {
            let row =
                Tensor::<2>::from_data(TensorData::new(self.0.clone(), [1, self.0.len()]), &images.device());
            row.repeat_dim(0, images.dims()[0])
        }
    }

    #[test]
    fn scores_that_give_no_probabilities_are_no_answer() {
        let examples = Examples::new(&[0.5, 0.0], &[0, 1], [1, 1, 1], 2).unwrap();
        let evaluated = |scores: [f32; 2]| {
            let evaluation = evaluate(&Always(scores.to_vec()), &examples, &Device::flex());
            let answers: Vec<_> = evaluation.answers().collect();
            (evaluation.unanswered, evaluation.accuracy.to_bits(), answers)
        };
        let none = (2, 0f64.to_bits(), vec![None, None]);
        for scores in [[f32::NAN, 0.0], [0.0, f32::NAN], [f32::INFINITY, 0.0], [f32::NEG_INFINITY; 2]] {
            assert_eq!(evaluated(scores), none, "{scores:?}");
        }
        // A class that is ruled out has the probability 0: a number as good as any.
        assert_eq!(evaluated([f32::NEG_INFINITY, 0.0]), (0, 0.5f64.to_bits(), vec![Some(1); 2]));
    }
}
