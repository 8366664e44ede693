//! A worker of a tuning: it asks for points, trains them and tells what came out, until the study is over.
//!
//! It says what it does in the words of every worker ([`Message`]).

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::SystemTime;

use serde_json::Value;
use tinderbox_data::Dataset;
use tinderbox_report::Record;
use tinderbox_search::{Advice, Asked, Lease, Point, Study, StudyError, TrialResult};
use tinderbox_training::learner::{CheckpointError, Epoch, Observer, Step};

use super::{Objective, TuningError, TuningRecord};
use crate::catalog::Catalog;
use crate::experiment::Defaults;
use crate::json::plain;
use crate::plan::Task;
use crate::run::{RECORD, RESULT};
use crate::state::checkpoint;
use crate::trial::Attempt;
use crate::worker::{
    Failure, Message, POLL, Reporter, accuracy, beat, forget, now, run_caught, say, taken_over,
};

/// A worker and its means.
#[derive(Debug)]
pub struct TuningWorker<W> {
    /// Its name, its own among all workers.
    pub name: String,
    /// The study, under that name.
    pub study: Study,
    /// What the study was begun for.
    pub record: TuningRecord,
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

/// How a training ended.
enum End {
    /// With a value for each objective.
    Finished(Box<Record>, Vec<f64>),
    Pruned {
        epoch: usize,
    },
}

impl<W: Write> TuningWorker<W> {
    /// Tries points until the study is over, or its time is up.
    ///
    /// # Errors
    /// If the storage or the machine fails; the trial then waits for another attempt. A failed trial is not an error.
    pub fn run(&mut self) -> Result<(), TuningError> {
        let worked = self.work();
        if let Err(error) = &worked {
            say(&mut self.out, &Message::Mishap { reason: error.to_string() });
            // Whatever it holds is free for others at once. Where that cannot be written, its lease runs out.
            let study = self.study.id();
            _ = self.study.storage_mut().release(study, &self.name, now());
        }
        worked
    }

    fn work(&mut self) -> Result<(), TuningError> {
        while self.until.is_none_or(|until| SystemTime::now() < until) {
            match self.study.ask(now())? {
                Asked::Trial(lease) => self.attempt(&lease)?,
                Asked::Wait => thread::sleep(POLL),
                Asked::Done => break,
            }
        }
        Ok(())
    }

    fn attempt(&mut self, lease: &Lease) -> Result<(), TuningError> {
        let fenced = Arc::new(AtomicBool::new(false));
        let heart = beat(self.study.storage().reopen()?, lease.clone(), Arc::clone(&fenced));
        let checkpoint = self.checkpoints.as_deref().map(|folder| checkpoint(folder, &lease.key));
        let ended = self.train(lease, checkpoint.clone(), &fenced);
        drop(heart);
        if fenced.load(Ordering::Relaxed) {
            say(&mut self.out, &taken_over());
            return Ok(());
        }
        let told = match &ended {
            Ok(End::Finished(record, values)) => finished(record, values),
            Ok(End::Pruned { .. }) => TrialResult::pruned(),
            Err(Failure::Trial(reason)) => TrialResult::fail(reason.clone()),
            Err(Failure::Machine(reason)) => return Err(TuningError::Machine(reason.clone())),
        };
        let message = match self.study.tell(lease, &told, now()) {
            Ok(()) => {
                forget(checkpoint.as_deref());
                match ended {
                    Ok(End::Finished(record, _)) => {
                        Message::Told { accuracy: accuracy(&record), seconds: record.timing.wall_seconds }
                    }
                    Ok(End::Pruned { epoch }) => Message::Pruned { epoch },
                    Err(Failure::Trial(reason) | Failure::Machine(reason)) => Message::Failed { reason },
                }
            }
            Err(StudyError::Storage(error)) if error.is_lost_lease() => {
                Message::Refused { reason: error.to_string() }
            }
            Err(error) => return Err(error.into()),
        };
        say(&mut self.out, &message);
        Ok(())
    }

