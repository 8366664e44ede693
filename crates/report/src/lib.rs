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

mod chart;
mod format;
mod picture;

#[cfg(test)]
mod fixture;

pub use claim::{Claim, Judgement, Verdict, judge};
pub use format::figures;
pub use markdown::markdown;
pub use numbers::{Numbers, numbers, schema};
pub use page::{PageError, render};
pub use record::{
    Changed, ChangedError, DatasetIdentity, Environment, Epoch, LayerSummary, ModelSummary, Outcome,
    Perturbation, Perturbed, Predictions, PredictionsError, Record, RecordError, Results, Settings, Timing,
};
pub use report::{
    ArmFacts, ArmView, Dimension, Ensemble, ExperimentFacts, ExperimentView, Failure, Paper,
    PerturbationFacts, PlanView, Report, ReportError, Reported, STAND_IN, SearchFacts, Source, Strength,
    TestImages,
};
pub use terminal::{SummaryLine, summary, summary_lines};

/// The crate whose [`Value`](serde_json::Value) stands in settings, points and schemas.
pub use serde_json;
