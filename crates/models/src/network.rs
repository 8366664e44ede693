//! What a network says of itself: everything that programs ask of it.

use std::fmt::{Debug, Display, Formatter};

use burn::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Classifier, ConfigError, Summary};

/// Describes a network: its settings, from which [`init`](Self::init) draws the network itself.
///
/// To add a network, implement this trait for its settings and [`Classifier`] for its module. The functions of this crate
/// then save it, load it and check it, and [`testing::promises`](crate::testing::promises) tests what follows.
///
/// # The settings
/// - They are a struct with named fields and serialize to an object. The keys `kind` and `note` are reserved: files store
///   [`KIND`](Self::KIND) and a note beside the settings.
/// - Unknown keys are errors: `#[serde(deny_unknown_fields)]`.
/// - Sizes may come from a damaged file. [`check`](Self::check) and [`summary`](Self::summary) accept any value without a
///   panic and without an overflow; the constructors of [`Layer`](crate::Layer) saturate. What `check` accepts gives finite scores.
///
/// # The network
/// - Its tensors hold floating-point numbers, at most [`MOST_TENSORS`](crate::weights::MOST_TENSORS) of them.
/// - After [`Module::valid`], the scores of an image do not depend on the other images of its batch. During training they
///   may, as with batch norm; running statistics are saved and loaded with the weights.
pub trait NetworkConfig:
    Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The network that these settings describe.
    type Network: Classifier + Module + 'static;

    /// Its name in files and on the command line: letters `a` to `z`, digits and hyphens.
    const KIND: &'static str;

    /// The default settings for images of `[channels, height, width]` in so many classes.
    ///
    /// [`check`](Self::check) refuses them if the network cannot take such images.
    fn for_images(shape: [usize; 3], classes: usize) -> Self;

    /// The images that the network takes.
    fn input(&self) -> Input;

    /// Scores given to each image.
    fn classes(&self) -> usize;

    /// Checks each setting.
    ///
    /// [`check_network`](crate::check_network) also bounds the number of parameters.
    ///
    /// # Errors
    /// Names the first setting that is out of its range.
    fn check(&self) -> Result<(), ConfigError>;

    /// The layers and their cost, known before the network exists.
    ///
    /// `parameters` counts what training changes; running statistics are not counted.
    fn summary(&self) -> Summary;

    /// Draws a new network on `device`.
    ///
    /// `device.seed` before it determines the weights. Draw all of them now: Burn draws a lazy parameter when it is first
    /// used, and other seeds may be set by then.
    ///
    /// # Panics
    /// If [`check`](Self::check) refuses the settings.
    fn init(&self, device: &Device) -> Self::Network;

    /// Nanoseconds that training takes for one image, forward and back, without the optimiser's step.
    ///
    /// An estimate for people; nothing is decided by it. By default it is what a fully connected network takes for as many
    /// multiply-adds.
    fn nanoseconds(&self) -> f64 {
        self.summary().nanoseconds(0.06)
    }
}

/// The images that a network takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Images of `[channels, height, width]`.
    Shape([usize; 3]),
    /// Images of any shape with so many values: channels x height x width.
    Pixels(usize),
}

impl Input {
    /// A shape of such images. Where any with so many values will do, it is one row of them.
    pub fn shape(self) -> [usize; 3] {
        match self {
            Self::Shape(shape) => shape,
            Self::Pixels(pixels) => [1, 1, pixels],
        }
    }

    /// Whether images of `[channels, height, width]` are such images.
    pub fn fits(self, shape: [usize; 3]) -> bool {
        match self {
            Self::Shape(own) => own == shape,
            Self::Pixels(pixels) => shape.into_iter().try_fold(1, usize::checked_mul) == Some(pixels),
        }
    }
}

impl Display for Input {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shape([channels, height, width]) => write!(f, "{channels}x{height}x{width}"),
            Self::Pixels(pixels) => write!(f, "{pixels} pixels"),
        }
    }
}

/// Visits networks one after the other, each with its own type: see [`each_network`](crate::each_network).
pub trait NetworkVisitor {
    /// Called once for each network.
    fn visit<C: NetworkConfig>(&mut self);
}

#[cfg(test)]
mod tests;
