//! Linear layers, with or without an activation after them.

use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{assert_shape, module};

#[cfg(feature = "kernels")]
use super::slices::{are_slices, linear as kernel};
use crate::activation::Activation;

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
    #[cfg(feature = "kernels")]
    if are_slices(&input) && are_slices(&weight) && are_slices(&bias) {
        return kernel::affine(input, weight, bias, activation);
    }
    let scores = module::linear(input, weight, Some(bias));
    match activation {
        None => scores,
        Some(Activation::Relu) => relu(scores),
        Some(Activation::Sigmoid) => sigmoid(scores),
    }
}
