//! Dropout by a mask of the kernel's.

use burn::prelude::*;
use burn::tensor::{DType, Distribution};

use crate::kernel::dropout as kernel;

/// Units, each of which is 0 with probability `rate`; the device draws the seed of the mask.
pub(crate) fn dropout<const D: usize>(rate: f64, units: Tensor<D>) -> Tensor<D> {
    let device = units.device();
    let below = Distribution::Uniform(0.0, 2.0_f64.powi(62));
    let seed = Tensor::<1, Int>::random([1], below, (&device, DType::I64)).into_scalar::<i64>();
    let mask = kernel::mask(seed as u64, rate, units.shape().num_elements());
    let mask = TensorData::new(mask, units.shape());
    units * Tensor::from_data(mask, &device)
}
