//! A worker: a process that leases trials, one at a time, trains them and stores the results.
//!
//! One loop serves every storage. [`Trials`] decide what a trial is and what is stored of it: those of a run, or those of a
//! study. A worker prints what it does as lines of JSON ([`Message`]). It ends when no trial is left, or when the process
//! that started it ends.

use std::any::Any;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use burn::prelude::Device;
use tinderbox_data::Dataset;
use tinderbox_report::{Predictions, Record};
use tinderbox_search::{
    Advice, Asked, Lease, LeaseTerms, Pulse, Storage, StorageError, StudyError, Timestamp, TrialResult,
};
use tinderbox_training::learner::{Epoch, Observer};

use crate::catalog::Catalog;
use crate::experiment::Defaults;
use crate::plan::Task;
use crate::state::checkpoint;
use crate::trial::{self, Attempt};
use crate::tuning::Objective;

mod message;
mod reporter;

pub use message::Message;
use message::{say, taken_over};
use reporter::{Break, Reporter};

/// How long a worker may go without renewing its lease, which it does every three seconds, before another takes its trial over.
///
/// There are many attempts: a user who stops a run over and over must not make its trials fail.
pub const LEASE: LeaseTerms = LeaseTerms { length: Duration::from_secs(15), attempts: 64 };

/// How often a worker renews its lease.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// How long to wait before asking again while other workers' trials may yet come back.
const POLL: Duration = Duration::from_millis(500);

/// Attachment of a trial: its record.
pub const RECORD: &str = "record.json";
/// User attribute of a finished trial: the hash of its results.
pub const RESULT: &str = "tinderbox:result_sha256";

/// The trials that a worker works on: which comes next, what each is, and what is stored of it.
pub trait Trials {
    /// The next thing to do for the worker of this name.
    ///
    /// # Errors
    /// If the storage cannot be used.
    fn ask(&mut self, worker: &str) -> Result<Asked, WorkerError>;

    /// What a trial is.
    ///
    /// # Errors
    /// The reason as a text, if it cannot be tried.
    fn task(&self, lease: &Lease, defaults: Defaults) -> Result<Task, String>;

    /// Stores what an epoch reached, and returns whether the trial should go on.
    ///
    /// # Errors
    /// If that cannot be stored.
    fn report(&mut self, _lease: &Lease, _epoch: &Epoch) -> Result<Advice, WorkerError> {
        Ok(Advice::Continue)
    }

    /// What a finished training is worth: a value for each objective.
    ///
    /// # Errors
    /// The reason as a text, if the trial failed though its training ended.
    fn values(&self, record: &Record) -> Result<Vec<f64>, String>;

    /// What a sampler ranks the trials by: the meaning of [`values`](Self::values), in their order. None where the trials
    /// are arms of experiments.
    fn objectives(&self) -> &[Objective] {
        &[]
    }

    /// Ends a trial.
    ///
    /// # Errors
    /// If the lease was lost, or the storage cannot be used.
    fn tell(&mut self, lease: &Lease, result: &TrialResult) -> Result<(), WorkerError> {
        Ok(self.storage().tell(lease, result, now())?)
    }

    /// The storage that they are in.
    fn storage(&mut self) -> &mut dyn Storage;
}

/// A worker with all that it needs.
pub struct Worker<W> {
    /// Its name, which no other worker has.
    pub name: String,
    /// What it works on.
    pub trials: Box<dyn Trials>,
    /// What the program knows.
    pub catalog: Catalog,
    /// The images.
    pub dataset: Dataset,
    /// Folder for checkpoints, if there is one, so that a trial that was cut short resumes there.
    pub checkpoints: Option<PathBuf>,
    /// When it stops starting trials.
    pub until: Option<SystemTime>,
    /// Where messages go.
    pub out: W,
}

/// Why a worker stopped before all trials were done. Its trial, if it had one, waits for another attempt.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The machine failed during a trial.
    #[error("{0}; the trial has no result and is attempted again")]
    Machine(String),
    /// The storage failed.
    #[error(transparent)]
    Study(Box<StudyError>),
}

impl From<StudyError> for WorkerError {
    fn from(error: StudyError) -> Self {
        Self::Study(Box::new(error))
    }
}

impl From<StorageError> for WorkerError {
    fn from(error: StorageError) -> Self {
        StudyError::from(error).into()
    }
}

/// How an attempt ended, unless the trial was lost.
enum End {
    /// With a value for each objective.
    Finished(Box<Record>, Vec<f64>),
    /// A pruner stopped it.
    Pruned { epoch: usize },
    /// By its own fault: it would fail again, so this is its result.
    Failed(String),
}

/// Why an attempt has no result.
enum Cut {
    /// Another worker has taken the trial over.
    Lost,
    /// By a fault of the machine, of the storage or of this program, not of the trial, which is attempted again.
    Worker(WorkerError),
}

impl From<WorkerError> for Cut {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Study(study) if study.is_lost_lease() => Self::Lost,
            error => Self::Worker(error),
        }
    }
}

impl<W: Write> Worker<W> {
    /// Runs trials until none is left, or the time is up.
    ///
    /// # Errors
    /// If the storage or the machine fails; the trial then waits for another attempt. A failed trial is not an error.
    pub fn run(&mut self) -> Result<(), WorkerError> {
        let storage = self.trials.storage().reopen()?;
        let worked = Pulse::beside(storage, HEARTBEAT, now, |pulse| self.work(pulse));
        worked.inspect_err(|error| say(&mut self.out, &Message::Mishap { reason: error.to_string() }))
    }

