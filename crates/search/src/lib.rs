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
pub use sampler::{History, SampleError, Sampler, grid::Grid, random::Random};
pub use space::{Condition, Point, Space, SpaceError};
#[cfg(feature = "postgres")]
pub use storage::postgres::Postgres;
#[cfg(feature = "sqlite")]
pub use storage::sqlite::Sqlite;
pub use storage::{Direction, Lease, Storage, StorageError, StudyId, memory::Memory, open::open};
pub use timestamp::Timestamp;
pub use trial::{Attempt, Claim, Counts, NewTrial, Outcome, State, Told, Trial, Verdict};
