#![doc = include_str!("../README.md")]

pub mod learner;

mod evaluate;
mod examples;
mod stream;

pub use evaluate::{Evaluation, evaluate};
pub use examples::{Examples, ExamplesError};
pub use stream::{StreamRng, stream};
