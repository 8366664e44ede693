//! A step of stochastic gradient descent.

use burn::prelude::*;

#[cfg(feature = "kernels")]
use super::slices::{are_untracked_slices, sgd as kernel};
use crate::step::SgdStep;

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
    #[cfg(feature = "kernels")]
    if [&parameter, &gradient, &velocity].into_iter().all(are_untracked_slices) {
        return kernel::roll(parameter, gradient, velocity, step);
    }
    let velocity = velocity.mul_scalar(step.momentum) + gradient;
    (parameter - velocity.clone().mul_scalar(step.learning_rate), velocity)
}

fn descend<const D: usize>(parameter: Tensor<D>, direction: Tensor<D>, rate: f64) -> Tensor<D> {
    #[cfg(feature = "kernels")]
    if [&parameter, &direction].into_iter().all(are_untracked_slices) {
        return kernel::descend(parameter, direction, rate as f32);
    }
    parameter - direction.mul_scalar(rate)
}
