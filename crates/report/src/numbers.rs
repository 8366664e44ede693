//! Every number of the report, as data: the page, the table of the terminal and `report.json` all show these.

mod curve;
mod mistakes;

use serde::Serialize;

use crate::record::{Epoch, LayerSummary, Outcome, Record};
use crate::report::{ArmView, ExperimentView, Report};
use crate::statistics::{Estimate, median};

pub use curve::{Curves, Point};
pub use mistakes::{Answer, Mistake, Mistakes};

/// The numbers of a [`Report`].
///
/// What a trial did not measure is absent; NaN and the infinities count as not measured.
pub fn numbers(report: &Report) -> Numbers {
    Numbers {
        title: report.title.clone(),
        created: report.created.clone(),
        plan: report.plan.hash.clone(),
        profile: report.plan.profile.clone(),
        backend: report.backend.clone(),
        notice: report.notice().map(Into::into),
        experiments: report.experiments.iter().map(experiment).collect(),
    }
}

/// What `report.json` holds. Accuracies lie in `[0, 1]`, unless named percent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Numbers {
    /// Heading of the report.
    pub title: String,
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
    /// In the order of the report.
    pub experiments: Vec<ExperimentNumbers>,
}

/// The numbers of one experiment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExperimentNumbers {
    /// Name of its file.
    pub name: String,
    /// Heading.
    pub title: String,
    /// How data are split.
    pub protocol: String,
    /// Seeds that every arm was to be run with.
    pub seeds: Vec<u64>,
    /// Trials that have not ended.
    pub waiting: usize,
    /// In the order of the experiment.
    pub arms: Vec<ArmNumbers>,
    /// By arm, then by seed.
    pub trials: Vec<TrialNumbers>,
    /// Test images that every arm gets wrong; `None` where no arm left predictions.
    pub mistakes: Option<Mistakes>,
}

/// The numbers of one arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmNumbers {
    /// Name of the arm.
    pub name: String,
    /// Trials that ended with numbers: finished or stopped early. The two accuracies are of these.
    pub trials: usize,
    /// Trials that diverged.
    pub diverged: usize,
    /// Trials that left no record.
    pub failed: usize,
    /// Test accuracy after the last epoch, over seeds.
    pub test_accuracy: Option<Estimate>,
    /// Test accuracy after the epoch of best validation accuracy (the first among equals), over seeds.
    pub chosen_test_accuracy: Option<Estimate>,
    /// Accuracy on the training images after the last epoch, weights held still, over seeds.
    pub training_accuracy: Option<Estimate>,
    /// What the paper reports, in percent.
    pub reported_percent: Option<f64>,
    /// Of what that is.
    pub reported_what: Option<String>,
    /// Trained numbers.
    pub parameters: Option<u64>,
    /// Multiply-adds of one image's forward pass.
    pub multiply_adds: Option<u64>,
    /// The same, layer by layer.
    pub layers: Vec<LayerSummary>,
    /// Median seconds of an epoch's training, over all epochs of all trials.
    pub epoch_seconds: Option<f64>,
    /// Measures by epoch, over seeds.
    pub curves: Curves,
}

/// The numbers of one trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialNumbers {
    /// Name of the arm.
    pub arm: String,
    /// Seed of the trial.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Epochs run.
    pub epochs: usize,
    /// Test accuracy after the last epoch.
    pub test_accuracy: Option<f64>,
    /// Epoch of best validation accuracy, from 1.
    pub chosen_epoch: Option<usize>,
    /// Test accuracy after that epoch.
    pub chosen_test_accuracy: Option<f64>,
    /// Hash of what the seed gives again.
    pub result_sha256: String,
    /// Seconds of the whole trial.
    pub wall_seconds: Option<f64>,
}

