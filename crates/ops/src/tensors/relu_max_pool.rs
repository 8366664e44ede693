//! `ReLU` and 2x2 max-pooling as one operation.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, NdArray, TensorMetadata, backend_extension};
use burn::prelude::*;
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;

use super::slices::{Slices, are_slices, tensor};
use crate::kernel::relu_max_pool as kernel;

/// The largest value of each 2x2 square, or zero if none is above.
///
/// `y[r, c] = max(0, max(x[2r + u, 2c + v]))` over `u, v` in `{0, 1}`. Of equal values the first gets the gradient. NaN
/// passes.
///
/// On flex and ndarray, in `f32`, one pass of this crate computes it; elsewhere Burn does, in two.
///
/// # Shapes
/// - `maps`: `[batch, channels, height, width]`, each side at least 2
/// - returns `[batch, channels, height / 2, width / 2]`, an odd last row or column left out
///
/// # Panics
/// If a side is below 2.
pub fn relu_max_pool_2x2(maps: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = maps.dims();
    assert!(height >= 2 && width >= 2, "no 2x2 square fits into a map of {height}x{width}");
    if are_slices(&maps) {
        Tensor::from_dispatch(<Dispatch as ReluMaxPool>::relu_max_pool(maps.into_dispatch()))
    } else {
        max_pool2d(relu(maps), MaxPoolOptions::new([2, 2]))
    }
}

#[backend_extension(Flex, NdArray, Autodiff)]
pub(crate) trait ReluMaxPool: Backend {
    fn relu_max_pool(maps: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl ReluMaxPool for Flex {
    fn relu_max_pool(maps: FloatTensor<Self>) -> FloatTensor<Self> {
        forward::<Self>(maps)
    }
}

impl ReluMaxPool for NdArray {
    fn relu_max_pool(maps: FloatTensor<Self>) -> FloatTensor<Self> {
        forward::<Self>(maps)
    }
}

fn forward<B: Slices>(maps: FloatTensor<B>) -> FloatTensor<B> {
    let shape = maps.shape();
    let output = kernel::forward(&B::values(maps), [shape[2], shape[3]]);
    tensor::<B>(output, [shape[0], shape[1], shape[2] / 2, shape[3] / 2])
}

impl<B: ReluMaxPool + Slices, C: CheckpointStrategy> ReluMaxPool for Autodiff<B, C> {
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
