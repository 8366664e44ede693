#![cfg_attr(feature = "burn", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "burn"), doc = "The kernels of `tinderbox-ops`, without Burn.")]
#![cfg_attr(
    feature = "burn",
    expect(deprecated, reason = "an extension names its backends, and ndarray stays one of them")
)]
#![cfg_attr(
    not(feature = "burn"),
    allow(dead_code, reason = "without Burn the kernels are here for their tests")
)]

#[cfg(feature = "burn")]
mod classifier;
#[cfg(feature = "burn")]
mod tensors;
mod window;

mod kernel;

#[cfg(feature = "burn")]
pub use classifier::Classifier;
pub use kernel::{adam::AdamStep, sgd::SgdStep};
#[cfg(feature = "burn")]
pub use tensors::{
    adam::adam,
    convolution::conv2d,
    cross_entropy::cross_entropy,
    dropout::dropout,
    linear::{linear, linear_relu, linear_sigmoid},
    locally_connected::locally_connected_2d,
    relu_max_pool::relu_max_pool_2x2,
    sgd::sgd,
};
pub use window::WindowOptions;
