#![doc = include_str!("../README.md")]

#[cfg(feature = "learner")]
pub mod learner;

pub mod adversarial;
pub mod ensemble;

mod evaluate;
mod examples;
mod noise;
mod stream;

#[cfg(test)]
mod alone;

pub use evaluate::{Evaluation, evaluate};
pub use examples::{Batch, Examples, ExamplesError};
pub use noise::{Noise, NoiseError};
pub use stream::{StreamRng, stream};
