//! `conv2d` and `relu_max_pool_2x2` against Burn's own operations and against finite differences, on every CPU backend.

mod devices;

use burn::prelude::*;
use burn::tensor::Tolerance;
use burn::tensor::activation::relu;
use burn::tensor::module;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use devices::{devices, some_numbers};
use proptest::prelude::*;
use tinderbox_ops::{WindowOptions, conv2d, relu_max_pool_2x2};

/// A small convolution of any shape.
#[derive(Debug, Clone)]
struct Problem {
    batch: usize,
    channels: [usize; 2],
    image: [usize; 2],
    options: WindowOptions,
}

impl Problem {
    fn images(&self, device: &Device) -> Tensor<4> {
        some_numbers([self.batch, self.channels[0], self.image[0], self.image[1]], 1, device)
    }

    fn weight(&self, device: &Device) -> Tensor<4> {
        let [height, width] = self.options.kernel;
        some_numbers([self.channels[1], self.channels[0], height, width], 2, device)
    }

    fn bias(&self, device: &Device) -> Tensor<1> {
        some_numbers([self.channels[1]], 3, device)
    }
}

fn problems() -> impl Strategy<Value = Problem> {
    let pair = |range: std::ops::Range<usize>| [range.clone(), range];
    (1..4_usize, pair(1..5), pair(0..9), pair(1..5), pair(1..4), pair(0..4)).prop_map(
        |(batch, channels, room, kernel, stride, padding)| {
            // At least one pixel, and one whole window.
            let image = [0, 1].map(|axis| kernel[axis].saturating_sub(2 * padding[axis]).max(1) + room[axis]);
            Problem { batch, channels, image, options: WindowOptions { kernel, stride, padding } }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_convolution_and_its_gradients_are_burns(problem in problems()) {
        assert_burns(&problem);
    }

    #[test]
    fn a_pooling_and_its_gradient_are_burns(
        size in [1..3_usize, 1..4, 2..12, 2..12],
        seed in 0..1000_u32,
    ) {
        for device in devices() {
            let device = device.autodiff();
            let maps = some_numbers(size, seed, &device).require_grad();
            let ours = relu_max_pool_2x2(maps.clone());
            let burns = module::max_pool2d(relu(maps.clone()), MaxPoolOptions::new([2, 2]));
            prop_assert_eq!(ours.clone().into_data(), burns.clone().into_data());

            let upstream = some_numbers(ours.dims(), seed + 1, &device);
            let ours = (ours * upstream.clone()).sum().backward();
            let burns = (burns * upstream).sum().backward();
            prop_assert_eq!(maps.grad(&ours).unwrap().into_data(), maps.grad(&burns).unwrap().into_data());
        }
    }
}

/// Of many channels, which goes by tiles.
#[test]
fn a_wide_convolution_and_its_gradients_are_burns() {
    let options = WindowOptions { padding: [1, 1], ..WindowOptions::new([3, 3]) };
    for (batch, channels, image) in [(1, [16, 16], [8, 8]), (7, [32, 64], [8, 8]), (5, [20, 31], [9, 12])] {
        assert_burns(&Problem { batch, channels, image, options });
    }
}

fn assert_burns(problem: &Problem) {
    let device = Device::flex().autodiff();
    let options = ConvOptions::new(problem.options.stride, problem.options.padding, [1, 1], 1);
    let expected = run(problem, &device, |images, weight, bias| {
        module::conv2d(images, weight, Some(bias), options.clone())
    });
    let found = devices().map(|device| {
        run(problem, &device.autodiff(), |images, weight, bias| {
            conv2d(images, weight, bias, &problem.options)
        })
    });
    for (found, expected) in found[0].iter().zip(&expected) {
        // Sums of hundreds of terms in another order: their rounding goes with the largest of them.
        let largest = expected.iter::<f32>().fold(1.0, |largest, value| value.abs().max(largest));
        found.assert_approx_eq::<f32>(expected, Tolerance::absolute(1e-5 * largest));
    }
    // One kernel serves all of them.
    for other in &found[1..] {
        assert_eq!(&found[0], other);
    }
}

/// The output and the gradients of images, weight and bias, of small numbers: rounding goes with the sum of all magnitudes.
fn run(
    problem: &Problem,
    device: &Device,
    convolve: impl Fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>,
) -> [TensorData; 4] {
    let images = (problem.images(device) * 0.1).require_grad();
    let weight = (problem.weight(device) * 0.1).require_grad();
    let bias = (problem.bias(device) * 0.1).require_grad();
    let output = convolve(images.clone(), weight.clone(), bias.clone());
    let gradients = (output.clone() * some_numbers(output.dims(), 4, device) * 0.1).sum().backward();
    [
        output.into_data(),
        images.grad(&gradients).unwrap().into_data(),
        weight.grad(&gradients).unwrap().into_data(),
        bias.grad(&gradients).unwrap().into_data(),
    ]
}

#[test]
fn gradients_agree_with_finite_differences() {
    let problem = Problem {
        batch: 2,
        channels: [2, 3],
        image: [6, 7],
        options: WindowOptions { kernel: [2, 3], stride: [1, 1], padding: [1, 0] },
    };
    for device in devices() {
        let plain = device.clone();
        let loss = |weight: Tensor<4>| {
            let device = weight.device();
            let maps = conv2d(problem.images(&device), weight, problem.bias(&device), &problem.options);
            let pooled = relu_max_pool_2x2(maps);
            let upstream = some_numbers(pooled.dims(), 4, &device);
            (pooled * upstream).sum()
        };
        let weight = problem.weight(&device.autodiff()).require_grad();
        let gradient = weight.grad(&loss(weight.clone()).backward()).unwrap().into_data();
        let gradient: Vec<f32> = gradient.try_to_vec().unwrap();
        let start: Vec<f32> = problem.weight(&plain).into_data().try_to_vec().unwrap();
        let step = 1e-3;
        for entry in 0..start.len() {
            let at = |change: f32| {
                let mut moved = start.clone();
                moved[entry] += change;
                let moved = TensorData::new(moved, problem.weight(&plain).dims());
                loss(Tensor::from_data(moved, &plain)).into_scalar::<f32>()
            };
            let difference = (at(step) - at(-step)) / (2.0 * step);
            let found = gradient[entry];
            assert!(
                (difference - found).abs() < 2e-2,
                "weight {entry}: {found}, by differences {difference}"
            );
        }
    }
}

#[test]
fn nan_passes_a_convolution() {
    for device in devices() {
        let images = Tensor::<4>::from_data([[[[f32::NAN, 0.0, 0.0, 0.0]]]], &device);
        let weight = Tensor::<4>::from_data([[[[0.0, 1.0]]]], &device);
        let output = conv2d(images, weight, Tensor::zeros([1], &device), &WindowOptions::new([1, 2]));
        let output: Vec<f32> = output.into_data().try_to_vec().unwrap();
        assert!(output[0].is_nan() && output[1..] == [0.0, 0.0], "{output:?}");
    }
}

#[test]
fn a_permuted_input_is_read_in_its_own_order() {
    for device in devices() {
        let images = some_numbers([2, 5, 6, 3], 1, &device).permute([0, 3, 1, 2]);
        let weight = some_numbers([4, 3, 3, 3], 2, &device);
        let bias = Tensor::zeros([4], &device);
        let copied = Tensor::from_data(images.clone().into_data(), &device);
        let options = WindowOptions::new([3, 3]);
        let found = relu_max_pool_2x2(conv2d(images, weight.clone(), bias.clone(), &options));
        let expected = relu_max_pool_2x2(conv2d(copied, weight, bias, &options));
        assert_eq!(found.into_data(), expected.into_data());
    }
}

#[test]
#[should_panic(expected = "no window of")]
fn an_image_smaller_than_a_window_panics() {
    let device = Device::flex();
    let weight = Tensor::zeros([1, 1, 3, 3], &device);
    conv2d(
        Tensor::zeros([1, 1, 2, 2], &device),
        weight,
        Tensor::zeros([1], &device),
        &WindowOptions::new([3, 3]),
    );
}
