//! A convolution in which every output position has weights of its own.
//!
//! The pixels that a position sees are gathered into a matrix, and a product for each position does the rest: in the kernel on
//! flex and ndarray, as one batched product elsewhere.

use burn::prelude::*;
use burn::tensor::assert_shape;

#[cfg(feature = "kernels")]
use super::slices::{are_slices, filters::filter};
use crate::WindowOptions;
#[cfg(feature = "kernels")]
use crate::kernel::locally_connected::KERNEL;

/// A convolution without shared weights: every output position has weights of its own.
///
/// `y[o, r, c] = b[o, r, c] + Σ w[r, c, o, i, u, v] · x[i, s·r + u − p, s·c + v − p]`, with stride `s`, padding `p`, and
/// zeros outside the image.
///
/// # Shapes
/// - `images`: `[batch, channels_in, height, width]`
/// - `weight`: `[rows * columns, channels_out, channels_in * kernel_height * kernel_width]`; positions and the entries of
///   a window are in row-major order, so that each position's weights are one matrix
/// - `bias`: `[channels_out, rows, columns]`
/// - returns `[batch, channels_out, rows, columns]`, where `[rows, columns]` is
///   [`output_size`](WindowOptions::output_size) of an image
///
/// # Panics
/// If no window fits into an image, or a shape differs from the above.
///
/// Source: le Cun, "Generalization and Network Design Strategies" (1989).
pub fn locally_connected_2d(
    images: Tensor<4>,
    weight: Tensor<3>,
    bias: Option<Tensor<3>>,
    options: &WindowOptions,
) -> Tensor<4> {
    let [batch, channels_in, height, width] = images.dims();
    let [rows, columns] = options.assert_fits([height, width]);
    let [_, channels_out, _] = weight.dims();
    let window = channels_in * options.kernel[0] * options.kernel[1];
    assert_shape!(weight, [rows * columns, channels_out, window]);

    let bias = bias.unwrap_or_else(|| Tensor::zeros([channels_out, rows, columns], &images.device()));
    assert_shape!(bias, [channels_out, rows, columns]);
    #[cfg(feature = "kernels")]
    if are_slices(&images) && are_slices(&weight) && are_slices(&bias) {
        return filter(images, weight, bias, options, KERNEL);
    }
    let output = weight
        .matmul(windows(images, options, [rows, columns]))
        .reshape([rows, columns, channels_out, batch])
        .permute([3, 2, 0, 1]);
    output + bias.unsqueeze::<4>()
}

/// What each position sees: `[rows * columns, channels_in * kernel_height * kernel_width, batch]`.
///
/// With the batch as the last axis, gathering copies whole rows.
#[expect(clippy::cast_possible_wrap, reason = "an image has fewer than 2^63 pixels")]
fn windows(images: Tensor<4>, options: &WindowOptions, [rows, columns]: [usize; 2]) -> Tensor<3> {
    let [vertical, horizontal] = options.padding;
    let padded = if options.padding == [0, 0] {
        images
    } else {
        images.pad((horizontal, horizontal, vertical, vertical), 0.0)
    };
    let [batch, channels, height, width] = padded.dims();
    let device = padded.device();

    let [kernel_height, kernel_width] = options.kernel;
    let mut seen = Vec::with_capacity(rows * columns * channels * kernel_height * kernel_width);
    for row in (0..rows).map(|row| row * options.stride[0]) {
        for column in (0..columns).map(|column| column * options.stride[1]) {
            for channel in 0..channels {
                for y in row..row + kernel_height {
                    let start = (channel * height + y) * width + column;
                    seen.extend((start..start + kernel_width).map(|pixel| pixel as i64));
                }
            }
        }
    }
    let count = seen.len();
    padded
        .reshape([batch, channels * height * width])
        .transpose()
        .select(0, Tensor::from_data(TensorData::new(seen, [count]), &device))
        .reshape([rows * columns, channels * kernel_height * kernel_width, batch])
}
