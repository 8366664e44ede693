//! A step of `adam`, in place as the learner takes it.

use burn::prelude::*;
use tinderbox_ops::{AdamStep, adam as fused};

use super::filters::random;
use super::{Amount, BURN, OURS, Operation, stepping};

const STEP: AdamStep =
    AdamStep { time: 10, learning_rate: 0.001, betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.0 };

/// A parameter and its two moments.
type State = (Tensor<2>, [Tensor<2>; 2]);

/// On a parameter of this shape.
pub(super) fn adam(device: &Device, shape: [usize; 2]) -> Operation {
    let gradient = random(shape, device);
    let zeros = || Tensor::zeros(shape, device);
    let call = |step: fn(State, Tensor<2>) -> State| {
        stepping((random(shape, device), [zeros(), zeros()]), &gradient, step)
    };
    // Four tensors are read, three written.
    let bytes = shape[0] * shape[1] * 7 * size_of::<f32>();
    Operation {
        name: format!("adam, {}x{}", shape[0], shape[1]),
        work: Amount::Memory(bytes as f64),
        ways: vec![
            (OURS, call(|(parameter, moments), gradient| fused(parameter, gradient, moments, &STEP))),
            (BURN, call(generic)),
        ],
    }
}

/// As Burn's own optimizer has it, an operation for each sign of the formula.
fn generic((parameter, [first, second]): State, gradient: Tensor<2>) -> State {
    let AdamStep { time, learning_rate, betas: [keep_first, keep_second], epsilon, .. } = STEP;
    let first = first.mul_scalar(keep_first) + gradient.clone().mul_scalar(1.0 - keep_first);
    let second = second.mul_scalar(keep_second) + gradient.square().mul_scalar(1.0 - keep_second);
    let power = i32::try_from(time).unwrap_or(i32::MAX);
    let corrected = first.clone().div_scalar(1.0 - keep_first.powi(power));
    let spread = second.clone().div_scalar(1.0 - keep_second.powi(power)).sqrt().add_scalar(epsilon);
    (parameter - (corrected / spread).mul_scalar(learning_rate), [first, second])
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tolerance;

    use super::*;

    #[test]
    fn burns_way_gives_what_ours_gives() {
        let device = Device::flex();
        let draw = || random([3, 5], &device);
        let (parameter, gradient, first) = (draw(), draw(), draw());
        let moments = [first.clone(), first.abs()];
        let (ours, _) = fused(parameter.clone(), gradient.clone(), moments.clone(), &STEP);
        let (burn, _) = generic((parameter, moments), gradient);
        burn.into_data().assert_approx_eq::<f32>(&ours.into_data(), Tolerance::default());
    }
}