    fn work(&mut self, pulse: &Pulse) -> Result<(), WorkerError> {
        while self.until.is_none_or(|until| SystemTime::now() < until) {
            match self.trials.ask(&self.name)? {
                Asked::Trial(lease) => self.attempt(&lease, pulse).inspect_err(|_| {
                    // It is free for others at once. Where that cannot be written, the lease runs out.
                    _ = self.trials.storage().release(lease.study, &self.name, now());
                })?,
                Asked::Wait => thread::sleep(POLL),
                Asked::Done => break,
            }
        }
        Ok(())
    }

    fn attempt(&mut self, lease: &Lease, pulse: &Pulse) -> Result<(), WorkerError> {
        pulse.hold(lease);
        let defaults = Defaults { catalog: &self.catalog, images: self.dataset.test.spec() };
        let (ended, checkpoint) = match self.trials.task(lease, defaults) {
            Ok(task) => {
                let checkpoint = self.checkpoint(&task, lease);
                (self.train(lease, &task, checkpoint.clone(), pulse), checkpoint)
            }
            Err(reason) => (Ok(End::Failed(reason)), None),
        };
        let told = match ended {
            _ if pulse.let_go() => Err(Cut::Lost),
            Ok(end) => self.trials.tell(lease, &end.result()).map(|()| end).map_err(Cut::from),
            cut => cut,
        };
        let message = match told {
            Ok(end) => {
                forget(checkpoint.as_deref());
                end.message(self.trials.objectives())
            }
            Err(Cut::Lost) => taken_over(),
            Err(Cut::Worker(error)) => return Err(error),
        };
        say(&mut self.out, &message);
        Ok(())
    }

    fn train(
        &mut self,
        lease: &Lease,
        task: &Task,
        checkpoint: Option<PathBuf>,
        pulse: &Pulse,
    ) -> Result<End, Cut> {
        let started = Message::Started {
            experiment: task.experiment.clone(),
            arm: task.arm.clone(),
            seed: task.seed,
            key: lease.key.clone(),
            attempt: lease.attempt,
            number: (!self.trials.objectives().is_empty()).then_some(lease.number),
        };
        say(&mut self.out, &started);
        let attempt = Attempt { worker: self.name.clone(), attempt: lease.attempt, checkpoint };
        let device = task.backend.open().map_err(|error| WorkerError::Machine(error.to_string()))?;
        let (catalog, dataset, out) = (&self.catalog, &self.dataset, &mut self.out);
        let mut reporter = Reporter::new(self.trials.as_mut(), lease, pulse, |message| say(out, &message));
        let record = run_caught(task, catalog, dataset, &device, &attempt, &mut reporter);
        match (record, reporter.broken) {
            (_, Some(Break::Cut(cut))) => Err(cut),
            // One that had ended by itself is whole, whatever the pruner thinks of its last epoch.
            (Ok(Ok(record)), _) => Ok(match self.trials.values(&record) {
                Ok(values) => End::Finished(Box::new(record), values),
                Err(reason) => End::Failed(reason),
            }),
            (_, Some(Break::Pruned { epoch })) => Ok(End::Pruned { epoch }),
            (Ok(Err(reason)), None) => Ok(End::Failed(reason)),
            (Err(mishap), None) => Err(WorkerError::Machine(mishap).into()),
        }
    }

    /// The same file for every attempt at a trial on this machine, so that the next one resumes there.
    fn checkpoint(&self, task: &Task, lease: &Lease) -> Option<PathBuf> {
        let folder = self.checkpoints.as_deref()?;
        Some(checkpoint(folder, &format!("{}/{}", task.experiment, lease.key)))
    }
}

impl End {
    /// What is told to the storage.
    fn result(&self) -> TrialResult {
        match self {
            Self::Finished(record, values) => TrialResult {
                attachments: [(RECORD.to_string(), record.to_bytes())].into(),
                attributes: [(RESULT.to_string(), record.result_hash().into())].into(),
                ..TrialResult::complete_all(values.clone())
            },
            Self::Pruned { .. } => TrialResult::pruned(),
            Self::Failed(reason) => TrialResult::fail(reason),
        }
    }

    /// What is said once that is stored.
    fn message(self, objectives: &[Objective]) -> Message {
        match self {
            Self::Finished(record, values) => Message::Finished {
                accuracy: accuracy(&record),
                objectives: objectives.iter().copied().zip(values).collect(),
                seconds: record.timing.wall_seconds,
            },
            Self::Pruned { epoch } => Message::Pruned { epoch },
            Self::Failed(reason) => Message::Failed { reason },
        }
    }
}

/// Removes the checkpoint of a trial whose result is stored, and what killed workers left half-written beside it: they
/// would only take space.
fn forget(checkpoint: Option<&Path>) {
    let Some((path, folder)) = checkpoint.and_then(|path| Some((path, path.parent()?))) else { return };
    _ = std::fs::remove_file(path);
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return };
    let scratch = format!("{name}.");
    let beside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for file in beside.filter(|file| file.file_name().to_string_lossy().starts_with(&scratch)) {
        _ = std::fs::remove_file(file.path());
    }
}

/// Trains. A panic fails this trial, not the worker. The outer error is a mishap, the inner one the trial's own.
fn run_caught(
    task: &Task,
    catalog: &Catalog,
    dataset: &Dataset,
    device: &Device,
    attempt: &Attempt,
    observer: &mut dyn Observer,
) -> Result<Result<Record, String>, String> {
    let run = || trial::run(task, catalog, dataset, device, attempt, observer);
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(record)) => Ok(Ok(record)),
        Ok(Err(error)) if error.is_mishap() => Err(error.to_string()),
        Ok(Err(error)) => Ok(Err(error.to_string())),
        Err(panic) => Ok(Err(format!("panicked: {}", panic_message(&*panic)))),
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
fn accuracy(record: &Record) -> Option<f64> {
    record.results.test.as_ref().and_then(Predictions::accuracy)
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

/// The time of this machine.
pub fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}
