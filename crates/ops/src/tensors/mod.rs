//! The operations on Burn's tensors: a function for each, which takes the kernel where tensors are slices, and else Burn's operations.

pub(crate) mod adam;
pub(crate) mod convolution;
pub(crate) mod cross_entropy;
pub(crate) mod dropout;
pub(crate) mod linear;
pub(crate) mod locally_connected;
pub(crate) mod relu_max_pool;
pub(crate) mod sgd;

#[cfg(feature = "kernels")]
mod slices;
