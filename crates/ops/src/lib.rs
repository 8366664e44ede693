#![doc = include_str!("../README.md")]

mod locally_connected;

pub use locally_connected::{LocallyConnectedOptions, locally_connected_2d};
