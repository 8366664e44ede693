//! A kernel of filters over windows as a backend extension, with or without shared weights.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::prelude::*;

use super::{Slices, register, tensor};
use crate::WindowOptions;
use crate::kernel::filters::{Geometry, Kernel};

/// `[batch, channels_out, rows, columns]` by `kernel`, which also gives the gradients; all three tensors are slices.
pub(crate) fn filter<const W: usize, const B: usize>(
    images: Tensor<4>,
    weight: Tensor<W>,
    bias: Tensor<B>,
    options: &WindowOptions,
    kernel: Kernel,
) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as Filters>::filter(
        images.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        *options,
        kernel,
    ))
}

#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub(crate) trait Filters: Backend {
    fn filter(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
        kernel: Kernel,
    ) -> FloatTensor<Self>;
}

impl<B: Slices> Filters for B {
    fn filter(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
        kernel: Kernel,
    ) -> FloatTensor<Self> {
        forward::<Self>(images, weight, bias, options, kernel)
    }
}

fn forward<B: Slices>(
    images: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    options: WindowOptions,
    kernel: Kernel,
) -> FloatTensor<B> {
    let (shape, filters) = (images.shape(), bias.shape()[0]);
    let geometry = Geometry::of(&shape, options);
    let output = (kernel.forward)(&geometry, &B::values(images), &B::values(weight), &B::values(bias));
    tensor::<B>(output, [shape[0], filters, geometry.output[0], geometry.output[1]])
}

impl<B: Slices, C: CheckpointStrategy> Filters for Autodiff<B, C> {
    fn filter(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
        kernel: Kernel,
    ) -> FloatTensor<Self> {
        let nodes = [images.node(), weight.node(), bias.node()];
        match FiltersBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut preparation) => {
                let state = State {
                    images: preparation.checkpoint(&images),
                    weight: preparation.checkpoint(&weight),
                    bias: bias.shape(),
                    options,
                    kernel,
                };
                let [images, weight, bias] = [images, weight, bias].map(FloatTensor::<Self>::into_primitive);
                preparation.finish(state, B::filter(images, weight, bias, options, kernel))
            }
            OpsKind::UnTracked(preparation) => {
                let [images, weight, bias] = [images, weight, bias].map(FloatTensor::<Self>::into_primitive);
                preparation.finish(B::filter(images, weight, bias, options, kernel))
            }
        }
    }
}

#[derive(Debug)]
struct FiltersBackward;

#[derive(Debug, Clone)]
struct State {
    images: NodeId,
    weight: NodeId,
    bias: Shape,
    options: WindowOptions,
    kernel: Kernel,
}

impl<B: Slices> Backward<B, 3> for FiltersBackward {
    type State = State;

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let State { images, weight, bias, options, kernel } = ops.state;
        let upstream = gradients.consume::<B>(&ops.node);
        let images: FloatTensor<B> = checkpointer.retrieve_node_output(images);
        let weight: FloatTensor<B> = checkpointer.retrieve_node_output(weight);
        let shapes = [images.shape(), weight.shape(), bias];
        let parents = ops.parents.map(|parent| parent.map(|node| node.id));
        let found = (kernel.gradients)(
            &Geometry::of(&shapes[0], options),
            &B::values(images),
            &B::values(weight),
            &B::values(upstream),
            parents.map(|parent| parent.is_some()),
        );
        register::<B, 3>(gradients, parents, found, shapes);
    }
}