fn experiment(view: &ExperimentView) -> ExperimentNumbers {
    let speakers: Vec<(&str, &[Record])> =
        view.arms.iter().map(|arm| (arm.name.as_str(), &arm.records[..])).collect();
    ExperimentNumbers {
        name: view.name.clone(),
        title: view.title.clone(),
        protocol: view.protocol.clone(),
        seeds: view.seeds.clone(),
        waiting: view.arms.iter().map(|arm| arm.waiting).sum(),
        arms: view.arms.iter().map(arm_numbers).collect(),
        trials: view
            .arms
            .iter()
            .flat_map(|arm| arm.records.iter().map(|record| trial(arm, record)))
            .collect(),
        mistakes: mistakes::everyones(&speakers),
    }
}

fn arm_numbers(arm: &ArmView) -> ArmNumbers {
    let records: Vec<&Record> = arm.records.iter().collect();
    let (diverged, ended): (Vec<&Record>, Vec<&Record>) =
        records.iter().partition(|record| matches!(record.results.outcome, Outcome::Diverged { .. }));
    let estimate = |measure: fn(&Record) -> Option<f64>| {
        Estimate::of(&ended.iter().filter_map(|record| measure(record)).collect::<Vec<_>>())
    };
    let seconds: Vec<f64> =
        records.iter().flat_map(|record| record.timing.epoch_seconds.iter().copied()).collect();
    let model = records.first().map(|record| &record.results.model);
    let reported = arm.reported.as_ref();
    ArmNumbers {
        name: arm.name.clone(),
        trials: ended.len(),
        diverged: diverged.len(),
        failed: arm.failures.len(),
        test_accuracy: estimate(last_test_accuracy),
        chosen_test_accuracy: estimate(|record| chosen(record).map(|epoch| epoch.test_accuracy)),
        training_accuracy: estimate(|record| record.results.final_training_accuracy),
        reported_percent: reported
            .map(|reported| reported.value_percent)
            .filter(|percent| percent.is_finite()),
        reported_what: reported.map(|reported| reported.what.clone()),
        parameters: model.map(|model| model.parameters),
        multiply_adds: model.map(|model| model.multiply_adds),
        layers: model.map_or_else(Vec::new, |model| model.layers.clone()),
        epoch_seconds: median(&seconds),
        curves: Curves::of(&records),
    }
}

fn trial(arm: &ArmView, record: &Record) -> TrialNumbers {
    let finite = |value: f64| value.is_finite().then_some(value);
    let chosen = chosen(record);
    TrialNumbers {
        arm: arm.name.clone(),
        seed: record.seed,
        outcome: record.results.outcome,
        epochs: record.results.history.len(),
        test_accuracy: last_test_accuracy(record).and_then(finite),
        chosen_epoch: chosen.map(|epoch| epoch.epoch),
        chosen_test_accuracy: chosen.and_then(|epoch| finite(epoch.test_accuracy)),
        result_sha256: record.result_hash(),
        wall_seconds: finite(record.timing.wall_seconds),
    }
}

/// That of the weights that were kept.
pub(crate) fn last_test_accuracy(record: &Record) -> Option<f64> {
    if let Some(test) = &record.results.test {
        return test.accuracy();
    }
    let history = &record.results.history;
    let kept = match record.results.outcome {
        Outcome::StoppedEarly { best, .. } => history.iter().find(|epoch| epoch.epoch == best),
        Outcome::Finished | Outcome::Diverged { .. } => history.last(),
    };
    kept.map(|epoch| epoch.test_accuracy)
}

/// The epoch of best validation accuracy, the first among equals.
fn chosen(record: &Record) -> Option<&Epoch> {
    let measured = record.results.history.iter().filter(|epoch| epoch.validation_accuracy.is_finite());
    measured
        .reduce(|best, epoch| if epoch.validation_accuracy > best.validation_accuracy { epoch } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
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
        assert_eq!((arm.name.as_str(), arm.trials, end.count), ("fcn", 3, 3));
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
        assert_eq!(arm["reported_percent"], serde_json::Value::Null);
        assert_eq!(json["experiments"][0]["trials"][0]["outcome"], "finished");
        assert!(arm["epoch_seconds"].as_f64().unwrap() > 0.3);
    }
}
