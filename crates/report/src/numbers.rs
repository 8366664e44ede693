//! Every number of the report, as data: the page, the table of the terminal and `report.json` all show these.

mod arm;
mod confusion;
mod curve;
mod effort;
mod mistakes;
mod perturbed;
mod schema;
mod search;
mod suspicion;
mod trial;
mod verdicts;

use schemars::JsonSchema;
use serde::Serialize;

use crate::claim::{Judgement, judge};
use crate::record::Record;
use crate::report::{ArmView, ExperimentView, Paper, Report};

pub use arm::ArmNumbers;
pub use confusion::{Confusion, Mistaken, MistakenImage};
pub use curve::{Curves, Point};
pub use effort::Effort;
pub use mistakes::{Answer, Mistake, Mistakes};
pub use perturbed::PerturbedNumbers;
pub use schema::schema;
pub use search::{Chosen, SearchNumbers};
pub use suspicion::{Attacked, Sign, Suspicion};
pub use trial::TrialNumbers;
pub(crate) use trial::last_test_accuracy;
pub use verdicts::Verdicts;

/// The numbers of a [`Report`].
///
/// What a trial did not measure is absent; NaN and the infinities count as not measured.
pub fn numbers(report: &Report) -> Numbers {
    let experiments: Vec<_> = report.experiments.iter().map(|view| experiment(report, view)).collect();
    Numbers {
        title: report.title.clone(),
        paper: report.paper.clone(),
        effort: Effort::new(report),
        created: report.created.clone(),
        plan: report.plan.hash.clone(),
        profile: report.plan.profile.clone(),
        backend: report.backend.clone(),
        notice: report.notice().map(Into::into),
        verdicts: Verdicts::count(experiments.iter().flat_map(|experiment| &experiment.claims)),
        experiments,
    }
}

/// What `report.json` holds. Accuracies lie in `[0, 1]`, unless named percent.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Numbers {
    /// Heading of the report.
    pub title: String,
    /// The paper whose experiments these are.
    pub paper: Option<Paper>,
    /// What the trials cost.
    pub effort: Effort,
    /// When the run was begun.
    pub created: String,
    /// Hash of the plan.
    pub plan: String,
    /// Name of the profile.
    pub profile: String,
    /// Backend that computed.
    pub backend: String,
    /// What a reader must know of every number.
    pub notice: Option<String>,
    /// How many claims got which verdict.
    pub verdicts: Verdicts,
    /// In the order of the report.
    pub experiments: Vec<ExperimentNumbers>,
}

/// The numbers of one experiment.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExperimentNumbers {
    /// Name of its file.
    pub name: String,
    /// Heading.
    pub title: String,
    /// Part of the paper, as its file names it.
    pub part: String,
    /// The same for readers.
    pub part_title: String,
    /// How data are split.
    pub protocol: String,
    /// Seeds that every arm was to be run with.
    pub seeds: Vec<u64>,
    /// Command that runs this experiment alone.
    pub command: String,
    /// Trials that have not ended.
    pub waiting: usize,
    /// What came of the paper's claims, in the order of the experiment.
    pub claims: Vec<Judgement>,
    /// In the order of the experiment.
    pub arms: Vec<ArmNumbers>,
    /// What a search chose, if the arms are points of a space.
    pub search: Option<SearchNumbers>,
    /// By arm, then by protocol, then by seed.
    pub trials: Vec<TrialNumbers>,
    /// Test images that every arm gets wrong; `None` where no arm left predictions.
    pub mistakes: Option<Mistakes>,
}

