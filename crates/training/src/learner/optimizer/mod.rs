//! Optimisers: how gradients become steps.

mod adam;
mod adam_step;
mod adam_w;
mod lion;
mod sgd;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod descent;

use std::fmt::Debug;

use burn::optim::ModuleOptimizer;

use crate::family::{Spelling, family};

/// The rule that turns gradients into steps.
///
/// Equal gradients give equal steps, and an optimiser that loads the record of another of the same settings continues with its bits.
pub trait Optimizer: Debug + Send + Sync + 'static {
    /// An optimiser without history. Whatever implements Burn's trait for optimisers of a parameter becomes one by `into()`.
    fn init(&self) -> ModuleOptimizer;
}

family! {
    Optimizer, "optimizer", Spelling::Table { implied: None };
    adam: Adam,
    adam_w: AdamW,
    lion: Lion,
    sgd: Sgd,
}
