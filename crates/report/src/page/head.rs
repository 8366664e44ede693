//! What was run, where and on what: the head of the page, gathered from the plan and the records.

use std::fmt::Write;

use crate::format::{count, counted, duration, list, short};
use crate::numbers::Effort;
use crate::record::{DatasetIdentity, Environment, Record};
use crate::report::{ArmView, Report};

/// A line of the head. More than one value means that the trials differ in it.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) values: Vec<String>,
}

/// How much of the plan is done.
pub(super) fn progress(report: &Report) -> String {
    let experiments = counted(report.experiments.len(), "experiment", "experiments");
    let (mut done, mut failed, mut waiting) = (0, 0, 0);
    // An arm with the trials of others adds none of its own.
    let own = |arm: &&ArmView| arm.facts.same_as.is_none() && arm.facts.ensemble.is_none();
    for arm in report.experiments.iter().flat_map(|experiment| &experiment.arms).filter(own) {
        done += arm.records.len() + arm.pooled.len();
        failed += arm.failures.len();
        waiting += arm.waiting + arm.pooled_waiting;
    }
    let done = counted(done, "trial", "trials");
    let [failed, waiting] = [failed, waiting].map(|trials| count(trials as u64));
    format!("{experiments}: {done} with results, {failed} failed, {waiting} waiting")
}

/// How long all trials took and on what; `None` without trials.
pub(super) fn effort(effort: &Effort) -> Option<String> {
    let Effort { trials, wall_seconds, cpu_seconds, processors } = effort;
    if *trials == 0 {
        return None;
    }
    let mut text = format!("All trials together took {}", duration(*wall_seconds));
    if let Some(seconds) = cpu_seconds {
        _ = write!(text, " ({} of processor time)", duration(*seconds));
    }
    if !processors.is_empty() {
        _ = write!(text, ", on {}", list(processors));
    }
    Some(text)
}

pub(super) fn facts(report: &Report) -> Vec<Fact> {
    let records: Vec<&Record> = report.records().collect();
    let dataset =
        |of: fn(&DatasetIdentity) -> String| distinct(records.iter().map(|r| of(&r.results.dataset)));
    let environment = |of: fn(&Environment) -> String| distinct(records.iter().map(|r| of(&r.environment)));
    let plan = &report.plan;
    let epochs =
        plan.epochs.map_or("epochs as each experiment says".into(), |n| counted(n, "epoch", "epochs"));
    let mut facts = vec![
        Fact {
            name: "Data",
            values: dataset(|data| format!("{}, SHA-256 {}", data.title, short(&data.sha256))),
        },
        Fact { name: "Split", values: distinct(records.iter().map(|record| split(record))) },
        Fact {
            name: "Plan",
            values: vec![format!("profile {}, {epochs}, hash {}", plan.profile, short(&plan.hash))],
        },
        Fact { name: "Backend", values: vec![report.backend.clone()] },
        Fact { name: "Processor", values: environment(processor) },
        Fact { name: "Program", values: environment(program) },
        Fact { name: "Trials begun", values: period(&records).into_iter().collect() },
        Fact { name: "Run begun", values: vec![report.created.clone()] },
    ];
    facts.retain(|fact| !fact.values.is_empty());
    facts
}

fn split(record: &Record) -> String {
    let (protocol, data) = (&record.results.protocol, &record.results.dataset);
    let [training, validation, test] =
        [data.training, data.validation, data.test].map(|images| count(images as u64));
    format!(
        "{protocol}: {training} training, {validation} validation, {test} test images, {} classes",
        data.classes
    )
}

fn processor(environment: &Environment) -> String {
    let cores = counted(environment.cores, "core", "cores");
    let threads = counted(environment.threads, "thread", "threads");
    format!("{}, {cores}, {threads} per trial, {}", environment.cpu, environment.os)
}

fn program(environment: &Environment) -> String {
    let Environment { tinderbox, burn, revision, dirty, .. } = environment;
    let revision =
        revision.as_deref().map_or("revision unknown".into(), |full| format!("revision {}", short(full)));
    let dirty = if *dirty == Some(true) { " with uncommitted changes" } else { "" };
    format!("Tinderbox {tinderbox}, {revision}{dirty}, Burn {burn}")
}

/// From the first begun trial to the last, by their texts: RFC 3339 in UTC sorts by time.
fn period(records: &[&Record]) -> Option<String> {
    let started = || records.iter().map(|record| record.timing.started.as_str());
    let (first, last) = (started().min()?, started().max()?);
    Some(if first == last { first.into() } else { format!("{first} to {last}") })
}

fn distinct(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn trials_that_differ_are_all_named() {
        let mut report = fixture::report();
        report.experiments[0].arms[0].records[1].environment.cpu = "Other CPU".into();
        report.experiments[0].arms[0].records[1].environment.dirty = Some(true);
        let facts = facts(&report);
        let values = |name| facts.iter().find(|fact| fact.name == name).unwrap().values.clone();
        assert_eq!(
            values("Processor"),
            [
                "Example CPU @ 2.00 GHz, 2 cores, 1 thread per trial, Linux",
                "Other CPU, 2 cores, 1 thread per trial, Linux"
            ]
        );
        assert_eq!(
            values("Program")[1],
            "Tinderbox 0.1.0, revision 0123456789 with uncommitted changes, Burn 0.22.1"
        );
        assert_eq!(values("Split"), ["official: 6,562 training, 729 validation, 40 test images, 10 classes"]);
        assert_eq!(values("Trials begun"), ["2026-03-01T12:00:00Z to 2026-03-01T12:00:02Z"]);
        assert_eq!(progress(&report), "1 experiment: 9 trials with results, 0 failed, 0 waiting");
    }

    #[test]
    fn the_head_says_what_the_trials_cost() {
        let told = Effort {
            trials: 9,
            wall_seconds: 5064.0,
            cpu_seconds: Some(725.0),
            processors: vec!["A".into(), "B".into()],
        };
        assert_eq!(
            effort(&told).unwrap(),
            "All trials together took 1 h 24 min (12 min 5 s of processor time), on A and B"
        );
        let old = Effort { cpu_seconds: None, processors: vec![], ..told };
        assert_eq!(effort(&old).unwrap(), "All trials together took 1 h 24 min");
        assert_eq!(effort(&Effort::default()), None);
    }

    #[test]
    fn a_report_without_records_says_what_it_knows() {
        let mut report = fixture::report();
        report.experiments.clear();
        let names: Vec<&str> = facts(&report).iter().map(|fact| fact.name).collect();
        assert_eq!(names, ["Plan", "Backend", "Run begun"]);
    }
}