fn experiment(report: &Report, view: &ExperimentView) -> ExperimentNumbers {
    let answers: Vec<(&str, &[Record])> =
        view.arms.iter().map(|arm| (arm.facts.name.as_str(), &arm.records[..])).collect();
    let stand_in = view.records().any(|record| record.results.dataset.stand_in);
    let arms: Vec<_> = view.arms.iter().map(|arm| ArmNumbers::new(arm, view)).collect();
    ExperimentNumbers {
        name: view.facts.name.clone(),
        title: view.facts.title.clone(),
        part: view.facts.part.clone(),
        part_title: report.part(&view.facts.part).into(),
        protocol: view.facts.protocol.clone(),
        seeds: view.facts.seeds.clone(),
        command: view.command.clone(),
        waiting: view.arms.iter().map(|arm| arm.waiting).sum(),
        claims: judge(view, stand_in),
        search: view.facts.search.as_ref().map(|search| SearchNumbers::new(search, &arms)),
        trials: view.arms.iter().flat_map(trials).collect(),
        mistakes: mistakes::shared_mistakes(&answers),
        arms,
    }
}

fn trials(arm: &ArmView) -> impl Iterator<Item = TrialNumbers> {
    arm.records.iter().chain(&arm.pooled).map(|record| TrialNumbers::new(&arm.facts.name, record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::record::Outcome;
    use crate::report::Failure;

    #[test]
    fn an_arm_is_measured_at_the_end_and_at_the_epoch_chosen_on_validation() {
        let mut report = fixture::report();
        for (record, (early, late)) in
            report.experiments[0].arms[0].records.iter_mut().zip([(0.91, 0.95), (0.93, 0.97), (0.95, 0.99)])
        {
            record.results.test = None;
            let history = &mut record.results.history;
            history.truncate(3);
            history[0].validation_accuracy = 0.5;
            (history[1].validation_accuracy, history[1].test_accuracy) = (0.9, early);
            (history[2].validation_accuracy, history[2].test_accuracy) = (0.9, late);
        }
        let arm = &numbers(&report).experiments[0].arms[0];
        let (end, chosen) = (arm.test_accuracy.unwrap(), arm.chosen_test_accuracy.unwrap());
        assert_eq!((arm.facts.name.as_str(), arm.trials, end.count), ("fcn", 3, 3));
        assert!((end.mean - 0.97).abs() < 1e-12 && (chosen.mean - 0.93).abs() < 1e-12);
    }

    #[test]
    fn trials_that_diverged_are_counted_and_left_out_of_the_mean() {
        let mut report = fixture::report();
        let whole = numbers(&report).experiments[0].arms[0].test_accuracy.unwrap();
        let arm = &mut report.experiments[0].arms[0];
        arm.records[0].results.outcome = Outcome::Diverged { epoch: 2 };
        arm.records[0].results.history[7].test_accuracy = f64::NAN;
        arm.records[0].results.test = None;
        arm.failures.push(Failure { seed: 9, reason: "killed".into() });
        let arm = &numbers(&report).experiments[0].arms[0];
        assert_eq!((arm.trials, arm.diverged, arm.failed), (2, 1, 1));
        assert_eq!((whole.count, arm.test_accuracy.unwrap().count), (3, 2));
        assert_eq!(numbers(&report).experiments[0].trials[0].test_accuracy, None);
    }

    #[test]
    fn an_arm_without_trials_has_no_numbers() {
        let mut report = fixture::report();
        report.experiments[0].arms.iter_mut().for_each(|arm| arm.records.clear());
        let numbers = numbers(&report);
        let arm = &numbers.experiments[0].arms[0];
        assert_eq!((arm.trials, arm.test_accuracy, arm.parameters, arm.epoch_seconds), (0, None, None, None));
        assert_eq!(numbers.experiments[0].mistakes, None);
    }

    #[test]
    fn no_number_is_written_as_null_that_was_measured() {
        let json = serde_json::to_value(numbers(&fixture::report())).unwrap();
        let arm = &json["experiments"][0]["arms"][2];
        assert_eq!(arm["test_accuracy"]["count"], 3);
        assert_eq!(arm["reported"], serde_json::Value::Null);
        assert_eq!(json["experiments"][0]["trials"][0]["outcome"], "finished");
        assert!(arm["epoch_seconds"].as_f64().unwrap() > 0.3);
    }
}
