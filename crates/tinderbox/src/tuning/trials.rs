//! The trials of a tuning, for a worker: the study chooses points, and each point is trained.

use std::collections::BTreeMap;

use serde_json::Value;
use tinderbox_report::Record;
use tinderbox_search::{Advice, Asked, Lease, Point, Storage, Study, TrialResult};
use tinderbox_training::learner::Epoch;

use super::{Objective, TuningRecord};
use crate::experiment::Defaults;
use crate::json::plain;
use crate::plan::Task;
use crate::worker::{Trials, WorkerError, now};

/// The trials of a study, with the name and the lease terms of its [`Study`].
#[derive(Debug)]
pub struct StudyTrials {
    /// The study, opened under the worker's name.
    pub study: Study,
    /// The record of the study.
    pub record: TuningRecord,
}

impl Trials for StudyTrials {
    fn ask(&mut self, _worker: &str) -> Result<Asked, WorkerError> {
        Ok(self.study.ask(now())?)
    }

    fn task(&self, lease: &Lease, defaults: Defaults) -> Result<Task, String> {
        let TuningRecord { tuning, backend, dataset_sha256 } = &self.record;
        let configuration =
            tuning.configuration(&lease.parameters, defaults).map_err(|error| error.to_string())?;
        let point = values(&lease.parameters);
        Ok(Task {
            experiment: tuning.name.clone(),
            arm: describe(&point),
            seed: tuning.seed,
            protocol: tuning.protocol,
            configuration: configuration.recorded(),
            perturbations: Vec::new(),
            point,
            backend: *backend,
            dataset_sha256: dataset_sha256.clone(),
        })
    }

    fn report(&mut self, lease: &Lease, epoch: &Epoch) -> Result<Advice, WorkerError> {
        if self.record.tuning.objectives != [Objective::ValidationAccuracy] {
            // Epochs say nothing of the objectives.
            return Ok(Advice::Continue);
        }
        Ok(self.study.report(lease, epoch.epoch as u32, epoch.validation_accuracy)?)
    }

    /// A diverged training is a failed trial: it is on no Pareto front and no sampler learns from it, as from a value
    /// of 0.
    fn values(&self, record: &Record) -> Result<Vec<f64>, String> {
        let values = self.record.tuning.objectives.iter().map(|objective| objective.of(record));
        values.collect::<Result<_, _>>().map_err(|error| error.to_string())
    }

    fn tell(&mut self, lease: &Lease, result: &TrialResult) -> Result<(), WorkerError> {
        Ok(self.study.tell(lease, result, now())?)
    }

    fn storage(&mut self) -> &mut dyn Storage {
        self.study.storage_mut()
    }
}

/// The values of a point, by key.
pub fn values(point: &Point) -> BTreeMap<String, Value> {
    point.iter().map(|(key, parameter)| (key.to_owned(), parameter.value().clone())).collect()
}

/// The values of a point in one line.
pub fn describe(values: &BTreeMap<String, Value>) -> String {
    let short = |key: &str| key.rsplit('.').next().unwrap_or(key).to_string();
    let part = |(key, value): (&String, &Value)| format!("{} {}", short(key), plain(value));
    values.iter().map(part).collect::<Vec<_>>().join(", ")
}
