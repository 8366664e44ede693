//! The trials of a tuning, for a worker: the study chooses points, and each point is trained.

use std::collections::BTreeMap;

use serde_json::Value;
use tinderbox_report::{Record, figures};
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

    fn objectives(&self) -> &[Objective] {
        &self.record.tuning.objectives
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

/// The values of a point in one line, floats to four figures.
pub fn describe(values: &BTreeMap<String, Value>) -> String {
    values.iter().map(|(key, value)| format!("{key} {}", rounded(value))).collect::<Vec<_>>().join(", ")
}

/// A value as people write it: a float to four figures, texts without quotes.
pub fn rounded(value: &Value) -> String {
    value.as_f64().filter(|_| value.is_f64()).map_or_else(|| plain(value), figures)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_point_is_written_with_whole_names_and_rounded_numbers() {
        let point = [
            ("model.hidden.1", json!(16)),
            ("training.learning_rate", json!(0.194_212_250_985_176_78)),
            ("training.optimizer.kind", json!("sgd")),
        ];
        let point = point.map(|(key, value)| (key.to_string(), value)).into();
        assert_eq!(
            describe(&point),
            "model.hidden.1 16, training.learning_rate 0.1942, training.optimizer.kind sgd"
        );
    }
}
