//! The kernel of `ReLU` and pooling as a backend extension.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::prelude::*;

use super::{Slices, tensor};
use crate::kernel::relu_max_pool as kernel;

/// The largest value of each 2x2 square of maps that are a slice, at least zero.
pub(crate) fn relu_max_pool(maps: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as ReluMaxPool>::relu_max_pool(maps.into_dispatch()))
}

#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub(crate) trait ReluMaxPool: Backend {
    fn relu_max_pool(maps: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl<B: Slices> ReluMaxPool for B {
    fn relu_max_pool(maps: FloatTensor<Self>) -> FloatTensor<Self> {
        forward::<Self>(maps)
    }
}

fn forward<B: Slices>(maps: FloatTensor<B>) -> FloatTensor<B> {
    let shape = maps.shape();
    let output = kernel::forward(&B::values(maps), [shape[2], shape[3]]);
    tensor::<B>(output, [shape[0], shape[1], shape[2] / 2, shape[3] / 2])
}

impl<B: Slices, C: CheckpointStrategy> ReluMaxPool for Autodiff<B, C> {
    fn relu_max_pool(maps: FloatTensor<Self>) -> FloatTensor<Self> {
        match ReluMaxPoolBackward.prepare::<C>([maps.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut preparation) => {
                let state = preparation.checkpoint(&maps);
                preparation.finish(state, B::relu_max_pool(maps.into_primitive()))
            }
            OpsKind::UnTracked(preparation) => preparation.finish(B::relu_max_pool(maps.into_primitive())),
        }
    }
}

#[derive(Debug)]
struct ReluMaxPoolBackward;

impl<B: Slices> Backward<B, 1> for ReluMaxPoolBackward {
    type State = NodeId;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [parent] = ops.parents;
        let upstream = gradients.consume::<B>(&ops.node);
        let maps: FloatTensor<B> = checkpointer.retrieve_node_output(ops.state);
        if let Some(node) = parent {
            let shape = maps.shape();
            let gradient = kernel::gradient(&B::values(maps), [shape[2], shape[3]], &B::values(upstream));
            gradients.register::<B>(node.id, tensor::<B>(gradient, shape.to_vec()));
        }
    }
}
