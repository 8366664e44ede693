//! Linear layers, with or without `ReLU` after them.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, NdArray, TensorMetadata, backend_extension};
use burn::prelude::*;
use burn::tensor::activation::relu;
use burn::tensor::{assert_shape, module};

use super::slices::{Slices, are_slices, register, tensor};
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
    either(input, weight, bias, false)
}

/// `y = max(0, x · W + b)`: [`linear`] with `ReLU` after it, in the same pass. NaN passes.
///
/// # Panics
/// As [`linear`].
pub fn linear_relu(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    either(input, weight, bias, true)
}

fn either(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, activate: bool) -> Tensor<2> {
    let ([_, inputs], [outputs]) = (input.dims(), bias.dims());
    assert_shape!(weight, [inputs, outputs]);
    if are_slices(&input) && are_slices(&weight) && are_slices(&bias) {
        Tensor::from_dispatch(<Dispatch as Linear>::affine(
            input.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
            activate,
        ))
    } else {
        let scores = module::linear(input, weight, Some(bias));
        if activate { relu(scores) } else { scores }
    }
}

#[backend_extension(Flex, NdArray, Autodiff)]
pub(crate) trait Linear: Backend {
    fn affine(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activate: bool,
    ) -> FloatTensor<Self>;
}

impl Linear for Flex {
    fn affine(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activate: bool,
    ) -> FloatTensor<Self> {
        forward::<Self>(input, weight, bias, activate)
    }
}

impl Linear for NdArray {
    fn affine(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activate: bool,
    ) -> FloatTensor<Self> {
        forward::<Self>(input, weight, bias, activate)
    }
}

fn forward<B: Slices>(
    input: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    activate: bool,
) -> FloatTensor<B> {
    let shape = [input.shape()[0], bias.shape()[0]];
    let output = kernel::forward(&B::values(input), &B::values(weight), &B::values(bias), activate);
    tensor::<B>(output, shape)
}

impl<B: Linear + Slices, C: CheckpointStrategy> Linear for Autodiff<B, C> {
    fn affine(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activate: bool,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), weight.node(), bias.node()];
        match LinearBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut preparation) => {
                let inputs = [preparation.checkpoint(&input), preparation.checkpoint(&weight)];
                let [input, weight, bias] = [input, weight, bias].map(FloatTensor::<Self>::into_primitive);
                let output = B::affine(input, weight, bias, activate);
                let activated = activate.then(|| output.clone());
                preparation.finish(State { inputs, activated }, output)
            }
            OpsKind::UnTracked(preparation) => {
                let [input, weight, bias] = [input, weight, bias].map(FloatTensor::<Self>::into_primitive);
                preparation.finish(B::affine(input, weight, bias, activate))
            }
        }
    }
}

#[derive(Debug)]
struct LinearBackward;

/// What the way back needs: input and weight, and the output if `ReLU` made it.
#[derive(Debug, Clone)]
struct State<T> {
    inputs: [NodeId; 2],
    activated: Option<T>,
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
        let activated = activated.map(B::values);
        let parents = ops.parents.map(|parent| parent.map(|node| node.id));
        let found = kernel::gradients(
            &B::values(input),
            &B::values(weight),
            activated.as_deref(),
            &B::values(upstream),
            outputs,
            parents.map(|parent| parent.is_some()),
        );
        register::<B, 3>(gradients, parents, found, shapes);
    }
}
