//! A step of stochastic gradient descent.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, NdArray, backend_extension};
use burn::prelude::*;

use super::slices::{Slices, are_untracked_slices};
use crate::kernel::sgd::{self as kernel, SgdStep};

/// The parameter and its velocity after a step, as `torch.optim.SGD` takes it.
///
/// `v ← μ v + g`, `θ ← θ − α v`. The first step has no velocity yet, and `v = g` after it: nothing is dampened. Without
/// momentum `θ ← θ − α g`, and no velocity comes back. NaN passes.
///
/// On flex and ndarray, in `f32`, it is one pass over the tensors, in place where nobody else holds them; elsewhere Burn's
/// operations do it.
///
/// # Panics
/// If the shapes differ.
///
/// Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), equations 1 and 2, with
/// the step width outside the velocity.
pub fn sgd<const D: usize>(
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    velocity: Option<Tensor<D>>,
    step: &SgdStep,
) -> (Tensor<D>, Option<Tensor<D>>) {
    for tensor in [Some(&gradient), velocity.as_ref()].into_iter().flatten() {
        assert_eq!(
            tensor.dims(),
            parameter.dims(),
            "the shape of a gradient and of a velocity is the parameter's"
        );
    }
    match velocity {
        Some(velocity) if step.momentum > 0.0 => {
            let (parameter, velocity) = roll(parameter, gradient, velocity, *step);
            (parameter, Some(velocity))
        }
        _ => {
            let velocity = (step.momentum > 0.0).then(|| gradient.clone());
            (descend(parameter, gradient, step.learning_rate), velocity)
        }
    }
}

fn roll<const D: usize>(
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    velocity: Tensor<D>,
    step: SgdStep,
) -> (Tensor<D>, Tensor<D>) {
    if [&parameter, &gradient, &velocity].into_iter().all(are_untracked_slices) {
        let (parameter, velocity) = <Dispatch as Sgd>::roll(
            parameter.into_dispatch(),
            gradient.into_dispatch(),
            velocity.into_dispatch(),
            step,
        );
        (Tensor::from_dispatch(parameter), Tensor::from_dispatch(velocity))
    } else {
        let velocity = velocity.mul_scalar(step.momentum) + gradient;
        (parameter - velocity.clone().mul_scalar(step.learning_rate), velocity)
    }
}

fn descend<const D: usize>(parameter: Tensor<D>, direction: Tensor<D>, rate: f64) -> Tensor<D> {
    if [&parameter, &direction].into_iter().all(are_untracked_slices) {
        let (parameter, direction) = (parameter.into_dispatch(), direction.into_dispatch());
        Tensor::from_dispatch(<Dispatch as Sgd>::descend(parameter, direction, rate as f32))
    } else {
        parameter - direction.mul_scalar(rate)
    }
}

#[backend_extension(Flex, NdArray)]
pub(crate) trait Sgd: Backend {
    fn roll(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        velocity: FloatTensor<Self>,
        step: SgdStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    fn descend(parameter: FloatTensor<Self>, direction: FloatTensor<Self>, rate: f32) -> FloatTensor<Self>;
}

impl Sgd for Flex {
    fn roll(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        velocity: FloatTensor<Self>,
        step: SgdStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        roll_in_place::<Self>(parameter, gradient, velocity, step)
    }

    fn descend(parameter: FloatTensor<Self>, direction: FloatTensor<Self>, rate: f32) -> FloatTensor<Self> {
        descend_in_place::<Self>(parameter, direction, rate)
    }
}

impl Sgd for NdArray {
    fn roll(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        velocity: FloatTensor<Self>,
        step: SgdStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        roll_in_place::<Self>(parameter, gradient, velocity, step)
    }

    fn descend(parameter: FloatTensor<Self>, direction: FloatTensor<Self>, rate: f32) -> FloatTensor<Self> {
        descend_in_place::<Self>(parameter, direction, rate)
    }
}

fn roll_in_place<B: Slices>(
    parameter: FloatTensor<B>,
    gradient: FloatTensor<B>,
    velocity: FloatTensor<B>,
    step: SgdStep,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let [mut parameter, mut velocity] = [parameter, velocity].map(B::owned);
    kernel::step(B::values_mut(&mut parameter), &B::values(gradient), B::values_mut(&mut velocity), step);
    (parameter.into(), velocity.into())
}

fn descend_in_place<B: Slices>(
    parameter: FloatTensor<B>,
    direction: FloatTensor<B>,
    rate: f32,
) -> FloatTensor<B> {
    let mut parameter = B::owned(parameter);
    kernel::descend(B::values_mut(&mut parameter), &B::values(direction), rate);
    parameter.into()
}
