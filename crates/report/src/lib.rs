#![doc = include_str!("../README.md")]

pub mod record;

#[cfg(test)]
mod fixture;

pub use record::{
    DatasetIdentity, Environment, Epoch, LayerSummary, ModelSummary, Outcome, Predictions, Record,
    RecordError, Results, Timing,
};
