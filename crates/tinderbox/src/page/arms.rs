//! The trials of a run, each under the arms that it serves.

use std::collections::BTreeMap;

use tinderbox_data::Protocol;
use tinderbox_report::{ArmView, Failure, Record};
use tinderbox_search::{State, StudyId, Trial};
use tinderbox_training::Kinds;

use super::ensemble::Together;
use super::{Fault, ReportError};
use crate::plan::Task;
use crate::run::{self, Heading, Run, RunError};
use crate::worker::RECORD;

/// Every trial of a run, by experiment, arm and protocol.
pub(super) struct Trials(BTreeMap<(String, String, String), OfArm>);

/// What came of the trials of one arm under one protocol.
#[derive(Default)]
struct OfArm {
    records: Vec<Record>,
    failures: Vec<Failure>,
    waiting: usize,
}

impl Trials {
    /// Reads them from the storage.
    pub(super) fn read(run: &Run, headings: &[(StudyId, Heading)]) -> Result<Self, ReportError> {
        let storage = run.storage();
        let mut arms: BTreeMap<_, OfArm> = BTreeMap::new();
        for (study, heading) in headings {
            let name = &heading.facts.name;
            for trial in storage.trials(*study).map_err(RunError::from)? {
                // A trial that another program added belongs to no arm.
                let Ok(task) = run::task(&trial.attributes) else { continue };
                let record = storage.attachment(*study, trial.number, RECORD).map_err(RunError::from)?;
                let arm =
                    arms.entry((name.clone(), task.arm.clone(), task.protocol.to_string())).or_default();
                let number = trial.number;
                arm.add(trial, &task, record.as_deref()).map_err(|fault| ReportError::Trial {
                    place: run.place_of(name),
                    number,
                    fault,
                })?;
            }
        }
        for arm in arms.values_mut() {
            arm.records.sort_by_key(|record| record.seed);
            arm.failures.sort_by_key(|failure| failure.seed);
        }
        Ok(Self(arms))
    }

    /// The arms of an experiment with their trials, those of other experiments and ensembles too.
    ///
    /// # Errors
    /// If `kinds` lack the rule of an ensemble.
    pub(super) fn arms(
        &self,
        run: &Run,
        heading: &Heading,
        kinds: &Kinds,
    ) -> Result<Vec<ArmView>, ReportError> {
        let mut views: Vec<ArmView> = Vec::new();
        for facts in &heading.arms {
            let mut view = ArmView { facts: facts.clone(), ..ArmView::default() };
            match &facts.ensemble {
                None => self.fill(&mut view, heading),
                Some(ensemble) => Together::new(ensemble, &views, kinds)
                    .map_err(|error| ReportError::Rule {
                        place: run.place_of(&heading.facts.name),
                        arm: facts.name.clone(),
                        error: Box::new(error),
                    })?
                    .fill(&mut view, heading),
            }
            views.push(view);
        }
        Ok(views)
    }

    fn fill(&self, view: &mut ArmView, heading: &Heading) {
        let (experiment, name) = match &view.facts.same_as {
            Some(source) => (&source.experiment, &source.arm),
            None => (&heading.facts.name, &view.facts.name),
        };
        let of = |protocol: &str| self.0.get(&(experiment.clone(), name.clone(), protocol.to_string()));
        let [official, pooled] = [Protocol::Official, Protocol::Pooled].map(|protocol| protocol.to_string());
        let (own, pooled) = (of(&heading.facts.protocol), of(&pooled));
        if let Some(own) = own {
            view.records.clone_from(&own.records);
            view.failures.clone_from(&own.failures);
            view.waiting = own.waiting;
        }
        if heading.facts.protocol == official
            && let Some(pooled) = pooled
        {
            view.pooled.clone_from(&pooled.records);
            view.pooled_waiting = pooled.waiting;
            let failures = pooled.failures.iter();
            let named = failures.map(|Failure { seed, reason }| Failure {
                seed: *seed,
                reason: format!("under the protocol pooled: {reason}"),
            });
            view.failures.extend(named);
        }
    }
}

impl OfArm {
    /// Adds a trial with the bytes of its record.
    ///
    /// # Errors
    /// If its state and its record disagree.
    fn add(&mut self, trial: Trial, task: &Task, record: Option<&[u8]>) -> Result<(), Fault> {
        match trial.state {
            State::Waiting | State::Running => self.waiting += 1,
            State::Complete => {
                let record = Record::from_bytes(record.ok_or(Fault::NoRecord)?)?;
                if !is_of(&record, task) {
                    return Err(Fault::Foreign);
                }
                self.records.push(record);
            }
            // Only a complete trial gets a record, and it stays complete.
            State::Fail | State::Pruned if record.is_some() => return Err(Fault::State),
            State::Fail | State::Pruned => {
                let reason = trial.failure.unwrap_or_else(|| "no reason was given".to_string());
                self.failures.push(Failure { seed: task.seed, reason });
            }
        }
        Ok(())
    }
}

/// Whether a record is of this trial.
fn is_of(record: &Record, task: &Task) -> bool {
    let Record { experiment, arm, seed, results, .. } = record;
    *experiment == task.experiment
        && *arm == task.arm
        && *seed == task.seed
        && results.protocol == task.protocol.to_string()
        && results.configuration == task.configuration
        && results.dataset.sha256 == task.dataset_sha256
}
