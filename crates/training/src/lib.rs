#![doc = include_str!("../README.md")]

#[cfg(feature = "learner")]
pub mod learner;

pub mod adversarial;
pub mod ensemble;

mod evaluate;
mod examples;
mod stream;

pub use evaluate::{Evaluation, evaluate};
pub use examples::{Examples, ExamplesError};
pub use stream::{StreamRng, stream};
