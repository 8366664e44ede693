//! Dropout.

use burn::nn::Dropout;
use burn::prelude::*;
use burn::tensor::{DType, Distribution};

use super::slices::are_slices;
use crate::kernel::dropout as kernel;

/// Units as a layer of Burn's drops them: in training each becomes 0 with probability `layer.prob`, else `1 / (1 - prob)` of
/// itself; elsewhere nothing changes. NaN and infinity become NaN when dropped, as in `PyTorch`.
///
/// On flex and ndarray, in `f32`, a stream of `ChaCha8` decides, whose seed is one number of the device's own: `Device::seed`
/// governs it, and the same seed drops the same units on both. Elsewhere Burn's layer does all.
///
/// Source: Hinton et al., "Improving neural networks by preventing co-adaptation of feature detectors" (2012), arXiv:1207.0580.
pub fn dropout<const D: usize>(layer: &Dropout, units: Tensor<D>) -> Tensor<D> {
    let device = units.device();
    // The conditions of Burn's own layer.
    let drops = layer.training.is_enabled() && device.is_autodiff() && layer.prob > 0.0;
    if !drops || !are_slices(&units) {
        return layer.forward(units);
    }
    let below = Distribution::Uniform(0.0, 2.0_f64.powi(62));
    let seed = Tensor::<1, Int>::random([1], below, (&device, DType::I64)).into_scalar::<i64>();
    let mask = kernel::mask(seed as u64, layer.prob, units.shape().num_elements());
    let mask = TensorData::new(mask, units.shape());
    units * Tensor::from_data(mask, &device)
}
