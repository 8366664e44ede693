//! The kernel of linear layers as a backend extension.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::prelude::*;

use super::{Slices, register, tensor};
use crate::activation::Activation;
use crate::kernel::linear as kernel;

/// `x · W + b`, with `activation` after it; all three tensors are slices.
pub(crate) fn affine(
    input: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    activation: Option<Activation>,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as Linear>::affine(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        activation,
    ))
}

#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub(crate) trait Linear: Backend {
    fn affine(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Option<Activation>,
    ) -> FloatTensor<Self>;
}

impl<B: Slices> Linear for B {
    fn affine(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Option<Activation>,
    ) -> FloatTensor<Self> {
        forward::<Self>(input, weight, bias, activation)
    }
}

fn forward<B: Slices>(
    input: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    activation: Option<Activation>,
) -> FloatTensor<B> {
    let shape = [input.shape()[0], bias.shape()[0]];
    let output = kernel::forward(&B::values(input), &B::values(weight), &B::values(bias), activation);
    tensor::<B>(output, shape)
}

impl<B: Slices, C: CheckpointStrategy> Linear for Autodiff<B, C> {
    fn affine(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Option<Activation>,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), weight.node(), bias.node()];
        match LinearBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut preparation) => {
                let inputs = [preparation.checkpoint(&input), preparation.checkpoint(&weight)];
                let [input, weight, bias] = [input, weight, bias].map(FloatTensor::<Self>::into_primitive);
                let output = B::affine(input, weight, bias, activation);
                let activated = activation.map(|activation| (activation, output.clone()));
                preparation.finish(State { inputs, activated }, output)
            }
            OpsKind::UnTracked(preparation) => {
                let [input, weight, bias] = [input, weight, bias].map(FloatTensor::<Self>::into_primitive);
                preparation.finish(B::affine(input, weight, bias, activation))
            }
        }
    }
}

#[derive(Debug)]
struct LinearBackward;

/// What the backward pass needs: input and weight, and the activation with the output that it made.
#[derive(Debug, Clone)]
struct State<T> {
    inputs: [NodeId; 2],
    activated: Option<(Activation, T)>,
}

impl<B: Slices> Backward<B, 3> for LinearBackward {
    type State = State<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let State { inputs, activated } = ops.state;
        let upstream = gradients.consume::<B>(&ops.node);
        let [input, weight]: [FloatTensor<B>; 2] =
            inputs.map(|input| checkpointer.retrieve_node_output(input));
        let outputs = upstream.shape()[1];
        let shapes = [input.shape(), weight.shape(), [outputs].into()];
        let activated = activated.map(|(activation, output)| (activation, B::values(output)));
        let parents = ops.parents.map(|parent| parent.map(|node| node.id));
        let found = kernel::gradients(
            &B::values(input),
            &B::values(weight),
            activated.as_ref().map(|(activation, output)| (*activation, &**output)),
            &B::values(upstream),
            outputs,
            parents.map(|parent| parent.is_some()),
        );
        register::<B, 3>(gradients, parents, found, shapes);
    }
}