    fn train(
        &mut self,
        lease: &Lease,
        checkpoint: Option<PathBuf>,
        fenced: &AtomicBool,
    ) -> Result<End, Failure> {
        let TuningRecord { tuning, backend, dataset_sha256 } = &self.record;
        let defaults = Defaults { catalog: &self.catalog, images: self.dataset.test.spec() };
        let configuration = tuning.configuration(&lease.parameters, defaults);
        let configuration = configuration.map_err(|error| Failure::Trial(error.to_string()))?;
        let point = values(&lease.parameters);
        let arm = describe(&point);
        say(
            &mut self.out,
            &Message::Claimed {
                experiment: tuning.name.clone(),
                arm: arm.clone(),
                seed: tuning.seed,
                key: lease.key.clone(),
                attempt: lease.attempt,
            },
        );
        let task = Task {
            experiment: tuning.name.clone(),
            arm,
            seed: tuning.seed,
            protocol: tuning.protocol,
            configuration: configuration.recorded(),
            perturbations: Vec::new(),
            point,
            backend: *backend,
            dataset_sha256: dataset_sha256.clone(),
        };
        let attempt = Attempt { worker: self.name.clone(), attempt: lease.attempt, checkpoint };
        let device = task.backend.open().map_err(|error| Failure::Machine(error.to_string()))?;
        let (catalog, dataset, out) = (&self.catalog, &self.dataset, &mut self.out);
        let mut watcher = Watcher {
            reporter: Reporter::new(fenced, |message| say(out, &message)),
            study: (tuning.objectives == [Objective::ValidationAccuracy]).then_some(&mut self.study),
            lease,
            pruned: None,
            trouble: None,
        };
        let record = run_caught(&task, catalog, dataset, &device, &attempt, &mut watcher);
        match (record, watcher.pruned, watcher.trouble) {
            (_, _, Some(trouble)) => Err(Failure::Machine(trouble)),
            // One that had ended by itself is whole, whatever the pruner thinks of its last epoch.
            (Ok(record), _, None) => {
                let values = tuning.objectives.iter().map(|objective| objective.of(&record));
                let values: Result<Vec<f64>, _> = values.collect();
                // A failure is on no front and teaches no sampler, which a value of 0 would.
                let values = values.map_err(|error| Failure::Trial(error.to_string()))?;
                Ok(End::Finished(Box::new(record), values))
            }
            (Err(_), Some(epoch), None) => Ok(End::Pruned { epoch }),
            (Err(reason), None, None) => Err(reason),
        }
    }
}

/// Reports each epoch to the study, and stops the training when its pruner says so.
struct Watcher<'a, S> {
    reporter: Reporter<'a, S>,
    /// None where epochs say nothing of the objectives.
    study: Option<&'a mut Study>,
    lease: &'a Lease,
    /// The epoch after which the trial was pruned.
    pruned: Option<usize>,
    /// Why nothing can be reported.
    trouble: Option<String>,
}

impl<S: FnMut(Message)> Observer for Watcher<'_, S> {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        if self.pruned.is_some() || self.trouble.is_some() {
            return ControlFlow::Break(());
        }
        self.reporter.step(step)
    }

    fn epoch(&mut self, epoch: &Epoch) {
        self.reporter.epoch(epoch);
        let Some(study) = &mut self.study else { return };
        if self.pruned.is_some() || self.trouble.is_some() {
            return;
        }
        match study.report(self.lease, epoch.epoch as u32, epoch.validation_accuracy) {
            Ok(Advice::GoOn) => {}
            Ok(Advice::Stop) => self.pruned = Some(epoch.epoch),
            Err(error) => self.trouble = Some(error.to_string()),
        }
    }

    fn checkpoint_failed(&mut self, error: &CheckpointError) {
        self.reporter.checkpoint_failed(error);
    }
}

/// The report of a finished training.
fn finished(record: &Record, values: &[f64]) -> TrialResult {
    let mut told = TrialResult::complete_all(values.to_vec());
    told.attachments.insert(RECORD.to_string(), record.to_bytes());
    told.attributes.insert(RESULT.to_string(), record.result_hash().into());
    told
}

/// What a point chose, by key.
pub fn values(point: &Point) -> BTreeMap<String, Value> {
    point.iter().map(|(key, parameter)| (key.to_owned(), parameter.value().clone())).collect()
}

/// Those values in a line.
pub fn describe(values: &BTreeMap<String, Value>) -> String {
    let short = |key: &str| key.rsplit('.').next().unwrap_or(key).to_string();
    let part = |(key, value): (&String, &Value)| format!("{} {}", short(key), plain(value));
    values.iter().map(part).collect::<Vec<_>>().join(", ")
}
