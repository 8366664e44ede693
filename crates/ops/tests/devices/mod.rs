//! The devices that every test machine has.

use burn::prelude::*;

/// Burn's two CPU backends.
pub(crate) fn devices() -> [Device; 2] {
    #[expect(deprecated, reason = "upstream prefers flex; Tinderbox supports both, so both are tested")]
    let ndarray = Device::ndarray();
    [Device::flex(), ndarray]
}
