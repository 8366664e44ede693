#![doc = include_str!("../README.md")]

#[cfg(feature = "learner")]
pub mod learner;

pub mod ensemble;
pub mod family;
pub mod perturbation;

mod evaluate;
mod examples;
mod stream;

#[cfg(test)]
mod alone;
#[cfg(test)]
mod networks;

pub use evaluate::{Evaluation, evaluate};
pub use examples::{Batch, Examples, ExamplesError};
pub use family::{AddKindError, Choice, Family, Kind, KindError, KindProblem, Kinds, SettingError, Strength};
#[doc(no_inline)]
pub use perturbation as adversarial;
pub use perturbation::{Noise, NoiseError};
pub use stream::{StreamRng, stream};
pub use tinderbox_ops::Classifier;
