//! A step of Adam.

use burn::prelude::*;

#[cfg(feature = "kernels")]
use super::slices::{adam as kernel, are_untracked_slices};
use crate::step::AdamStep;

/// The parameter and its two moments after a step.
///
/// `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, `θ ← θ − α m̂ / (√v̂ + ε)`, where `m̂ = m / (1 − β₁ᵗ)` and
/// `v̂ = v / (1 − β₂ᵗ)`. The moments start as zeros. With a weight decay `λ` (`AdamW`) it is `(1 − α λ) θ` that is moved.
///
/// On flex and ndarray, in `f32`, it is one pass over the four tensors, in place where nobody else holds them; elsewhere
/// Burn's operations do it.
///
/// # Panics
/// If the shapes differ.
///
/// Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), arXiv:1412.6980, algorithm 1 and the end of
/// section 2; for the decay Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019), arXiv:1711.05101,
/// algorithm 2.
pub fn adam<const D: usize>(
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    [first, second]: [Tensor<D>; 2],
    step: &AdamStep,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    for tensor in [&gradient, &first, &second] {
        assert_eq!(
            tensor.dims(),
            parameter.dims(),
            "the shape of a gradient and of moments is the parameter's"
        );
    }
    #[cfg(feature = "kernels")]
    if [&parameter, &gradient, &first, &second].into_iter().all(are_untracked_slices) {
        return kernel::adam(parameter, gradient, [first, second], step);
    }
    let [rate, epsilon] = step.rate_and_epsilon();
    let [keep_first, keep_second] = step.betas;
    let first = first.mul_scalar(keep_first) + gradient.clone().mul_scalar(1.0 - keep_first);
    let second = second.mul_scalar(keep_second) + gradient.square().mul_scalar(1.0 - keep_second);
    let change = first.clone().mul_scalar(rate) / second.clone().sqrt().add_scalar(epsilon);
    (parameter.mul_scalar(step.kept()) - change, [first, second])
}
