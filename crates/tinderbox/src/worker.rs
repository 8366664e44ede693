//! A worker: a process that leases trials, one at a time, trains them and tells what came out.
//!
//! It says what it does as lines of JSON ([`Message`]) and ends when nothing is left, or when whoever started it is
//! gone.

use std::any::Any;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use burn::prelude::Device;
use tinderbox_data::Dataset;
use tinderbox_report::{Predictions, Record};
use tinderbox_search::{Lease, Storage, StorageError, StudyId, Timestamp, TrialResult};
use tinderbox_training::learner::Observer;

use crate::catalog::Catalog;
use crate::name::Name;
use crate::plan::Task;
use crate::run::{self, HEARTBEAT, LEASE, RECORD, RESULT, RunError, RunFolder};
use crate::trial::{self, Attempt};
use crate::tuning::Objective;

mod message;
mod reporter;

pub use message::Message;
pub(crate) use message::{say, taken_over};
pub(crate) use reporter::Reporter;

/// How long to wait before asking again while other workers' trials may yet come back.
pub(crate) const POLL: Duration = Duration::from_millis(500);

/// Why a training gave no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The trial's own fault: it would fail again. That is its result.
    Trial(String),
    /// The machine's fault: it says nothing about the trial, which is attempted again.
    Machine(String),
}

/// A worker and its means.
#[derive(Debug)]
pub struct Worker<W> {
    /// Its name, its own among all workers.
    pub name: String,
    /// Where trials wait.
    pub folder: RunFolder,
    /// What the program knows.
    pub catalog: Catalog,
    /// The images.
    pub dataset: Dataset,
    /// Where messages go.
    pub out: W,
}

impl<W: Write> Worker<W> {
    /// Claims and runs trials until none is left.
    ///
    /// # Errors
    /// If the storage or the machine fails; the trial then waits for another attempt. A failed trial is not an error.
    pub fn run(&mut self) -> Result<(), RunError> {
        let worked = self.work();
        if let Err(error) = &worked {
            say(&mut self.out, &Message::Mishap { reason: error.to_string() });
        }
        worked
    }

    fn work(&mut self) -> Result<(), RunError> {
        let mut storage = self.folder.storage()?;
        let studies: Vec<(StudyId, String)> = run::headings(&self.folder, &storage)?
            .into_iter()
            .map(|(study, heading)| (study, heading.facts.name))
            .collect();
        loop {
            let mut leased = None;
            let mut running = 0;
            for (study, name) in &studies {
                leased = storage.lease(*study, &self.name, now(), LEASE)?.map(|lease| (lease, name));
                if leased.is_some() {
                    break;
                }
                running += storage.counts(*study)?.running;
            }
            match leased {
                Some((lease, study)) => self.attempt(&mut storage, &lease, study)?,
                None if running > 0 => thread::sleep(POLL),
                None => return Ok(()),
            }
        }
    }

    fn attempt(&mut self, storage: &mut impl Storage, lease: &Lease, study: &str) -> Result<(), RunError> {
        let checkpoint = self.checkpoint(study, lease.number);
        let fenced = Arc::new(AtomicBool::new(false));
        let heart = beat(Box::new(self.folder.storage()?), lease.clone(), Arc::clone(&fenced));
        let result = run::task(&lease.attributes)
            .map_err(Failure::Trial)
            .and_then(|task| self.train(&task, lease.attempt, checkpoint.clone(), &fenced));
        drop(heart);
        if fenced.load(Ordering::Relaxed) {
            say(&mut self.out, &taken_over());
            return Ok(());
        }
        let told = match &result {
            Ok(record) => {
                // What choices are made by. A training that diverged is a result here, and its record says so.
                let accuracy = Objective::ValidationAccuracy.of(record).unwrap_or(0.0);
                let mut told = TrialResult::complete(accuracy);
                told.attachments.insert(RECORD.to_string(), record.to_bytes());
                told.attributes.insert(RESULT.to_string(), record.result_hash().into());
                told
            }
            Err(Failure::Trial(reason)) => TrialResult::fail(reason.clone()),
            Err(Failure::Machine(reason)) => {
                storage.release(lease.study, &self.name, now())?;
                return Err(RunError::Machine(reason.clone()));
            }
        };
        let message = match storage.tell(lease, &told, now()) {
            Ok(()) => {
                forget(checkpoint.as_deref());
                match result {
                    Ok(record) => {
                        Message::Told { accuracy: accuracy(&record), seconds: record.timing.wall_seconds }
                    }
                    Err(Failure::Trial(reason) | Failure::Machine(reason)) => Message::Failed { reason },
                }
            }
            Err(error) if error.is_lost_lease() => Message::Refused { reason: error.to_string() },
            Err(error) => return Err(error.into()),
        };
        say(&mut self.out, &message);
        Ok(())
    }

