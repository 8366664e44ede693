//! A convolution: the same filters at every position of an image.

use burn::prelude::*;
use burn::tensor::assert_shape;
use burn::tensor::ops::ConvOptions;

#[cfg(feature = "kernels")]
use super::slices::{are_slices, filters::filter};
use crate::WindowOptions;
#[cfg(feature = "kernels")]
use crate::kernel::convolution::KERNEL;

/// A convolution with a bias for each filter.
///
/// `y[o, r, c] = b[o] + Σ w[o, i, u, v] · x[i, s·r + u − p, s·c + v − p]`, with stride `s`, padding `p`, and zeros outside
/// the image.
///
/// On flex and ndarray, in `f32`, kernels of this crate compute it and its gradients; elsewhere Burn does. Windows of 3x3 at stride 1,
/// from and to 16 channels or more, are mostly computed by tiles (Lavin and Gray, 2016), with fewer products. Rounding of an output then
/// goes with the largest pixel of its window times the largest weight of its filter, not with the largest term of the sum; that of a
/// weight's gradient with the largest pixel times the largest upstream of its tiles.
///
/// # Shapes
/// - `images`: `[batch, channels_in, height, width]`
/// - `weight`: `[channels_out, channels_in, kernel_height, kernel_width]`
/// - `bias`: `[channels_out]`
/// - returns `[batch, channels_out, rows, columns]`, where `[rows, columns]` is
///   [`output_size`](WindowOptions::output_size) of an image
///
/// # Panics
/// If no window fits into an image, or a shape differs from the above.
pub fn conv2d(images: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, options: &WindowOptions) -> Tensor<4> {
    let [_, channels_in, height, width] = images.dims();
    let [channels_out, ..] = weight.dims();
    assert_shape!(weight, [channels_out, channels_in, options.kernel[0], options.kernel[1]]);
    assert_shape!(bias, [channels_out]);
    options.assert_fits([height, width]);
    #[cfg(feature = "kernels")]
    if are_slices(&images) && are_slices(&weight) && are_slices(&bias) {
        return filter(images, weight, bias, options, KERNEL);
    }
    let options = ConvOptions::new(options.stride, options.padding, [1, 1], 1);
    burn::tensor::module::conv2d(images, weight, Some(bias), options)
}
