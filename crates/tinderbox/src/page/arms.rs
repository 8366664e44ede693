//! The trials of a run, each under the arms that it serves.

use std::collections::BTreeMap;

use tinderbox_data::Protocol;
use tinderbox_report::{
    ArmView, Failure, ModelSummary, Perturbed, Predictions, Record, Reported, Results, Source, Timing,
};
use tinderbox_search::{State, Storage, StudyId};
use tinderbox_training::ensemble;

use super::{Fault, ReportError};
use crate::json;
use crate::plan::Task;
use crate::run::{self, ArmHeading, Heading, RECORD, RunError, RunFolder};

/// Every trial of a run, by experiment, arm and protocol.
pub(super) struct Trials(BTreeMap<(String, String, String), OfArm>);

/// Whether a record is of this trial.
fn is_of(record: &Record, task: &Task) -> bool {
    let Record { experiment, arm, seed, results, .. } = record;
    *experiment == task.experiment
        && *arm == task.arm
        && *seed == task.seed
        && results.protocol == task.protocol.to_string()
        && results.configuration == json::value(&task.configuration)
        && results.dataset.sha256 == task.dataset_sha256
}

/// What came of the trials of one arm under one protocol.
#[derive(Default)]
struct OfArm {
    records: Vec<Record>,
    failures: Vec<Failure>,
    waiting: usize,
}

impl Trials {
    /// Reads them from the storage.
    pub(super) fn read(
        folder: &RunFolder,
        storage: &dyn Storage,
        headings: &[(StudyId, Heading)],
    ) -> Result<Self, ReportError> {
        let mut arms: BTreeMap<_, OfArm> = BTreeMap::new();
        for (study, heading) in headings {
            for trial in storage.trials(*study).map_err(RunError::from)? {
                // A trial that another program added belongs to no arm.
                let Ok(task) = run::task(&trial.attributes) else { continue };
                let arm = arms
                    .entry((heading.name.clone(), task.arm.clone(), task.protocol.to_string()))
                    .or_default();
                let wrong = |fault| ReportError::Trial {
                    path: folder.storage_path(),
                    study: heading.name.clone(),
                    number: trial.number,
                    fault,
                };
                let record = || storage.attachment(*study, trial.number, RECORD).map_err(RunError::from);
                match trial.state {
                    State::Waiting | State::Running => arm.waiting += 1,
                    State::Complete => {
                        let bytes = record()?.ok_or_else(|| wrong(Fault::NoRecord))?;
                        let record = Record::from_bytes(&bytes).map_err(|error| wrong(error.into()))?;
                        if !is_of(&record, &task) {
                            return Err(wrong(Fault::Foreign));
                        }
                        arm.records.push(record);
                    }
                    State::Fail | State::Pruned => {
                        // Only a complete trial gets a record, and it stays complete.
                        if record()?.is_some() {
                            return Err(wrong(Fault::State));
                        }
                        let reason = trial.failure.unwrap_or_else(|| "no reason was given".to_string());
                        arm.failures.push(Failure { seed: task.seed, reason });
                    }
                }
            }
        }
        for arm in arms.values_mut() {
            arm.records.sort_by_key(|record| record.seed);
            arm.failures.sort_by_key(|failure| failure.seed);
        }
        Ok(Self(arms))
    }

    /// The arms of an experiment with their trials, borrowed and averaged ones too.
    pub(super) fn arms(&self, heading: &Heading) -> Vec<ArmView> {
        let mut views: Vec<ArmView> = Vec::new();
        for arm in &heading.arms {
            let mut view = outline(arm);
            if arm.average_of.is_empty() {
                self.fill(&mut view, heading, arm);
            } else {
                let members: Vec<&ArmView> =
                    views.iter().filter(|view| arm.average_of.contains(&view.name)).collect();
                fill_average(&mut view, heading, arm, &members);
            }
            views.push(view);
        }
        views
    }

