//! `locally_connected_2d` against its definition, against Burn's convolution and against finite differences.

mod devices;

use burn::prelude::*;
use burn::tensor::Tolerance;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use devices::{devices, some_numbers};
use proptest::prelude::*;
use tinderbox_ops::{WindowOptions, locally_connected_2d};

#[test]
fn each_position_uses_its_own_weights_and_bias() {
    for device in devices() {
        let images = Tensor::<4>::from_data([[[[1.0, 2.0, 3.0]]]], &device);
        let weight = Tensor::<3>::from_data([[[10.0]], [[100.0]], [[1000.0]]], &device);
        let bias = Tensor::<3>::from_data([[[0.1, 0.2, 0.3]]], &device);
        let options = WindowOptions::new([1, 1]);
        locally_connected_2d(images, weight, Some(bias), &options)
            .into_data()
            .assert_approx_eq::<f32>(&TensorData::from([[[[10.1, 200.2, 3000.3]]]]), Tolerance::default());
    }
}

#[test]
fn windows_that_do_not_fit_have_no_output_size() {
    let options = WindowOptions { stride: [2, 2], ..WindowOptions::new([3, 4]) };
    assert_eq!(options.output_size([5, 5]), Some([2, 1]));
    assert_eq!(options.output_size([2, 4]), None);
    assert_eq!(WindowOptions { stride: [0, 1], ..options }.output_size([5, 5]), None);
}

#[test]
#[should_panic(expected = "no window of")]
fn an_image_smaller_than_a_window_panics() {
    let device = Device::flex();
    let options = WindowOptions::new([3, 3]);
    locally_connected_2d(
        Tensor::zeros([1, 1, 2, 2], &device),
        Tensor::zeros([1, 1, 9], &device),
        None,
        &options,
    );
}

/// A small problem of any shape.
#[derive(Debug, Clone)]
struct Problem {
    batch: usize,
    channels: [usize; 2],
    image: [usize; 2],
    options: WindowOptions,
}

impl Problem {
    fn output(&self) -> [usize; 2] {
        self.options.output_size(self.image).unwrap()
    }

    fn window(&self) -> usize {
        self.channels[0] * self.options.kernel[0] * self.options.kernel[1]
    }

    fn images(&self, device: &Device) -> Tensor<4> {
        some_numbers([self.batch, self.channels[0], self.image[0], self.image[1]], 1, device)
    }

    fn weight(&self, device: &Device) -> Tensor<3> {
        let [rows, columns] = self.output();
        some_numbers([rows * columns, self.channels[1], self.window()], 2, device)
    }

    fn bias(&self, device: &Device) -> Tensor<3> {
        let [rows, columns] = self.output();
        some_numbers([self.channels[1], rows, columns], 3, device)
    }
}

