//! The kernel of the loss as a backend extension.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::prelude::*;

use super::{Slices, tensor};
use crate::kernel::cross_entropy as kernel;

/// The mean cross-entropy of logits that are a slice; each label is a class.
pub(crate) fn cross_entropy(logits: Tensor<2>, labels: Vec<usize>) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as CrossEntropy>::cross_entropy(logits.into_dispatch(), labels))
}

#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub(crate) trait CrossEntropy: Backend {
    fn cross_entropy(logits: FloatTensor<Self>, labels: Vec<usize>) -> FloatTensor<Self>;
}

impl<B: Slices> CrossEntropy for B {
    fn cross_entropy(logits: FloatTensor<Self>, labels: Vec<usize>) -> FloatTensor<Self> {
        forward::<Self>(logits, &labels).0
    }
}

/// The loss, and the probabilities of each class.
fn forward<B: Slices>(logits: FloatTensor<B>, labels: &[usize]) -> (FloatTensor<B>, Vec<f32>) {
    let (loss, probabilities) = kernel::forward(&B::values(logits), labels);
    (tensor::<B>(vec![loss], [1]), probabilities)
}

impl<B: Slices, C: CheckpointStrategy> CrossEntropy for Autodiff<B, C> {
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
