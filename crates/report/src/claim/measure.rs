//! What is compared: a measure of one trial, image by image where it has images.

use serde::{Deserialize, Serialize};

use super::Size;
use crate::record::{Outcome, Perturbation, Predictions, Record};
use crate::report::{PerturbationFacts, label};
use crate::statistics::median;

/// A measure of one trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Test accuracy of the kept weights.
    #[default]
    Accuracy,
    /// Accuracy on the training images, weights held still; no test images.
    Training,
    /// Training minus test accuracy.
    Gap,
    /// Test accuracy on changed images.
    Under(Perturbation),
    /// Test accuracy that the change costs.
    LostUnder(Perturbation),
    /// Validation accuracy after that epoch, from 1; no test images.
    ValidationAfter(usize),
    /// Median seconds of an epoch's training; no test images, compared as a ratio.
    EpochSeconds,
}

/// What a contrast needs of one trial.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Quantity {
    /// As asked for; the logarithm to base 2 of seconds.
    Of(Measure),
    /// 1 if the training diverged, else 0.
    Diverged,
    /// Logarithm to base 2 of the epochs to 90 % validation accuracy. What never gets there counts as `longest` epochs
    /// and one more.
    Epochs { longest: usize },
    /// Of the model.
    Size(Size),
}

/// Validation accuracy that counts as learnt.
const LEARNT: f64 = 0.9;
/// Test accuracy below which a training has diverged.
pub(super) const LOST: f64 = 0.3;

impl Quantity {
    /// Of one trial: one value an image, or one value alone; `None` where it was not measured.
    ///
    /// A trial that diverged and left no answers gets every image wrong, and has neither a gap nor anything to lose.
    pub(super) fn measure(&self, record: &Record) -> Option<Vec<f64>> {
        let results = &record.results;
        let lost = diverged(record);
        let right = |test: Option<&Predictions>| test.map(right).or(lost.then(|| vec![0.0]));
        let share = |share: Option<f64>| share.filter(|share| share.is_finite()).or(lost.then_some(0.0));
        match self {
            Self::Of(Measure::Accuracy) => right(results.test.as_ref()),
            Self::Of(Measure::Training) => share(results.final_training_accuracy).map(|share| vec![share]),
            // What learnt nothing has no gap, and nothing to lose: it is left out.
            Self::Of(Measure::Gap | Measure::LostUnder(_)) if lost && results.test.is_none() => None,
            Self::Of(Measure::Gap) => {
                let training = share(results.final_training_accuracy)?;
                Some(right(results.test.as_ref())?.iter().map(|right| training - right).collect())
            }
            Self::Of(Measure::Under(perturbation)) => right(results.under(perturbation)),
            Self::Of(Measure::LostUnder(perturbation)) => {
                let (natural, changed) = (right(results.test.as_ref())?, right(results.under(perturbation))?);
                combine(&[(1.0, natural), (-1.0, changed)])
            }
            Self::Of(Measure::ValidationAfter(epoch)) => {
                let measured = results.history.iter().find(|measured| measured.epoch == *epoch);
                share(measured.map(|measured| measured.validation_accuracy)).map(|share| vec![share])
            }
            Self::Of(Measure::EpochSeconds) => {
                let seconds = median(&record.timing.epoch_seconds).filter(|seconds| *seconds > 0.0)?;
                Some(vec![seconds.log2()])
            }
            Self::Diverged => {
                let low = || right(results.test.as_ref()).map(|right| mean(&right) < LOST);
                Some(vec![if lost || low()? { 1.0 } else { 0.0 }])
            }
            // An average was not trained.
            Self::Epochs { .. } if results.history.is_empty() && !lost => None,
            Self::Epochs { longest } => {
                let epochs = epochs_to_learn(record).unwrap_or(longest + 1);
                Some(vec![(epochs as f64).log2()])
            }
            Self::Size(Size::Parameters) => Some(vec![results.model.parameters as f64]),
            Self::Size(Size::MultiplyAdds) => Some(vec![results.model.multiply_adds as f64]),
        }
    }

    /// Which images were judged, in order, and their labels; `None` where no image was.
    pub(super) fn images<'a>(&self, record: &'a Record) -> Option<(&'a [u32], &'a [u8])> {
        let test = match self {
            Self::Of(Measure::Accuracy | Measure::Gap) => record.results.test.as_ref(),
            Self::Of(Measure::Under(perturbation) | Measure::LostUnder(perturbation)) => {
                record.results.under(perturbation)
            }
            _ => None,
        }?;
        Some((&test.indices, &test.labels))
    }
}

/// The first epoch, from 1, after which validation accuracy is at least 90 %.
pub(super) fn epochs_to_learn(record: &Record) -> Option<usize> {
    let learnt = record.results.history.iter().find(|epoch| epoch.validation_accuracy >= LEARNT)?;
    Some(learnt.epoch.max(1))
}

/// `Σ weight · row`, where a row of one value stands for every image; `None` if rows are of different lengths.
pub(super) fn combine(terms: &[(f64, Vec<f64>)]) -> Option<Vec<f64>> {
    let width = terms.iter().map(|(_, row)| row.len()).max()?;
    let mut sum = vec![0.0; width];
    for (weight, row) in terms {
        match row[..] {
            [value] => sum.iter_mut().for_each(|sum| *sum += weight * value),
            _ if row.len() == width => {
                sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            }
            _ => return None,
        }
    }
    Some(sum)
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn diverged(record: &Record) -> bool {
    matches!(record.results.outcome, Outcome::Diverged { .. })
}

fn right(test: &Predictions) -> Vec<f64> {
    let right = |(row, label): (usize, &u8)| test.predicted(row) == Some(usize::from(*label));
    test.labels.iter().enumerate().map(|image| f64::from(right(image))).collect()
}

impl Measure {
    /// In words; `perturbations` are those of the experiment.
    pub(super) fn words(&self, perturbations: &[PerturbationFacts]) -> String {
        match self {
            Self::Accuracy => "test accuracy".into(),
            Self::Training => "training accuracy".into(),
            Self::Gap => "training minus test accuracy".into(),
            Self::Under(perturbation) => {
                format!("test accuracy under {}", label(perturbation, perturbations))
            }
            Self::LostUnder(perturbation) => {
                format!("test accuracy lost under {}", label(perturbation, perturbations))
            }
            Self::ValidationAfter(epoch) => format!("validation accuracy after epoch {epoch}"),
            Self::EpochSeconds => "seconds per epoch".into(),
        }
    }
}
