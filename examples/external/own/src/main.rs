//! The whole program around kinds of one's own: `cargo run --release -p own -- reproduce own/experiments/own.toml`.

mod linear_decay;
mod momentum;
mod normed;
mod raw;
mod rms_prop;
mod rotation;
mod smoothing;
mod vote;

use std::process::ExitCode;

use tinderbox::catalog::{Catalog, CatalogError};

fn main() -> ExitCode {
    tinderbox_cli::main(catalog())
}

fn catalog() -> Result<Catalog, CatalogError> {
    Catalog::default()
        .network::<normed::NormedConfig>()?
        .perturbation::<rotation::Rotation>()?
        .perturbation::<momentum::Momentum>()?
        .defence::<smoothing::LabelSmoothing>()?
        .rule::<vote::Vote>()?
        .optimizer::<rms_prop::RmsProp>()?
        .schedule::<linear_decay::LinearDecay>()?
        .format(raw::Raw)?
        .dataset("datasets/bars.toml", include_str!("../datasets/bars.toml"))
}
