//! `ReLU` and 2x2 max-pooling as one operation.

use burn::prelude::*;
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;

#[cfg(feature = "kernels")]
use super::slices::{are_slices, relu_max_pool as kernel};

/// The largest value of each 2x2 square, or zero if none is above.
///
/// `y[r, c] = max(0, max(x[2r + u, 2c + v]))` over `u, v` in `{0, 1}`. Of equal values the first gets the gradient. NaN
/// passes.
///
/// On flex and ndarray, in `f32`, one pass of this crate computes it; elsewhere Burn does, in two.
///
/// # Shapes
/// - `maps`: `[batch, channels, height, width]`, each side at least 2
/// - returns `[batch, channels, height / 2, width / 2]`, an odd last row or column left out
///
/// # Panics
/// If a side is below 2.
pub fn relu_max_pool_2x2(maps: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = maps.dims();
    assert!(height >= 2 && width >= 2, "no 2x2 square fits into a map of {height}x{width}");
    #[cfg(feature = "kernels")]
    if are_slices(&maps) {
        return kernel::relu_max_pool(maps);
    }
    max_pool2d(relu(maps), MaxPoolOptions::new([2, 2]))
}
