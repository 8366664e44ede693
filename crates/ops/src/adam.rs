//! A step of Adam.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, NdArray, backend_extension};
use burn::prelude::*;

use crate::kernel::adam as kernel;
use crate::slices::{Slices, are_untracked_slices};

/// The numbers of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// Number of the step, from 1.
    pub time: usize,
    /// Step width, above 0.
    pub learning_rate: f64,
    /// Decay of the mean of gradients and of the mean of their squares, in `[0, 1)`.
    pub betas: [f32; 2],
    /// Added to the denominator, above 0.
    pub epsilon: f32,
}

impl AdamStep {
    /// Both with the corrections of the two means in them, so that no pass is spent on these.
    pub(crate) fn rate_and_epsilon(&self) -> [f32; 2] {
        let time = i32::try_from(self.time).unwrap_or(i32::MAX);
        let [first, second] = self.betas.map(|beta| 1.0 - f64::from(beta).powi(time));
        let rate = self.learning_rate * second.sqrt() / first;
        [rate as f32, (f64::from(self.epsilon) * second.sqrt()) as f32]
    }
}

/// The parameter and its two moments after a step.
///
/// `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, `θ ← θ − α m̂ / (√v̂ + ε)`, where `m̂ = m / (1 − β₁ᵗ)` and
/// `v̂ = v / (1 − β₂ᵗ)`. The moments start as zeros.
///
/// On flex and ndarray, in `f32`, it is one pass over the four tensors, in place where nobody else holds them; elsewhere
/// Burn's operations do it.
///
/// # Panics
/// If the shapes differ.
///
/// Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), arXiv:1412.6980, algorithm 1 and the end of
/// section 2.
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
    if [&parameter, &gradient, &first, &second].into_iter().all(are_untracked_slices) {
        let (parameter, first, second) = <Dispatch as Adam>::adam(
            parameter.into_dispatch(),
            gradient.into_dispatch(),
            first.into_dispatch(),
            second.into_dispatch(),
            *step,
        );
        let moments = [Tensor::from_dispatch(first), Tensor::from_dispatch(second)];
        (Tensor::from_dispatch(parameter), moments)
    } else {
        let [rate, epsilon] = step.rate_and_epsilon();
        let [keep_first, keep_second] = step.betas;
        let first = first.mul_scalar(keep_first) + gradient.clone().mul_scalar(1.0 - keep_first);
        let second = second.mul_scalar(keep_second) + gradient.square().mul_scalar(1.0 - keep_second);
        let change = first.clone().mul_scalar(rate) / second.clone().sqrt().add_scalar(epsilon);
        (parameter - change, [first, second])
    }
}

#[backend_extension(Flex, NdArray)]
pub(crate) trait Adam: Backend {
    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl Adam for Flex {
    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        in_place::<Self>(parameter, gradient, [first, second], step)
    }
}

impl Adam for NdArray {
    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        in_place::<Self>(parameter, gradient, [first, second], step)
    }
}

fn in_place<B: Slices>(
    parameter: FloatTensor<B>,
    gradient: FloatTensor<B>,
    moments: [FloatTensor<B>; 2],
    step: AdamStep,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let mut parameter = B::owned(parameter);
    let [mut first, mut second] = moments.map(B::owned);
    kernel::step(
        B::values_mut(&mut parameter),
        &B::values(gradient),
        [B::values_mut(&mut first), B::values_mut(&mut second)],
        &step,
    );
    (parameter.into(), first.into(), second.into())
}
