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
pub use tinderbox_ops::Classifier;
