#![doc = include_str!("../README.md")]

pub mod parameter;
pub mod space;

pub mod hypervolume;
pub mod importance;
pub mod observation;
pub mod pareto;
pub mod pruner;
pub mod sampler;

pub mod storage;
pub mod study;
pub mod timestamp;
pub mod trial;

/// Tests of this crate and of its processes share files, which name it as others do.
#[cfg(test)]
extern crate self as tinderbox_search;

/// Attributes are values of this crate.
pub use serde_json;

pub use importance::{ImportanceError, ImportanceInterval, importance, importance_intervals};
pub use observation::Observation;
pub use parameter::{Distribution, Parameter};
pub use pruner::{
    Onset, Pruner, PrunerError, any::AnyPruner, hyperband::Hyperband, median::Median, patience::Patience,
    percentile::Percentile, successive_halving::SuccessiveHalving, threshold::Threshold, wilcoxon::Wilcoxon,
};
pub use sampler::{
    History, SampleError, Sampler, any::AnySampler, cma_es::CmaEs, custom::Custom,
    gaussian_process::GaussianProcess, grid::Grid, nsga2::NsgaII, random::Random,
    regularized_evolution::RegularizedEvolution, reinforce::Reinforce, sobol::Sobol, tpe::Tpe,
};
pub use space::{Condition, Point, Space, SpaceError};
#[cfg(feature = "postgres")]
pub use storage::postgres::Postgres;
#[cfg(feature = "sqlite")]
pub use storage::sqlite::Sqlite;
pub use storage::{
    Direction, LeaseTerms, Storage, StorageError, StudyId, TrialId,
    memory::Memory,
    open::{open, open_existing, open_read_only},
};
pub use study::{Advice, Asked, Notes, Pulse, Running, Settings, Study, StudyError, TrialError};
pub use timestamp::Timestamp;
pub use trial::{
    Attempt, AttemptOutcome, Counts, FinalState, Lease, NewTrial, Queued, State, Trial, TrialResult,
};
