//! What the trials of a report cost: seconds in all, and on which processors.

use schemars::JsonSchema;
use serde::Serialize;

use crate::record::Record;
use crate::report::{ArmView, Report};

/// What the trials of a report cost. A trial that several arms show counts once; time lost in earlier attempts does not
/// count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Effort {
    /// Trials with a record.
    pub trials: usize,
    /// Sum of their seconds, by the clock. Trials run side by side, so the run itself was shorter.
    pub wall_seconds: f64,
    /// Sum of their processor seconds; `None` unless every trial has them.
    pub cpu_seconds: Option<f64>,
    /// Models of the processors, each once.
    pub processors: Vec<String>,
}

impl Effort {
    pub(super) fn new(report: &Report) -> Self {
        // An arm with the trials of others adds none of its own.
        let own = |arm: &&ArmView| arm.facts.same_as.is_none() && arm.facts.ensemble.is_none();
        let arms = report.experiments.iter().flat_map(|experiment| &experiment.arms).filter(own);
        let records: Vec<&Record> = arms.flat_map(|arm| arm.records.iter().chain(&arm.pooled)).collect();
        let mut processors: Vec<String> = Vec::new();
        for record in &records {
            let model = record.environment.cpu.trim();
            if !model.is_empty() && processors.iter().all(|known| known != model) {
                processors.push(model.into());
            }
        }
        let finite = |seconds: &f64| seconds.is_finite();
        let cpu_seconds: Option<Vec<f64>> =
            records.iter().map(|record| record.timing.cpu_seconds.filter(finite)).collect();
        Self {
            trials: records.len(),
            wall_seconds: records.iter().map(|record| record.timing.wall_seconds).filter(finite).sum(),
            cpu_seconds: cpu_seconds.filter(|all| !all.is_empty()).map(|all| all.iter().sum()),
            processors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::report::Source;

    #[test]
    fn a_trial_counts_once_and_a_processor_is_named_once() {
        let mut report = fixture::report();
        let arms = &mut report.experiments[0].arms;
        let mut borrowed = arms[0].clone();
        borrowed.facts.same_as = Some(Source { experiment: "task1_models".into(), arm: "fcn".into() });
        borrowed.records[0].environment.cpu = "borrowed".into();
        arms.push(borrowed);
        arms[1].records[0].environment.cpu = "Other CPU".into();
        let effort = Effort::new(&report);
        assert_eq!((effort.trials, effort.wall_seconds), (9, 9.0 * 12.5));
        assert_eq!(effort.cpu_seconds, Some(9.0 * 11.25));
        assert_eq!(effort.processors, ["Example CPU @ 2.00 GHz", "Other CPU"]);
    }

    #[test]
    fn what_an_older_run_does_not_know_is_left_out() {
        let mut report = fixture::report();
        for record in &mut report.experiments[0].arms[0].records {
            record.timing.cpu_seconds = None;
            record.timing.wall_seconds = f64::NAN;
            record.environment.cpu.clear();
        }
        let effort = Effort::new(&report);
        assert_eq!((effort.wall_seconds, effort.cpu_seconds), (6.0 * 12.5, None));
        assert_eq!(effort.processors.len(), 1);
        report.experiments.clear();
        assert_eq!(Effort::new(&report), Effort::default());
    }
}
