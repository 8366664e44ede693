//! One test at a time where a backend's random numbers are drawn: there is one state of them for the process.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Holds the random state until it is dropped.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static RANDOM_STATE: Mutex<()> = Mutex::new(());
    RANDOM_STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
