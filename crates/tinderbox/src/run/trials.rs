//! The trials of a run, for a worker: one experiment after the other, in the order of the plan.

use std::collections::BTreeMap;

use serde_json::Value;
use tinderbox_report::Record;
use tinderbox_search::{Asked, Lease, State, Storage, StorageError, StudyId, Trial};

use super::{Run, RunError, TASK};
use crate::experiment::Defaults;
use crate::plan::Task;
use crate::tuning::Objective;
use crate::worker::{LEASE, Trials, WorkerError, now};

/// The trials of a run.
pub struct RunTrials {
    storage: Box<dyn Storage>,
    studies: Vec<StudyId>,
}

impl RunTrials {
    /// Those of this run.
    ///
    /// # Errors
    /// If the run cannot be read, or has no experiment.
    pub fn new(run: Run) -> Result<Self, RunError> {
        let studies: Vec<_> = run.headings()?.into_iter().map(|(study, _)| study).collect();
        if studies.is_empty() {
            return Err(RunError::Empty(run.place));
        }
        Ok(Self { storage: run.storage, studies })
    }
}

impl Trials for RunTrials {
    fn ask(&mut self, worker: &str) -> Result<Asked, WorkerError> {
        let mut open = false;
        for &study in &self.studies {
            if let Some(lease) = self.storage.lease(study, worker, now(), LEASE)? {
                return Ok(Asked::Trial(lease));
            }
            let counts = self.storage.counts(study)?;
            open = open || counts.running > 0 || counts.waiting > 0 && self.waits(study)?;
        }
        Ok(if open { Asked::Wait } else { Asked::Done })
    }

    fn task(&self, lease: &Lease, _defaults: Defaults) -> Result<Task, String> {
        task(&lease.attributes)
    }

    /// What choices are made by. A training that diverged is a result here, and its record says so.
    fn values(&self, record: &Record) -> Result<Vec<f64>, String> {
        Ok(vec![Objective::ValidationAccuracy.of(record).unwrap_or(0.0)])
    }

    fn storage(&mut self) -> &mut dyn Storage {
        self.storage.as_mut()
    }
}

impl RunTrials {
    /// Whether a trial of ours waits: a database passes over a row that another worker looks at just now.
    fn waits(&self, study: StudyId) -> Result<bool, StorageError> {
        let waits = |trial: &Trial| trial.state == State::Waiting && trial.key.is_some();
        Ok(self.storage.trials(study)?.iter().any(waits))
    }
}

/// The task of a trial.
///
/// # Errors
/// The reason as a text, if it has none that can be read.
pub fn task(attributes: &BTreeMap<String, Value>) -> Result<Task, String> {
    let value = attributes.get(TASK).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|error| format!("attribute `{TASK}`: {error}"))
}
