#![doc = include_str!("../README.md")]

pub mod parameter;
pub mod space;

pub mod observation;
pub mod pruner;
pub mod sampler;

pub mod storage;
pub mod timestamp;
pub mod trial;

pub use observation::Observation;
pub use parameter::{Distribution, Parameter};
pub use pruner::Pruner;
pub use sampler::{History, SampleError, Sampler};
pub use sampler::{cma_es::CmaEs, gaussian_process::GaussianProcess, grid::Grid, random::Random, tpe::Tpe};
pub use space::{Condition, Point, Space, SpaceError};
#[cfg(feature = "sqlite")]
pub use storage::sqlite::Sqlite;
pub use storage::{Direction, Lease, Storage, StorageError, StudyId, memory::Memory};
pub use timestamp::Timestamp;
pub use trial::{Attempt, Claim, Counts, NewTrial, Outcome, State, Told, Trial, Verdict};
