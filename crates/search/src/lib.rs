#![doc = include_str!("../README.md")]

pub mod parameter;
pub mod space;

pub mod sampler;

pub mod storage;
pub mod timestamp;
pub mod trial;

pub use parameter::{Distribution, Parameter};
pub use sampler::{Observation, SampleError, Sampler, grid::Grid, random::Random};
pub use space::{Point, Space, SpaceError};
#[cfg(feature = "sqlite")]
pub use storage::sqlite::Sqlite;
pub use storage::{Direction, Lease, Storage, StorageError, StudyId, memory::Memory};
pub use timestamp::Timestamp;
pub use trial::{Attempt, Claim, Counts, NewTrial, Outcome, State, Told, Trial, Verdict};
