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

pub mod check;
mod file_kind;
mod summary;
pub mod testing;
pub mod weights;

pub use activation::Activation;
pub use check::{ConfigError, check_network};
pub use file_kind::{FILE_KIND_BYTES, file_kind};
pub use initializer::Initializer;
pub use locally_connected::{LocallyConnected2d, LocallyConnected2dConfig};
pub use network::{Input, NetworkConfig, NetworkVisitor};
pub use summary::{Layer, Summary};
pub use tinderbox_ops::Classifier;

/// Exports each network and shows it to visitors.
macro_rules! networks {
    ($($module:ident: $config:ident, $network:ident;)*) => {
        $(pub use $module::{$config, $network};)*

        /// Shows the networks of this crate to `visitor`, in a fixed order.
        pub fn each_network(visitor: &mut impl NetworkVisitor) {
            $(visitor.visit::<$config>();)*
        }
    };
}

networks! {
    fcn: FcnConfig, Fcn;
    cnn: CnnConfig, Cnn;
    local_net: LocalNetConfig, LocalNet;
}
