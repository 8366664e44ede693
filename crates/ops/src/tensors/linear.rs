//! Linear layers, with or without an activation after them.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, NdArray, TensorMetadata, backend_extension};
use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{assert_shape, module};

use super::slices::{Slices, are_slices, register, tensor};
use crate::kernel::activation::Activation;
use crate::kernel::linear as kernel;

/// `y = x · W + b`
///
/// On flex and ndarray, in `f32`, kernels of this crate compute it and its gradients; elsewhere Burn does.
///
/// # Shapes
/// - `input`: `[batch, inputs]`
/// - `weight`: `[inputs, outputs]`, as in Burn's `Linear`
/// - `bias`: `[outputs]`
/// - returns `[batch, outputs]`
///
/// # Panics
/// If a shape differs from the above.
pub fn linear(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    either(input, weight, bias, None)
}

/// `y = max(0, x · W + b)`: [`linear`] with `ReLU` after it, in the same pass. NaN passes.
///
/// # Panics
/// As [`linear`].
pub fn linear_relu(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    either(input, weight, bias, Some(Activation::Relu))
}

/// `y = 1 / (1 + exp(-(x · W + b)))`: [`linear`] with the logistic function after it, in the same pass. NaN passes.
///
/// # Panics
/// As [`linear`].
pub fn linear_sigmoid(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    either(input, weight, bias, Some(Activation::Sigmoid))
}

fn either(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, activation: Option<Activation>) -> Tensor<2> {
    let ([_, inputs], [outputs]) = (input.dims(), bias.dims());
    assert_shape!(weight, [inputs, outputs]);
    if are_slices(&input) && are_slices(&weight) && are_slices(&bias) {
        Tensor::from_dispatch(<Dispatch as Linear>::affine(
            input.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
            activation,
        ))
    } else {
        let scores = module::linear(input, weight, Some(bias));
        match activation {
            None => scores,
            Some(Activation::Relu) => relu(scores),
            Some(Activation::Sigmoid) => sigmoid(scores),
        }
    }
}

#[backend_extension(Flex, NdArray, Autodiff)]
pub(crate) trait Linear: Backend {
    fn affine(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Option<Activation>,
    ) -> FloatTensor<Self>;
}

impl Linear for Flex {
    fn affine(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Option<Activation>,
    ) -> FloatTensor<Self> {
        forward::<Self>(input, weight, bias, activation)
    }
}

impl Linear for NdArray {
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

impl<B: Linear + Slices, C: CheckpointStrategy> Linear for Autodiff<B, C> {
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

/// What the way back needs: input and weight, and the activation with the output that it made.
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
