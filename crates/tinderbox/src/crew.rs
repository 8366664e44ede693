//! A crew: the worker processes of a run, started, listened to, and replaced when one dies.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;

use signal_hook::consts::{SIGINT, SIGTERM};
use tinderbox_search::{State, Storage, StorageError, StudyId};

use crate::worker::{Message, now};

mod lost;
mod place;
mod shift;

pub use lost::LOST;
use shift::Shift;

/// After this many workers in a row have died before they had a trial, the run ends: the cause would kill the next ones
/// too. After this many have died at one trial, that trial fails.
const DEATHS: usize = 3;
/// After the machine has stopped workers this many times in a row, the run ends. Workers that it stops together count as one.
const MISHAPS: usize = 3;

/// A flag that Ctrl-C and `kill` set. Workers are then ended; results that are stored stay.
///
/// # Errors
/// If the system takes no handler for them.
pub fn stop_on_signals() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// How a crew is made up.
#[derive(Debug, Clone)]
pub struct Crew {
    /// Its own name among all crews: [`crew_name`](crate::state::crew_name) makes one. Its workers are called after it.
    pub name: String,
    /// How many processes.
    pub size: usize,
    /// The program to start.
    pub program: PathBuf,
    /// Arguments of each worker, but for its name.
    pub arguments: Vec<OsString>,
    /// Environment variables of each worker.
    pub variables: Vec<(String, String)>,
}

/// Puts the running trials of workers that are known to be gone back in the queue, without waiting for their leases to run out.
///
/// # Errors
/// If the storage refuses.
pub fn release_gone(
    storage: &mut dyn Storage,
    study: StudyId,
    is_gone: impl Fn(&str) -> bool,
) -> Result<(), StorageError> {
    let running = storage.trials(study)?.into_iter().filter(|trial| trial.state == State::Running);
    for worker in running.filter_map(|trial| trial.worker).filter(|worker| is_gone(worker)) {
        storage.release(study, &worker, now())?;
    }
    Ok(())
}

/// Whether a worker is one of a crew's.
pub fn is_of_crew(worker: &str, crew: &str) -> bool {
    worker.strip_prefix(crew).is_some_and(|rest| rest.starts_with('-'))
}

/// What a crew works on: studies, each under the name by which its workers call it.
pub type Studies<'a> = &'a [(String, StudyId)];

/// What happened in the crew.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The worker in this place sent a message.
    Said(usize, Message),
    /// The worker in this place died, and how.
    Died(usize, String),
    /// The worker in this place found nothing left to do.
    Ended(usize),
}

/// Why a crew stopped before its work was done.
#[derive(Debug, thiserror::Error)]
pub enum CrewError {
    /// A process could not be started or listened to.
    #[error("cannot start a worker: {0}")]
    Start(#[from] std::io::Error),
    /// Processes keep dying.
    #[error("{DEATHS} workers in a row died (the last {how}) before they had a trial: {words}")]
    Deaths {
        /// How the last one died.
        how: String,
        /// The last line that it wrote, and where the others are.
        words: String,
    },
    /// The machine keeps failing, such as a disk that is full. No trial fails for that.
    #[error(
        "{count} workers in a row had to stop (the last: {reason}); fix that, then resume: no trial was lost"
    )]
    Machine {
        /// How many.
        count: usize,
        /// What stopped the last one.
        reason: String,
    },
    /// The storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Crew {
    /// Runs until no trial is left, and passes what happens to `tell`. Returns `false` if `stop` ended it. What workers
    /// write to standard error is appended to files in the folder `logs`, if there is one.
    ///
    /// # Errors
    /// If workers cannot be started, keep dying, or the machine keeps failing. None is left behind.
    pub fn run(
        &self,
        logs: Option<&Path>,
        storage: &mut dyn Storage,
        studies: Studies,
        stop: &AtomicBool,
        mut tell: impl FnMut(News),
    ) -> Result<bool, CrewError> {
        let (sender, receiver) = channel();
        let mut shift = Shift::new(self, logs, storage, studies, sender);
        let ended = shift.work(&receiver, stop, &mut tell);
        let left = shift.end();
        // Why it broke off matters more than what could not be tidied up.
        let finished = ended?;
        left.map(|()| finished)
    }
}
