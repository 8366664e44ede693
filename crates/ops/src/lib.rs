#![doc = include_str!("../README.md")]
#![expect(deprecated, reason = "an extension names its backends, and ndarray stays one of them")]

mod window;

mod adam;
mod convolution;
mod locally_connected;
mod relu_max_pool;

mod filters;
mod kernel;
mod slices;

pub use adam::{AdamStep, adam};
pub use convolution::conv2d;
pub use locally_connected::locally_connected_2d;
pub use relu_max_pool::relu_max_pool_2x2;
pub use window::WindowOptions;
