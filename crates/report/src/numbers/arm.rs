//! The numbers of one arm: accuracies over seeds, cost, and where a number of the paper lies among them.

use schemars::JsonSchema;
use serde::Serialize;

use super::suspicion::suspicions;
use super::trial::{chosen, last_test_accuracy};
use super::{Confusion, Curves, PerturbedNumbers, Suspicion};
use crate::claim::{Placement, place};
use crate::record::{LayerSummary, Outcome, Record};
use crate::report::{ArmFacts, ArmView, ExperimentView};
use crate::statistics::{Estimate, median};

/// The numbers of one arm. Accuracies are of the trials that ended with numbers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ArmNumbers {
    /// What was known before anything ran.
    #[serde(flatten)]
    pub facts: ArmFacts,
    /// Trials that ended with numbers: finished or stopped early.
    pub trials: usize,
    /// Trials that diverged.
    pub diverged: usize,
    /// Trials that left no record.
    pub failed: usize,
    /// Trials that have not ended.
    pub waiting: usize,
    /// Test accuracy after the last epoch, over seeds.
    pub test_accuracy: Option<Estimate>,
    /// Test accuracy after the epoch of best validation accuracy (the first among equals), over seeds.
    pub chosen_test_accuracy: Option<Estimate>,
    /// Validation accuracy of the same weights as `test_accuracy`, over seeds.
    pub validation_accuracy: Option<Estimate>,
    /// Accuracy on the training images after the last epoch, weights held still, over seeds.
    pub training_accuracy: Option<Estimate>,
    /// Test accuracy on perturbed images, in the order that was asked for.
    pub perturbed: Vec<PerturbedNumbers>,
    /// Where its accuracy under attack may be an artefact; empty without such a sign.
    pub suspicions: Vec<Suspicion>,
    /// What its trials take the test images of each class for; `None` without predictions.
    pub confusion: Option<Confusion>,
    /// Where the reported number lies among the runs of each protocol; `None` without it, or without two runs.
    pub placement: Option<Placement>,
    /// Trained numbers.
    pub parameters: Option<u64>,
    /// Multiply-adds of one image's forward pass.
    pub multiply_adds: Option<u64>,
    /// The same, layer by layer.
    pub layers: Vec<LayerSummary>,
    /// Median seconds of an epoch's training, over all epochs of all trials.
    pub epoch_seconds: Option<f64>,
    /// Median seconds of a trial, evaluations included; of an ensemble, the sum over its members.
    pub trial_seconds: Option<f64>,
    /// Measures by epoch, over seeds.
    pub curves: Curves,
}

impl ArmNumbers {
    /// Of an arm of `view`.
    pub(super) fn new(arm: &ArmView, view: &ExperimentView) -> Self {
        let records: Vec<&Record> = arm.records.iter().collect();
        let (diverged, ended): (Vec<&Record>, Vec<&Record>) =
            records.iter().partition(|record| matches!(record.results.outcome, Outcome::Diverged { .. }));
        let estimate = |measure: fn(&Record) -> Option<f64>| {
            Estimate::from_values(&ended.iter().filter_map(|record| measure(record)).collect::<Vec<_>>())
        };
        let seconds: Vec<f64> =
            records.iter().flat_map(|record| record.timing.epoch_seconds.iter().copied()).collect();
        let whole: Vec<f64> = ended.iter().map(|record| record.timing.wall_seconds).collect();
        let perturbed = PerturbedNumbers::from_records(&ended, &view.facts.perturbations);
        let model = records.first().map(|record| &record.results.model);
        Self {
            facts: arm.facts.clone(),
            trials: ended.len(),
            diverged: diverged.len(),
            failed: arm.failures.len(),
            waiting: arm.waiting,
            test_accuracy: estimate(last_test_accuracy),
            chosen_test_accuracy: estimate(|record| chosen(record).map(|epoch| epoch.test_accuracy)),
            validation_accuracy: estimate(|record| {
                record.results.kept().map(|epoch| epoch.validation_accuracy)
            }),
            training_accuracy: estimate(|record| record.results.final_training_accuracy),
            suspicions: suspicions(&perturbed),
            perturbed,
            confusion: Confusion::from_records(&ended),
            placement: place(arm, &view.facts.protocol),
            parameters: model.map(|model| model.parameters),
            multiply_adds: model.map(|model| model.multiply_adds),
            layers: model.map_or_else(Vec::new, |model| model.layers.clone()),
            epoch_seconds: median(&seconds),
            trial_seconds: median(&whole),
            curves: Curves::from_records(&records),
        }
    }
}
