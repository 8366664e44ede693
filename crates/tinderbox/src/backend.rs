//! The compute backends. The same code runs on each.

use std::fmt;

use burn::prelude::Device;
use serde::{Deserialize, Serialize};

/// The compute backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Burn's CPU backend (the fastest on a CPU).
    #[default]
    Flex,
    /// The `ndarray` crate on the CPU.
    Ndarray,
    /// A GPU through Vulkan, Metal or `DirectX` 12.
    Wgpu,
}

/// Why a backend cannot be used here.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The program was built without it.
    #[error(
        "this program was built without {0}; run `cargo xtask reproduce --backend {0}` to build it with {0}"
    )]
    NotBuilt(Backend),
    /// No device answers.
    #[error("no wgpu adapter found: install a Vulkan, Metal or DirectX 12 driver, or use --backend flex")]
    NoAdapter,
}

impl Backend {
    /// Every backend with its name, and what it is in a line.
    pub const ALL: [(Self, &str, &str); 3] = [
        (Self::Flex, "flex", "Burn's CPU backend (the fastest on a CPU)"),
        (Self::Ndarray, "ndarray", "The `ndarray` crate on the CPU"),
        (Self::Wgpu, "wgpu", "GPU: Vulkan, Metal or DirectX 12"),
    ];

    /// Its device.
    ///
    /// # Errors
    /// If it was not built in, or no adapter is found.
    pub fn open(self) -> Result<Device, BackendError> {
        match self {
            Self::Flex => Ok(Device::flex()),
            #[cfg(feature = "ndarray")]
            #[expect(deprecated, reason = "upstream prefers flex; here ndarray stays a choice of the user's")]
            Self::Ndarray => Ok(Device::ndarray()),
            #[cfg(not(feature = "ndarray"))]
            Self::Ndarray => Err(BackendError::NotBuilt(self)),
            Self::Wgpu => wgpu(),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut all = Self::ALL.into_iter();
        f.write_str(all.find(|(backend, ..)| backend == self).map_or("", |(_, name, _)| name))
    }
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Result<Device, BackendError> {
    use burn::tensor::DeviceType;

    // `Device::wgpu` panics where there is no adapter, so ask first.
    match Device::enumerate(DeviceType::Wgpu).into_vec().is_empty() {
        true => Err(BackendError::NoAdapter),
        false => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
    }
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> Result<Device, BackendError> {
    Err(BackendError::NotBuilt(Backend::Wgpu))
}