    fn train(
        &mut self,
        task: &Task,
        attempt: u64,
        checkpoint: Option<PathBuf>,
        fenced: &AtomicBool,
    ) -> Result<Record, Failure> {
        say(
            &mut self.out,
            &Message::Claimed {
                experiment: task.experiment.clone(),
                arm: task.arm.clone(),
                seed: task.seed,
                key: task.key(),
                attempt,
            },
        );
        let attempt = Attempt { worker: self.name.clone(), attempt, checkpoint };
        let device = task.backend.open().map_err(|error| Failure::Machine(error.to_string()))?;
        let (catalog, dataset, out) = (&self.catalog, &self.dataset, &mut self.out);
        let mut reporter = Reporter::new(fenced, |message| say(out, &message));
        run_caught(task, catalog, dataset, &device, &attempt, &mut reporter)
    }

    /// The same file for every attempt at a trial, so that the next one resumes there. None for a study
    /// whose name somebody else chose: it might lead out of the folder.
    fn checkpoint(&self, study: &str, number: u64) -> Option<PathBuf> {
        let study = Name::new(study).ok()?;
        Some(self.folder.checkpoints().join(format!("{study}-{number}.checkpoint")))
    }
}

/// Removes the checkpoint of a trial whose result is stored, and what killed workers left half-written beside it: they
/// would only take space.
pub(crate) fn forget(checkpoint: Option<&Path>) {
    let Some((path, folder)) = checkpoint.and_then(|path| Some((path, path.parent()?))) else { return };
    _ = std::fs::remove_file(path);
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return };
    let scratch = format!("{name}.");
    let beside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for file in beside.filter(|file| file.file_name().to_string_lossy().starts_with(&scratch)) {
        _ = std::fs::remove_file(file.path());
    }
}

/// Says in the storage that the worker of `lease` lives, until the answer is dropped; sets `fenced` once another holds
/// the trial.
pub(crate) fn beat(mut storage: Box<dyn Storage>, lease: Lease, fenced: Arc<AtomicBool>) -> Sender<()> {
    let (alive, end) = channel();
    thread::spawn(move || {
        while end.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
            // Any other trouble is for `tell` to report: a heartbeat that is late costs the lease, not the result.
            if let Err(StorageError::Fenced { .. }) = storage.heartbeat(&lease, now()) {
                fenced.store(true, Ordering::Relaxed);
                return;
            }
        }
    });
    alive
}

/// Trains; a panic fails this trial, not the worker.
pub(crate) fn run_caught(
    task: &Task,
    catalog: &Catalog,
    dataset: &Dataset,
    device: &Device,
    attempt: &Attempt,
    observer: &mut dyn Observer,
) -> Result<Record, Failure> {
    let run = || trial::run(task, catalog, dataset, device, attempt, observer);
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(record)) => Ok(record),
        Ok(Err(error)) if error.is_mishap() => Err(Failure::Machine(error.to_string())),
        Ok(Err(error)) => Err(Failure::Trial(error.to_string())),
        Err(panic) => Err(Failure::Trial(format!("panicked: {}", panic_message(&*panic)))),
    }
}

/// Ends this process once standard input is closed, which is when its parent is gone.
pub fn end_with_parent() {
    thread::spawn(|| {
        _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(1);
    });
}

/// On the test images; none if the training diverged.
pub(crate) fn accuracy(record: &Record) -> Option<f64> {
    record.results.test.as_ref().and_then(Predictions::accuracy)
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

/// The time, as storages take it.
pub fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}
