//! The devices that every test machine has.

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
