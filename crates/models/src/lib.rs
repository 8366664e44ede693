#![doc = include_str!("../README.md")]

mod network;

mod cnn;
mod fcn;
mod local_net;

mod activation;
mod head;
mod initializer;
mod linear;
mod locally_connected;

mod check;
mod file_kind;
mod summary;
pub mod weights;

use burn::prelude::*;

pub use activation::Activation;
pub use check::ConfigError;
pub use cnn::{Cnn, CnnConfig};
pub use fcn::{Fcn, FcnConfig};
pub use file_kind::{FILE_KIND_BYTES, file_kind};
pub use initializer::Initializer;
pub use local_net::{LocalNet, LocalNetConfig};
pub use locally_connected::{LocallyConnected2d, LocallyConnected2dConfig};
pub use network::{Kind, Network, NetworkConfig};
pub use summary::{Layer, Summary};

/// Scores images: all that training, attacks and ensembles need to know of a model.
pub trait Classifier {
    /// The score of each class, before softmax.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`, in `[0, 1]`
    /// - returns `[batch, classes]`
    fn logits(&self, images: Tensor<4>) -> Tensor<2>;
}