fn problems() -> impl Strategy<Value = Problem> {
    let pair = |range: std::ops::Range<usize>| [range.clone(), range];
    (1..4_usize, pair(1..4), pair(0..5), pair(1..4), pair(1..4), pair(0..3)).prop_map(
        |(batch, channels, room, kernel, stride, padding)| {
            // At least one pixel, and one whole window.
            let image = [0, 1].map(|axis| kernel[axis].saturating_sub(2 * padding[axis]).max(1) + room[axis]);
            let options = WindowOptions { kernel, stride, padding };
            Problem { batch, channels, image, options }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_is_the_sum_of_its_definition(problem in problems()) {
        for device in devices() {
            let [images, weight, bias] = [
                problem.images(&device).into_data(),
                problem.weight(&device).into_data(),
                problem.bias(&device).into_data(),
            ].map(|data| data.try_to_vec::<f32>().unwrap());
            let expected = by_definition(&problem, &images, &weight, &bias);
            let found = locally_connected_2d(
                problem.images(&device),
                problem.weight(&device),
                Some(problem.bias(&device)),
                &problem.options,
            );
            found.into_data().assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-5));
        }
    }

    #[test]
    fn with_one_weight_for_all_positions_it_is_a_convolution(problem in problems()) {
        for device in devices() {
            let device = device.autodiff();
            let [rows, columns] = problem.output();
            let [channels_in, channels_out] = problem.channels;
            let [height, width] = problem.options.kernel;
            let kernel = some_numbers([channels_out, channels_in, height, width], 4, &device).require_grad();
            let images = problem.images(&device).require_grad();

            let tied = kernel.clone().reshape([1, channels_out, problem.window()]).repeat_dim(0, rows * columns);
            let ours = locally_connected_2d(images.clone(), tied, None, &problem.options);
            let options = ConvOptions::new(problem.options.stride, problem.options.padding, [1, 1], 1);
            let burns = conv2d(images.clone(), kernel.clone(), None, options);
            ours.clone().into_data().assert_approx_eq::<f32>(&burns.clone().into_data(), Tolerance::absolute(1e-5));

            let upstream = some_numbers(ours.dims(), 5, &device);
            let ours = (ours * upstream.clone()).sum().backward();
            let burns = (burns * upstream).sum().backward();
            let tolerance = Tolerance::absolute(1e-4);
            images.grad(&ours).unwrap().into_data()
                .assert_approx_eq::<f32>(&images.grad(&burns).unwrap().into_data(), tolerance);
            kernel.grad(&ours).unwrap().into_data()
                .assert_approx_eq::<f32>(&kernel.grad(&burns).unwrap().into_data(), tolerance);
        }
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let problem = Problem {
        batch: 2,
        channels: [2, 3],
        image: [4, 5],
        options: WindowOptions { kernel: [2, 3], stride: [2, 1], padding: [1, 0] },
    };
    for device in devices() {
        let device = device.autodiff();
        let images = problem.images(&device).require_grad();
        let weight = problem.weight(&device).require_grad();
        let bias = problem.bias(&device).require_grad();
        let loss = |images, weight, bias| {
            let output = locally_connected_2d(images, weight, Some(bias), &problem.options);
            let upstream = some_numbers(output.dims(), 5, &device);
            (output * upstream).sum()
        };
        let gradients = loss(images.clone(), weight.clone(), bias.clone()).backward();

        assert_slopes(&images, images.grad(&gradients), |x| loss(x, weight.clone(), bias.clone()));
        assert_slopes(&weight, weight.grad(&gradients), |w| loss(images.clone(), w, bias.clone()));
        assert_slopes(&bias, bias.grad(&gradients), |b| loss(images.clone(), weight.clone(), b));
    }
}

/// The loss is linear in each argument, so that a wide step has no error but rounding.
#[track_caller]
fn assert_slopes<const D: usize>(
    at: &Tensor<D>,
    gradient: Option<Tensor<D>>,
    loss: impl Fn(Tensor<D>) -> Tensor<1>,
) {
    let values = at.to_data().try_to_vec::<f32>().unwrap();
    let gradient = gradient.unwrap().into_data().try_to_vec::<f32>().unwrap();
    for (index, slope) in gradient.into_iter().enumerate() {
        let moved = |step: f32| {
            let mut moved = values.clone();
            moved[index] += step;
            loss(Tensor::from_data(TensorData::new(moved, at.dims()), &at.device())).into_scalar::<f32>()
        };
        let measured = moved(0.5) - moved(-0.5);
        assert!((measured - slope).abs() < 1e-4, "element {index}: {slope}, measured {measured}");
    }
}

/// `y[o, r, c] = b[o, r, c] + Σ w[r, c, o, i, u, v] · x[i, s·r + u − p, s·c + v − p]`, one product at a time.
fn by_definition(problem: &Problem, images: &[f32], weight: &[f32], bias: &[f32]) -> TensorData {
    let Problem { batch, channels: [channels_in, channels_out], image: [height, width], options } = *problem;
    let WindowOptions { kernel, stride, padding } = options;
    let [rows, columns] = problem.output();
    let mut output = Vec::new();
    for n in 0..batch {
        for o in 0..channels_out {
            for r in 0..rows {
                for c in 0..columns {
                    let mut sum = bias[(o * rows + r) * columns + c];
                    for i in 0..channels_in {
                        for u in 0..kernel[0] {
                            for v in 0..kernel[1] {
                                let (y, x) = (stride[0] * r + u, stride[1] * c + v);
                                let inside = (padding[0]..padding[0] + height).contains(&y)
                                    && (padding[1]..padding[1] + width).contains(&x);
                                if !inside {
                                    continue;
                                }
                                let (y, x) = (y - padding[0], x - padding[1]);
                                let position = (r * columns + c) * channels_out + o;
                                let w =
                                    weight[((position * channels_in + i) * kernel[0] + u) * kernel[1] + v];
                                sum += w * images[((n * channels_in + i) * height + y) * width + x];
                            }
                        }
                    }
                    output.push(sum);
                }
            }
        }
    }
    TensorData::new(output, [batch, channels_out, rows, columns])
}
