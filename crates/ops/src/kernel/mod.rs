//! The operations on slices of `f32`, for the backends whose tensors are slices; nothing here knows Burn.
//!
//! Large products of linear layers and convolutions use the threads of the rayon pool that they are called in, all else the thread that
//! calls. A sum is cut by sizes alone, never by the number of threads: on one machine the same input gives the same bits, however many threads there
//! are. Products take the instructions of the processor, and so may differ in their last bits on another one.

mod product;
mod scratch;
mod shares;
mod transpose;
mod vectorised;
mod window;

pub(crate) mod activation;
pub(crate) mod adam;
pub(crate) mod convolution;
pub(crate) mod cross_entropy;
pub(crate) mod dropout;
pub(crate) mod filters;
pub(crate) mod linear;
pub(crate) mod locally_connected;
pub(crate) mod relu_max_pool;
pub(crate) mod sgd;

#[cfg(test)]
mod tests;
