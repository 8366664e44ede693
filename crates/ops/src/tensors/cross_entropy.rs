//! The loss of a classifier.

use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use burn::tensor::assert_shape;

#[cfg(feature = "kernels")]
use super::slices::{are_slices, cross_entropy as kernel};

/// The mean cross-entropy of logits, in nats: `−1/n Σ log softmax(xᵢ)[yᵢ]`.
///
/// On flex and ndarray, in `f32`, one pass of this crate computes it and its gradient; elsewhere Burn does.
///
/// # Shapes
/// - `logits`: `[batch, classes]`
/// - `labels`: `[batch]`, each below `classes`
/// - returns `[1]`
///
/// # Panics
/// If a shape differs from the above, the batch is empty, or, on flex and ndarray, a label is no class.
pub fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    let [batch, classes] = logits.dims();
    assert_shape!(labels, [batch]);
    assert!(batch > 0 && classes > 0, "a loss needs logits, these are {batch} of {classes} classes");
    #[cfg(feature = "kernels")]
    if are_slices(&logits) {
        let labels = labels.into_data().iter::<i64>().map(|label| class(label, classes)).collect();
        return kernel::cross_entropy(logits, labels);
    }
    log_softmax(logits, 1).gather(1, labels.unsqueeze_dim(1)).mean().neg()
}

#[cfg(feature = "kernels")]
fn class(label: i64, classes: usize) -> usize {
    let class = usize::try_from(label).ok().filter(|&class| class < classes);
    class.unwrap_or_else(|| panic!("label {label}, expected one of {classes} classes, from 0"))
}
