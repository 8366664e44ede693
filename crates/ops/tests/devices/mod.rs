//! The devices that every test machine has, and numbers to put on them.

use burn::prelude::*;

/// Burn's CPU backends that this build has.
#[cfg(not(feature = "ndarray"))]
pub(crate) fn devices() -> [Device; 1] {
    [Device::flex()]
}

/// Burn's CPU backends.
#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "upstream prefers flex; here ndarray stays a choice of the user's")]
pub(crate) fn devices() -> [Device; 2] {
    [Device::flex(), Device::ndarray()]
}

/// Numbers in `[-1, 1]`, all different, that look like noise.
pub(crate) fn some_numbers<const D: usize>(shape: [usize; D], seed: u32, device: &Device) -> Tensor<D> {
    let count = shape.iter().product::<usize>();
    let values: Vec<f32> =
        (0..count).map(|index| ((index as f32 + 1.0) * 12.9898 + seed as f32 * 78.233).sin()).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}
