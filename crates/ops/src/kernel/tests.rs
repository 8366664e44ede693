//! Every kernel with a backward pass, over drawn shapes: the two passes are each other's adjoint.
//!
//! A layer without bias is linear in its input and in its weights. With `⟨u, f(x, w)⟩` the sum of an output times `u`, its
//! gradients by `x` and by `w` therefore fulfil `⟨x, gx⟩ = ⟨w, gw⟩ = ⟨u, f(x, w)⟩`.

use proptest::prelude::*;

use super::filters::{Geometry, Kernel};
use super::{convolution, linear, locally_connected};
use crate::activation::Activation;

/// `count` numbers in `[-1, 1)` that look like noise. Those of a smooth function would not do: their products cancel to sums so
/// small that the rounding of the terms shows.
pub(super) fn noise(count: usize, seed: usize) -> Vec<f32> {
    let number = |index: usize| ((index + 1) as f64 * 12.9898 + seed as f64 * 78.233).sin() * 43_758.545_3;
    (0..count).map(|index| (number(index).rem_euclid(1.0) * 2.0 - 1.0) as f32).collect()
}

/// The sum of products, and that of their magnitudes, which rounding goes with.
fn dot(left: &[f32], right: &[f32]) -> [f64; 2] {
    assert_eq!(left.len(), right.len());
    let products = left.iter().zip(right).map(|(left, right)| f64::from(*left) * f64::from(*right));
    products.fold([0.0, 0.0], |[sum, magnitude], product| [sum + product, magnitude + product.abs()])
}

fn assert_same(sums: [[f64; 2]; 3]) {
    let [[expected, magnitude], others @ ..] = sums;
    for [sum, _] in others {
        assert!((sum - expected).abs() <= 1e-5 * magnitude.max(1.0), "{sums:?}");
    }
}

fn adjoint(kernel: Kernel, geometry: &Geometry, batch: usize, filters: usize, [weights, biases]: [usize; 2]) {
    let images = noise(batch * geometry.pixels(), 1);
    let weight = noise(weights, 2);
    let upstream = noise(batch * filters * geometry.positions(), 3);
    let output = (kernel.forward)(geometry, &images, &weight, &vec![0.0; biases]);
    let [to_images, to_weight, to_bias] =
        (kernel.gradients)(geometry, &images, &weight, &upstream, [true; 3]).map(Option::unwrap);
    assert_same([dot(&upstream, &output), dot(&images, &to_images), dot(&weight, &to_weight)]);
    let ones = dot(&vec![1.0; upstream.len()], &upstream);
    assert_same([ones, dot(&vec![1.0; biases], &to_bias), ones]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn gradients_of_filters_are_adjoint(
        [batch, channels, filters] in [1..20_usize, 1..4, 1..20],
        room in [0..9_usize, 0..9],
        kernel in [1..5_usize, 1..5],
        stride in [1..4_usize, 1..4],
        padding in [0..4_usize, 0..4],
    ) {
        // At least one pixel, and one whole window.
        let image = [0, 1].map(|axis| kernel[axis].saturating_sub(2 * padding[axis]).max(1) + room[axis]);
        let output = [0, 1].map(|axis| (image[axis] + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1);
        let geometry = Geometry { channels, image, output, kernel, stride, padding };
        let (window, positions) = (geometry.window(), geometry.positions());
        adjoint(convolution::KERNEL, &geometry, batch, filters, [filters * window, filters]);
        let sizes = [positions * filters * window, filters * positions];
        adjoint(locally_connected::KERNEL, &geometry, batch, filters, sizes);
    }

    #[test]
    fn gradients_of_a_linear_layer_are_adjoint([batch, inputs, outputs] in [1..40_usize, 1..70, 1..70]) {
        let [input, weight, upstream] =
            [noise(batch * inputs, 1), noise(inputs * outputs, 2), noise(batch * outputs, 3)];
        for activation in [None, Some(Activation::Relu)] {
            let output = linear::forward(&input, &weight, &vec![0.0; outputs], activation);
            let activated = activation.map(|activation| (activation, output.as_slice()));
            let [to_input, to_weight, to_bias] =
                linear::gradients(&input, &weight, activated, &upstream, outputs, [true; 3]).map(Option::unwrap);
            assert_same([dot(&upstream, &output), dot(&input, &to_input), dot(&weight, &to_weight)]);
            let passed: Vec<f32> =
                upstream.iter().zip(&output).map(|(&up, &out)| if activation.is_some() && out <= 0.0 { 0.0 } else { up }).collect();
            let ones = dot(&vec![1.0; passed.len()], &passed);
            assert_same([ones, dot(&vec![1.0; outputs], &to_bias), ones]);
        }
    }
}

/// All that `work` computes, in pools of one thread and of several: the bits must be the same.
fn assert_same_on_threads(work: impl Fn() -> Vec<Vec<f32>> + Sync) {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        pool.install(|| work().into_iter().map(bits).collect::<Vec<_>>())
    };
    let alone = on(1);
    for threads in [2, 3, 5, 16] {
        assert!(on(threads) == alone, "{threads} threads");
    }
}

/// Large enough for threads, with channels, positions, images and units that they cannot share evenly.
///
/// Two convolutions go by tiles, one of them with odd sides and channels that are filled up, in several sums. In the last three a share
/// of the channels is another kind of product than all of them: up to 64 x 64 with long sums, or a vector.
#[test]
fn the_number_of_threads_changes_no_bit() {
    for (batch, channels, filters, side, kernel) in [
        (32, 32, 64, 8, 3),
        (121, 1, 32, 16, 3),
        (37, 30, 45, 9, 3),
        (53, 7, 33, 9, 3),
        (3, 15, 32, 28, 3),
        (32, 16, 64, 16, 1),
        (64, 32, 1, 24, 3),
    ] {
        let ([size, kernel], padding) = ([[side; 2], [kernel; 2]], [kernel / 2; 2]);
        let geometry = Geometry { channels, image: size, output: size, kernel, stride: [1, 1], padding };
        let (window, positions) = (geometry.window(), geometry.positions());
        let images = noise(batch * geometry.pixels(), 1);
        let upstream = noise(batch * filters * positions, 3);
        let shared = [filters * window, filters];
        let own = [positions * filters * window, filters * positions];
        for (kernel, [weights, biases]) in [(convolution::KERNEL, shared), (locally_connected::KERNEL, own)] {
            let (weight, bias) = (noise(weights, 2), noise(biases, 4));
            assert_same_on_threads(|| {
                let output = (kernel.forward)(&geometry, &images, &weight, &bias);
                let gradients = (kernel.gradients)(&geometry, &images, &weight, &upstream, [true; 3]);
                gradients.into_iter().map(Option::unwrap).chain([output]).collect()
            });
        }
    }
    for [batch, inputs, outputs] in [[64, 256, 512], [65, 1024, 128], [1024, 129, 67], [640, 1500, 10]] {
        let (input, weight, upstream) =
            (noise(batch * inputs, 1), noise(inputs * outputs, 2), noise(batch * outputs, 3));
        assert_same_on_threads(|| {
            let output = linear::forward(&input, &weight, &noise(outputs, 4), Some(Activation::Relu));
            let activated = Some((Activation::Relu, output.as_slice()));
            let gradients = linear::gradients(&input, &weight, activated, &upstream, outputs, [true; 3]);
            gradients.into_iter().map(Option::unwrap).chain([output.clone()]).collect()
        });
    }
}
