//! `linear`, `linear_relu`, `linear_sigmoid` and `cross_entropy` against Burn's own operations, finite differences and `PyTorch`.

mod devices;

use burn::nn::loss::CrossEntropyLossConfig;
use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Tolerance, module};
use devices::{devices, some_numbers};
use proptest::prelude::*;
use tinderbox_ops::{cross_entropy, linear, linear_relu, linear_sigmoid};

type Layer = fn(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<2>;
type Activation = fn(Tensor<2>) -> Tensor<2>;

/// `[output, gradient of the input, of the weight, of the bias]` of a layer between small numbers.
fn run(
    [batch, inputs, outputs]: [usize; 3],
    device: &Device,
    layer: impl Fn(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<2>,
) -> [TensorData; 4] {
    let device = device.clone().autodiff();
    let input = (some_numbers([batch, inputs], 1, &device) * 0.1).require_grad();
    let weight = (some_numbers([inputs, outputs], 2, &device) * 0.1).require_grad();
    let bias = (some_numbers([outputs], 3, &device) * 0.1).require_grad();
    let output = layer(input.clone(), weight.clone(), bias.clone());
    let gradients = (output.clone() * some_numbers([batch, outputs], 4, &device) * 0.1).sum().backward();
    [
        output.into_data(),
        input.grad(&gradients).unwrap().into_data(),
        weight.grad(&gradients).unwrap().into_data(),
        bias.grad(&gradients).unwrap().into_data(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_layer_and_its_gradients_are_burns(sizes in [1..40_usize, 1..70, 1..70]) {
        let layers: [(Layer, Activation); 3] =
            [(linear, |scores| scores), (linear_relu, relu), (linear_sigmoid, sigmoid)];
        for (layer, activation) in layers {
            let expected = run(sizes, &Device::flex(), |input, weight, bias| {
                activation(module::linear(input, weight, Some(bias)))
            });
            let found = devices().map(|device| run(sizes, &device, layer));
            for (found, expected) in found[0].iter().zip(&expected) {
                found.assert_approx_eq::<f32>(expected, Tolerance::absolute(1e-5));
            }
            // One kernel serves all of them.
            for other in &found[1..] {
                prop_assert_eq!(&found[0], other);
            }
        }
    }

    #[test]
    fn a_loss_and_its_gradient_are_burns(batch in 1..40_usize, classes in 1..20_usize, seed: u32) {
        let seed = seed % 1000;
        for device in devices() {
            let device = device.autodiff();
            let logits = (some_numbers([batch, classes], seed, &device) * 4.0).require_grad();
            let labels: Vec<u8> = (0..batch).map(|index| ((index * 7 + seed as usize) % classes) as u8).collect();
            let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [batch]), &device);
            let ours = cross_entropy(logits.clone(), labels.clone());
            let burns = CrossEntropyLossConfig::new().init(&device).forward(logits.clone(), labels);
            let tolerance = Tolerance::absolute(1e-5);
            ours.clone().into_data().assert_approx_eq::<f32>(&burns.clone().into_data(), tolerance);
            let [ours, burns] = [ours, burns].map(|loss| logits.grad(&(loss * 3.0).backward()).unwrap());
            ours.into_data().assert_approx_eq::<f32>(&burns.into_data(), tolerance);
        }
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let sizes @ [batch, inputs, outputs] = [3, 4, 5];
    let layers: [Layer; 2] = [linear_relu, linear_sigmoid];
    for (layer, device) in layers.into_iter().flat_map(|layer| devices().map(|device| (layer, device))) {
        let loss = |weight: Tensor<2>| {
            let device = weight.device();
            let [input, bias] =
                [some_numbers([batch, inputs], 1, &device), some_numbers([1, outputs], 3, &device)];
            let hidden = layer(input, weight, bias.flatten(0, 1));
            cross_entropy(hidden, Tensor::from_data([4, 0, 2], &device))
        };
        let weight = some_numbers([inputs, outputs], 2, &device.clone().autodiff()).require_grad();
        let gradient = weight.grad(&loss(weight.clone()).backward()).unwrap().into_data();
        let start: Vec<f32> = some_numbers([inputs, outputs], 2, &device).into_data().try_to_vec().unwrap();
        for (entry, found) in gradient.iter::<f32>().enumerate() {
            let at = |change: f32| {
                let mut moved = start.clone();
                moved[entry] += change;
                loss(Tensor::from_data(TensorData::new(moved, [inputs, outputs]), &device))
                    .into_scalar::<f32>()
            };
            let difference = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!(
                (difference - found).abs() < 2e-3,
                "{sizes:?} {entry}: {found}, by differences {difference}"
            );
        }
    }
}

#[test]
fn a_loss_is_that_of_pytorch() {
    // `torch` 2.15: cross_entropy and its gradient.
    for device in devices() {
        let device = device.autodiff();
        let logits = Tensor::<2>::from_data([[1.5, -0.25, 3.0], [0.0, 20.0, -7.5]], &device).require_grad();
        let loss = cross_entropy(logits.clone(), Tensor::from_data([2, 0], &device));
        let gradient = logits.grad(&loss.backward()).unwrap().into_data();
        loss.into_data()
            .assert_approx_eq::<f32>(&TensorData::from([10.116_311_f32]), Tolerance::absolute(1e-5));
        gradient.assert_approx_eq::<f32>(
            &TensorData::from([[0.088_410_09_f32, 0.015_363_371, -0.103_773_47], [-0.5, 0.5, 5.7e-13]]),
            Tolerance::absolute(1e-6),
        );
    }
}

#[test]
fn nan_and_infinity_pass_as_in_pytorch() {
    for device in devices() {
        let device = device.autodiff();
        let input = Tensor::<2>::from_data([[f32::NAN], [f32::INFINITY], [f32::NEG_INFINITY]], &device)
            .require_grad();
        let output = linear_relu(input.clone(), Tensor::ones([1, 1], &device), Tensor::zeros([1], &device));
        let gradients = output.clone().sum().backward();
        let output: Vec<f32> = output.into_data().try_to_vec().unwrap();
        assert!(output[0].is_nan() && output[1] == f32::INFINITY && output[2] == 0.0, "{output:?}");
        let gradient: Vec<f32> = input.grad(&gradients).unwrap().into_data().try_to_vec().unwrap();
        assert_eq!(gradient, [1.0, 1.0, 0.0]);
    }
}

#[test]
fn an_empty_batch_has_empty_outputs() {
    let device = Device::flex();
    let (weight, bias) = (Tensor::zeros([3, 2], &device), Tensor::zeros([2], &device));
    assert_eq!(linear_relu(Tensor::zeros([0, 3], &device), weight, bias).dims(), [0, 2]);
}

#[test]
#[should_panic(expected = "label 3, expected one of 3 classes, from 0")]
fn a_label_of_no_class_panics() {
    let device = Device::flex();
    cross_entropy(Tensor::zeros([1, 3], &device), Tensor::from_data([3], &device));
}
