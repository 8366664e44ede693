#![doc = include_str!("../README.md")]

pub mod parameter;
pub mod storage;
pub mod timestamp;
pub mod trial;

pub use parameter::{Distribution, Parameter};
#[cfg(feature = "sqlite")]
pub use storage::sqlite::Sqlite;
pub use storage::{Direction, Lease, Storage, StorageError, StudyId, memory::Memory};
pub use timestamp::Timestamp;
pub use trial::{Attempt, Claim, Counts, NewTrial, Outcome, State, Told, Trial, Verdict};
