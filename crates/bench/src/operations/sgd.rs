//! A step of `sgd` with momentum, in place as the learner takes it.

use burn::prelude::*;
use tinderbox_ops::{SgdStep, sgd as fused};

use super::filters::random;
use super::{Amount, BURN, OURS, Operation, stepping};

const STEP: SgdStep = SgdStep { learning_rate: 0.001, momentum: 0.9 };

/// A parameter and its velocity.
type State = (Tensor<2>, Option<Tensor<2>>);

/// On a parameter of this shape.
pub(super) fn sgd(device: &Device, shape: [usize; 2]) -> Operation {
    let gradient = random(shape, device);
    let call = |step: fn(State, Tensor<2>) -> State| {
        stepping((random(shape, device), Some(Tensor::zeros(shape, device))), &gradient, step)
    };
    // Three tensors are read, two written.
    let bytes = shape[0] * shape[1] * 5 * size_of::<f32>();
    Operation {
        name: format!("sgd with momentum, {}x{}", shape[0], shape[1]),
        work: Amount::Memory(bytes as f64),
        ways: vec![
            (OURS, call(|(parameter, velocity), gradient| fused(parameter, gradient, velocity, &STEP))),
            (BURN, call(generic)),
        ],
    }
}

/// As Burn's own optimizer has it, an operation for each sign of the formula; it scales by 1 where nothing is dampened.
fn generic((parameter, velocity): State, gradient: Tensor<2>) -> State {
    let velocity = match velocity {
        Some(velocity) => gradient.mul_scalar(1.0).add(velocity.mul_scalar(STEP.momentum)),
        None => gradient,
    };
    let delta = velocity.clone().mul_scalar(STEP.learning_rate);
    (parameter - delta, Some(velocity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burns_way_gives_what_ours_gives() {
        let device = Device::flex();
        let draw = || random([3, 5], &device);
        let (parameter, gradient, velocity) = (draw(), draw(), Some(draw()));
        let (ours, _) = fused(parameter.clone(), gradient.clone(), velocity.clone(), &STEP);
        let (burn, _) = generic((parameter, velocity), gradient);
        burn.into_data().assert_eq(&ours.into_data(), true);
    }
}
