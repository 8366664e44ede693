//! The kernel of gradient descent as a backend extension.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::prelude::*;

use super::Slices;
use crate::kernel::sgd as kernel;
use crate::step::SgdStep;

/// The parameter and its velocity after a step; all three tensors are slices without a gradient.
pub(crate) fn roll<const D: usize>(
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    velocity: Tensor<D>,
    step: SgdStep,
) -> (Tensor<D>, Tensor<D>) {
    let (parameter, velocity) = <Dispatch as Sgd>::roll(
        parameter.into_dispatch(),
        gradient.into_dispatch(),
        velocity.into_dispatch(),
        step,
    );
    (Tensor::from_dispatch(parameter), Tensor::from_dispatch(velocity))
}

/// The parameter after a step without a velocity; both tensors are slices without a gradient.
pub(crate) fn descend<const D: usize>(parameter: Tensor<D>, direction: Tensor<D>, rate: f32) -> Tensor<D> {
    let (parameter, direction) = (parameter.into_dispatch(), direction.into_dispatch());
    Tensor::from_dispatch(<Dispatch as Sgd>::descend(parameter, direction, rate))
}

#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"))]
pub(crate) trait Sgd: Backend {
    fn roll(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        velocity: FloatTensor<Self>,
        step: SgdStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    fn descend(parameter: FloatTensor<Self>, direction: FloatTensor<Self>, rate: f32) -> FloatTensor<Self>;
}

impl<B: Slices> Sgd for B {
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
