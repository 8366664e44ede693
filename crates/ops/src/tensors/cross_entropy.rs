//! The loss of a classifier.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, NdArray, backend_extension};
use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use burn::tensor::assert_shape;

use super::slices::{Slices, are_slices, tensor};
use crate::kernel::cross_entropy as kernel;

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
    if are_slices(&logits) {
        let labels = labels.into_data().iter::<i64>().map(|label| class(label, classes)).collect();
        Tensor::from_dispatch(<Dispatch as CrossEntropy>::cross_entropy(logits.into_dispatch(), labels))
    } else {
        log_softmax(logits, 1).gather(1, labels.unsqueeze_dim(1)).mean().neg()
    }
}

fn class(label: i64, classes: usize) -> usize {
    let class = usize::try_from(label).ok().filter(|&class| class < classes);
    class.unwrap_or_else(|| panic!("label {label}, expected one of {classes} classes, from 0"))
}

#[backend_extension(Flex, NdArray, Autodiff)]
pub(crate) trait CrossEntropy: Backend {
    fn cross_entropy(logits: FloatTensor<Self>, labels: Vec<usize>) -> FloatTensor<Self>;
}

impl CrossEntropy for Flex {
    fn cross_entropy(logits: FloatTensor<Self>, labels: Vec<usize>) -> FloatTensor<Self> {
        forward::<Self>(logits, &labels).0
    }
}

impl CrossEntropy for NdArray {
    fn cross_entropy(logits: FloatTensor<Self>, labels: Vec<usize>) -> FloatTensor<Self> {
        forward::<Self>(logits, &labels).0
    }
}

/// The loss, and the probabilities of each class.
fn forward<B: Slices>(logits: FloatTensor<B>, labels: &[usize]) -> (FloatTensor<B>, Vec<f32>) {
    let (loss, probabilities) = kernel::forward(&B::values(logits), labels);
    (tensor::<B>(vec![loss], [1]), probabilities)
}

impl<B: CrossEntropy + Slices, C: CheckpointStrategy> CrossEntropy for Autodiff<B, C> {
    fn cross_entropy(logits: FloatTensor<Self>, labels: Vec<usize>) -> FloatTensor<Self> {
        match CrossEntropyBackward.prepare::<C>([logits.node()]).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => {
                let (loss, probabilities) = forward::<B>(logits.into_primitive(), &labels);
                preparation.finish(State { probabilities, labels }, loss)
            }
            OpsKind::UnTracked(preparation) => {
                preparation.finish(B::cross_entropy(logits.into_primitive(), labels))
            }
        }
    }
}

#[derive(Debug)]
struct CrossEntropyBackward;

#[derive(Debug, Clone)]
struct State {
    probabilities: Vec<f32>,
    labels: Vec<usize>,
}

impl<B: Slices> Backward<B, 1> for CrossEntropyBackward {
    type State = State;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let State { probabilities, labels } = ops.state;
        let upstream = gradients.consume::<B>(&ops.node);
        if let [Some(node)] = ops.parents {
            let shape = [labels.len(), probabilities.len() / labels.len()];
            let gradient = kernel::gradient(probabilities, &labels, B::values(upstream)[0]);
            gradients.register::<B>(node.id, tensor::<B>(gradient, shape));
        }
    }
}
