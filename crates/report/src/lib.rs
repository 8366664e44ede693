#![doc = include_str!("../README.md")]

pub mod benchmark;
pub mod claim;
pub mod markdown;
pub mod numbers;
pub mod page;
pub mod record;
pub mod report;
pub mod statistics;
pub mod study;
pub mod terminal;

mod figure;
mod format;
mod picture;

#[cfg(test)]
mod fixture;

pub use claim::{Claim, Judgement, Verdict, judge};
pub use markdown::markdown;
pub use numbers::{Numbers, numbers, schema};
pub use page::{PageError, render};
pub use record::{
    DatasetIdentity, Environment, Epoch, LayerSummary, ModelSummary, Outcome, Perturbation, Perturbed,
    Predictions, PredictionsError, Record, RecordError, Results, Timing,
};
pub use report::{
    ArmView, ExperimentView, Failure, Plan, Report, ReportError, Reported, STAND_IN, SearchView, Source,
    TestImages,
};
pub use terminal::summary;
