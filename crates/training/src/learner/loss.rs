//! The loss of a step: cross-entropy, with labels as they are or smoothed.

use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use tinderbox_ops::{Classifier, cross_entropy};

use super::StepModel;
use crate::perturbation::Victim;

/// The mean over `[batch, classes]` logits of `(1 − s) · J(z, y) + s · mean_k J(z, k)`, in nats, with `J` the cross-entropy: the
/// label has the probability `1 − s + s / classes`, each other class `s / classes`.
///
/// Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2016), §7, arXiv:1512.00567, with
/// the uniform distribution over classes; `label_smoothing` of `torch.nn.functional.cross_entropy`.
pub(super) fn smoothed_cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    if smoothing == 0.0 {
        return cross_entropy(logits, labels);
    }
    let uniform = -log_softmax(logits.clone(), 1).mean();
    cross_entropy(logits, labels) * (1.0 - smoothing) + uniform * smoothing
}

/// A model whose labels are smoothed.
pub(super) struct Smoothed<'a, M> {
    pub(super) model: &'a M,
    /// In `[0, 1)`.
    pub(super) smoothing: f64,
}

impl<M: StepModel> Classifier for Smoothed<'_, M> {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        self.model.logits(images)
    }
}

impl<M: StepModel> StepModel for Smoothed<'_, M> {
    fn victim(&self) -> Victim {
        self.model.victim()
    }

    fn loss(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        smoothed_cross_entropy(logits, labels, self.smoothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `torch.nn.functional.cross_entropy(logits, labels, label_smoothing=...)` in `f64`, by `PyTorch` 2.5.1.
    #[test]
    fn a_share_of_each_label_is_spread_over_all_classes() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data([[1.0, 2.0, 3.0], [-4.0, 0.5, 0.25]], &device);
        let labels = Tensor::<1, Int>::from_data([2, 0], &device);
        for (smoothing, expected) in
            [(0.0, 2.744_885_590_287_043_3), (0.1, 2.649_052_256_953_71), (0.9, 1.882_385_590_287_043_2)]
        {
            let loss = smoothed_cross_entropy(logits.clone(), labels.clone(), smoothing);
            let loss = f64::from(loss.into_scalar::<f32>());
            assert!((loss - expected).abs() < 1e-6, "{smoothing}: {loss} {expected}");
        }
    }

    #[test]
    fn without_smoothing_it_is_the_cross_entropy_to_the_bit() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data([[0.1, 0.7, -0.3], [2.0, 0.0, 1.0]], &device);
        let labels = Tensor::<1, Int>::from_data([1, 2], &device);
        let [plain, none] =
            [cross_entropy(logits.clone(), labels.clone()), smoothed_cross_entropy(logits, labels, 0.0)];
        assert_eq!(plain.into_scalar::<f32>().to_bits(), none.into_scalar::<f32>().to_bits());
    }
}
