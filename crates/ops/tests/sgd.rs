//! `sgd` against `PyTorch`, against its own formula in Burn's operations, and at its edges, on every CPU backend.

mod devices;

use burn::prelude::*;
use burn::tensor::Tolerance;
use devices::{devices, some_numbers};
use tinderbox_ops::{SgdStep, sgd};

const START: [f32; 9] = [1.0, -2.0, 0.5, 3.0, -0.25, 1.5, 0.0, -1.25, 2.5];

/// Where three steps of width 0.01 down `sum(x⁴)` lead.
fn descend(momentum: f64, device: &Device) -> TensorData {
    let step = SgdStep { learning_rate: 0.01, momentum };
    let mut state = (Tensor::<1>::from_data(START, device), None);
    for _ in 0..3 {
        let gradient = state.0.clone().powi_scalar(3) * 4.0;
        state = sgd(state.0, gradient, state.1, &step);
    }
    assert_eq!(state.1.is_some(), momentum > 0.0);
    state.0.into_data()
}

#[test]
fn three_steps_lead_where_those_of_pytorch_do() {
    // `torch.optim.SGD([x], lr=0.01, momentum=μ)` of PyTorch 2.15 on the CPU.
    let plain = [
        0.892_992_4,
        -1.357_927_6,
        0.485_438_3,
        1.461_450_5,
        -0.248_138_98,
        1.182_628_6,
        0.0,
        -1.053_165_2,
        1.443_983_4_f32,
    ];
    let rolling = [
        0.796_293_14,
        -0.702_911_74,
        0.472_650_47,
        -0.476_476_4,
        -0.246_516_1,
        0.881_321_2,
        0.0,
        -0.871_341_77,
        0.259_123_33_f32,
    ];
    // A tensor of an autodiff device takes the way of a backend without a kernel.
    for device in devices().into_iter().flat_map(|device| [device.clone(), device.autodiff()]) {
        for (momentum, expected) in [(0.0, plain), (0.9, rolling)] {
            let tolerance = Tolerance::absolute(2e-6);
            descend(momentum, &device).assert_approx_eq::<f32>(&TensorData::from(expected), tolerance);
        }
    }
}

#[test]
fn a_step_is_to_the_bit_that_of_burns_operations() {
    for device in devices() {
        let [parameter, gradient, velocity] = [1, 2, 3].map(|seed| some_numbers([7, 37], seed, &device));
        let step = SgdStep { learning_rate: 0.1, momentum: 0.9 };
        let rolled = velocity.clone().mul_scalar(0.9) + gradient.clone();
        let moved = parameter.clone() - rolled.clone().mul_scalar(0.1);
        let before = [&parameter, &gradient, &velocity].map(|tensor| tensor.to_data());
        let (found, rolling) = sgd(parameter.clone(), gradient.clone(), Some(velocity.clone()), &step);
        found.into_data().assert_eq(&moved.into_data(), true);
        rolling.expect("a velocity").into_data().assert_eq(&rolled.into_data(), true);
        // Other holders of a tensor keep its values.
        assert_eq!(before, [parameter, gradient, velocity].map(Tensor::into_data));
    }
}

#[test]
fn nan_and_infinity_pass() {
    let bad = [f32::NAN, f32::INFINITY, 1.0];
    let step = SgdStep { learning_rate: 0.5, momentum: 0.5 };
    for device in devices() {
        let tensor = |values: [f32; 3]| Tensor::<1>::from_data(values, &device);
        for velocity in [None, Some(tensor([0.0; 3]))] {
            let (parameter, velocity) = sgd(tensor([1.0; 3]), tensor(bad), velocity, &step);
            let [parameter, velocity] = [parameter, velocity.expect("a velocity")]
                .map(|tensor| tensor.into_data().try_to_vec().unwrap());
            let [parameter, velocity]: [Vec<f32>; 2] = [parameter, velocity];
            assert!(parameter[0].is_nan() && velocity[0].is_nan());
            assert_eq!(
                [parameter[1..].to_vec(), velocity[1..].to_vec()],
                [[f32::NEG_INFINITY, 0.5], [f32::INFINITY, 1.0]]
            );
        }
    }
}

#[test]
#[should_panic(expected = "the shape of a gradient and of a velocity is the parameter's")]
fn a_gradient_of_another_shape_panics() {
    let device = Device::flex();
    let step = SgdStep { learning_rate: 0.1, momentum: 0.0 };
    sgd(Tensor::<1>::zeros([2], &device), Tensor::zeros([3], &device), None, &step);
}
