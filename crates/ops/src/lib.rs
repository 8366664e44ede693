#![cfg_attr(feature = "flex", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "flex"), doc = "Tensor operations that Burn lacks, or does slowly on a CPU.")]
#![cfg_attr(
    feature = "ndarray",
    expect(deprecated, reason = "an extension names its backends, and ndarray is one of them")
)]
#![cfg_attr(
    not(all(feature = "burn", feature = "kernels")),
    allow(
        dead_code,
        reason = "without Burn the kernels are here for their tests; without kernels Burn does their part"
    )
)]

#[cfg(feature = "burn")]
mod classifier;
#[cfg(feature = "burn")]
mod tensors;

mod activation;
mod step;
mod window;

#[cfg(feature = "kernels")]
mod kernel;

#[cfg(feature = "burn")]
pub use classifier::Classifier;
pub use step::{AdamStep, SgdStep};
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
