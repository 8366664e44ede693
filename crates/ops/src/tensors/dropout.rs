//! Dropout.

use burn::nn::Dropout;
use burn::prelude::*;

#[cfg(feature = "kernels")]
use super::slices::{are_slices, dropout as kernel};

/// Units as a layer of Burn's drops them: in training each becomes 0 with probability `layer.prob`, else `1 / (1 - prob)` of
/// itself; elsewhere nothing changes. NaN and infinity become NaN when dropped, as in `PyTorch`.
///
/// On flex and ndarray, in `f32`, a stream of `ChaCha8` decides, whose seed is one number of the device's own: `Device::seed`
/// governs it, and the same seed drops the same units on both. Elsewhere Burn's layer does all.
///
/// Source: Hinton et al., "Improving neural networks by preventing co-adaptation of feature detectors" (2012), arXiv:1207.0580.
pub fn dropout<const D: usize>(layer: &Dropout, units: Tensor<D>) -> Tensor<D> {
    #[cfg(feature = "kernels")]
    if drops(layer, &units) && are_slices(&units) {
        return kernel::dropout(layer.prob, units);
    }
    layer.forward(units)
}

/// The conditions of Burn's own layer.
#[cfg(feature = "kernels")]
fn drops<const D: usize>(layer: &Dropout, units: &Tensor<D>) -> bool {
    layer.training.is_enabled() && units.device().is_autodiff() && layer.prob > 0.0
}