    fn fill(&self, view: &mut ArmView, heading: &Heading, arm: &ArmHeading) {
        let (experiment, name) = match &arm.same_as {
            Some(source) => (&source.experiment, &source.arm),
            None => (&heading.name, &arm.name),
        };
        let of = |protocol: Protocol| self.0.get(&(experiment.clone(), name.clone(), protocol.to_string()));
        if let Some(own) = of(heading.protocol) {
            view.records.clone_from(&own.records);
            view.failures.clone_from(&own.failures);
            view.waiting = own.waiting;
        }
        if heading.protocol == Protocol::Official
            && let Some(pooled) = of(Protocol::Pooled)
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

fn fill_average(view: &mut ArmView, heading: &Heading, arm: &ArmHeading, members: &[&ArmView]) {
    let average = |of: fn(&ArmView) -> &[Record]| {
        let members: Vec<&[Record]> = members.iter().map(|member| of(member)).collect();
        averages(heading, arm, &members)
    };
    view.records = average(|view| &view.records);
    view.pooled = average(|view| &view.pooled);
    let most = |of: fn(&ArmView) -> usize| members.iter().map(|member| of(member)).max().unwrap_or(0);
    view.waiting = most(|view| view.waiting);
    view.pooled_waiting = most(|view| view.pooled_waiting);
    if view.waiting > 0 {
        return;
    }
    for &seed in heading.seeds.iter().filter(|seed| view.records.iter().all(|record| record.seed != **seed)) {
        let answers = |member: &&&ArmView| {
            member.records.iter().any(|record| record.seed == seed && record.results.test.is_some())
        };
        let silent: Vec<&str> =
            members.iter().filter(|member| !answers(member)).map(|member| member.name.as_str()).collect();
        let reason = format!("no average: no answers of {}", silent.join(", "));
        view.failures.push(Failure { seed, reason });
    }
}

fn outline(arm: &ArmHeading) -> ArmView {
    let reported = arm.reported.as_ref();
    ArmView {
        name: arm.name.clone(),
        description: arm.description.clone(),
        reported: reported
            .map(|reported| Reported { value_percent: reported.percent, what: reported.what.clone() }),
        point: arm.point.clone(),
        same_as: arm
            .same_as
            .as_ref()
            .map(|source| Source { experiment: source.experiment.clone(), arm: source.arm.clone() }),
        average_of: arm.average_of.clone(),
        ..ArmView::default()
    }
}

/// For each seed that every member has answered, a record of the mean of their probabilities.
fn averages(heading: &Heading, arm: &ArmHeading, members: &[&[Record]]) -> Vec<Record> {
    let Some((first, others)) = members.split_first() else { return Vec::new() };
    let of_seed = |record: &Record| {
        let mut of_seed = vec![record];
        for records in others {
            of_seed.push(records.iter().find(|other| other.seed == record.seed)?);
        }
        average(heading, arm, &of_seed)
    };
    first.iter().filter_map(of_seed).collect()
}

/// What the members say together; `None` if one of them says nothing, or was asked about other images.
fn average(heading: &Heading, arm: &ArmHeading, members: &[&Record]) -> Option<Record> {
    let first = members.first()?;
    let sum = |of: fn(&ModelSummary) -> u64| members.iter().map(|member| of(&member.results.model)).sum();
    let natural: Vec<_> = members.iter().map(|member| member.results.test.as_ref()).collect();
    let perturbed = first.results.perturbed.iter().filter_map(|&Perturbed { perturbation, .. }| {
        let answers: Vec<_> = members.iter().map(|member| member.results.under(perturbation)).collect();
        Some(Perturbed { perturbation, test: Some(mean(&answers)?) })
    });
    Some(Record {
        experiment: heading.name.clone(),
        arm: arm.name.clone(),
        seed: first.seed,
        results: Results {
            configuration: serde_json::json!({ "average": arm.average_of }),
            outcome: tinderbox_report::Outcome::Finished,
            history: Vec::new(),
            model: ModelSummary {
                parameters: sum(|model| model.parameters),
                multiply_adds: sum(|model| model.multiply_adds),
                layers: Vec::new(),
            },
            final_training_accuracy: None,
            test: Some(mean(&natural)?),
            perturbed: perturbed.collect(),
            ..first.results.clone()
        },
        timing: Timing {
            epoch_seconds: Vec::new(),
            wall_seconds: members.iter().map(|member| member.timing.wall_seconds).sum(),
            cpu_seconds: members.iter().map(|member| member.timing.cpu_seconds).sum(),
            started: first.timing.started.clone(),
        },
        environment: first.environment.clone(),
    })
}

fn mean(members: &[Option<&Predictions>]) -> Option<Predictions> {
    let members: Vec<&Predictions> = members.iter().copied().collect::<Option<_>>()?;
    let first = members.first()?;
    if members.iter().any(|other| other.indices != first.indices || other.classes != first.classes) {
        return None;
    }
    let probabilities: Vec<&[f32]> = members.iter().map(|member| &member.probabilities[..]).collect();
    Some(Predictions { probabilities: ensemble::average(&probabilities).ok()?, ..(*first).clone() })
}
