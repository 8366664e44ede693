//! What must agree before a page is made: records with the arms they name, predictions with the test images.

use std::collections::HashSet;

use super::{ArmView, ExperimentView, Report, TestImages};
use crate::record::{PredictionsError, Record};

impl Report {
    /// Whether the parts belong together.
    ///
    /// # Errors
    /// If a record is of another experiment or arm than its place says, or is a duplicate; if predictions do not
    /// fit together, or judge an image that the test images do not hold, or hold with another label.
    pub fn check(&self) -> Result<(), ReportError> {
        self.experiments.iter().try_for_each(check_experiment)
    }
}

/// Why the parts of a report do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Pixels that are not a whole number of images.
    #[error(
        "experiment {experiment}, test images: {pixels} pixels, expected {images} images of {height} x {width}"
    )]
    Images {
        /// Name of the experiment.
        experiment: String,
        /// Number of pixels.
        pixels: usize,
        /// Number of labels.
        images: usize,
        /// Rows of an image.
        height: usize,
        /// Columns of an image.
        width: usize,
    },
    /// A record, and what is wrong with it.
    #[error("experiment {experiment}, arm {arm}, seed {seed}: {reason}")]
    Record {
        /// Name of the experiment.
        experiment: String,
        /// Arm of the record.
        arm: String,
        /// Seed of the record.
        seed: u64,
        /// What is wrong.
        reason: RecordReason,
    },
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordReason {
    /// It belongs to another experiment.
    #[error("the record belongs to experiment {0}")]
    Experiment(String),
    /// It belongs to another arm.
    #[error("the record belongs to arm {0}")]
    Arm(String),
    /// There is another record for this trial.
    #[error("two records for this trial, expected one")]
    Duplicate,
    /// Predictions that do not fit together.
    #[error("test predictions: {0}")]
    Predictions(#[from] PredictionsError),
    /// Predictions for an image that does not exist.
    #[error("predictions for test image {index}, but there are only {images} images")]
    Index {
        /// The image.
        index: u32,
        /// Number of test images.
        images: usize,
    },
    /// Labels that differ.
    #[error("test image {index} has label {label} in the record and {expected} in the data set")]
    Label {
        /// The image.
        index: u32,
        /// Of the record.
        label: u8,
        /// Of the data set.
        expected: u8,
    },
}

fn check_experiment(experiment: &ExperimentView) -> Result<(), ReportError> {
    let images = experiment.test_images.as_deref();
    if let Some(images) = images
        && images.labels.len().checked_mul(images.height * images.width) != Some(images.pixels.len())
    {
        return Err(ReportError::Images {
            experiment: experiment.facts.name.clone(),
            pixels: images.pixels.len(),
            images: images.labels.len(),
            height: images.height,
            width: images.width,
        });
    }
    for arm in &experiment.arms {
        // The pictures are those of the experiment's own protocol.
        for (records, images) in [(&arm.records, images), (&arm.pooled, None)] {
            let mut seen = HashSet::new();
            for record in records {
                let reason = if seen.insert(record.seed) {
                    check_record(record, experiment, arm, images)
                } else {
                    Err(RecordReason::Duplicate)
                };
                reason.map_err(|reason| ReportError::Record {
                    experiment: experiment.facts.name.clone(),
                    arm: arm.facts.name.clone(),
                    seed: record.seed,
                    reason,
                })?;
            }
        }
    }
    Ok(())
}

fn check_record(
    record: &Record,
    experiment: &ExperimentView,
    arm: &ArmView,
    images: Option<&TestImages>,
) -> Result<(), RecordReason> {
    let (of_experiment, of_arm) = match &arm.facts.same_as {
        Some(source) => (&source.experiment, &source.arm),
        None => (&experiment.facts.name, &arm.facts.name),
    };
    if record.experiment != *of_experiment {
        return Err(RecordReason::Experiment(record.experiment.clone()));
    }
    if record.arm != *of_arm {
        return Err(RecordReason::Arm(record.arm.clone()));
    }
    let Some(predictions) = &record.results.test else { return Ok(()) };
    predictions.check()?;
    let Some(images) = images else { return Ok(()) };
    for (&index, &label) in predictions.indices.iter().zip(&predictions.labels) {
        match images.labels.get(index as usize) {
            None => return Err(RecordReason::Index { index, images: images.labels.len() }),
            Some(&expected) if expected != label => {
                return Err(RecordReason::Label { index, label, expected });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::report;
    use crate::report::Source;

    #[track_caller]
    fn refuses(change: impl Fn(&mut Report), message: &str) {
        let mut report = report();
        assert_eq!(report.check(), Ok(()));
        change(&mut report);
        assert_eq!(report.check().unwrap_err().to_string(), message);
    }

    #[test]
    fn what_does_not_belong_together_is_named() {
        refuses(
            |report| {
                let images = report.experiments[0].test_images.as_mut().unwrap();
                std::sync::Arc::make_mut(images).pixels.truncate(9);
            },
            "experiment task1_models, test images: 9 pixels, expected 40 images of 16 x 16",
        );
        refuses(
            |report| report.experiments[0].arms[0].records[0].arm = "mlp".into(),
            "experiment task1_models, arm fcn, seed 0: the record belongs to arm mlp",
        );
        refuses(
            |report| report.experiments[0].facts.name = "task2".into(),
            "experiment task2, arm fcn, seed 0: the record belongs to experiment task1_models",
        );
        refuses(
            |report| {
                let source = Source { experiment: "task2".into(), arm: "he".into() };
                report.experiments[0].arms[0].facts.same_as = Some(source);
            },
            "experiment task1_models, arm fcn, seed 0: the record belongs to experiment task1_models",
        );
        refuses(
            |report| report.experiments[0].arms[0].records[1].seed = 0,
            "experiment task1_models, arm fcn, seed 0: two records for this trial, expected one",
        );
    }

    #[test]
    fn predictions_must_be_of_the_test_images() {
        fn first(report: &mut Report) -> &mut crate::Predictions {
            report.experiments[0].arms[0].records[0].results.test.as_mut().unwrap()
        }
        refuses(
            |report| first(report).indices[3] = 40,
            "experiment task1_models, arm fcn, seed 0: predictions for test image 40, but there are only 40 images",
        );
        refuses(
            |report| first(report).labels[3] = 4,
            "experiment task1_models, arm fcn, seed 0: test image 3 has label 4 in the record and 3 in the data set",
        );
        refuses(
            |report| first(report).classes = 9,
            "experiment task1_models, arm fcn, seed 0: test predictions: 40 labels, but 40 indices and 400 \
             probabilities, expected one index and 9 probabilities a label",
        );
    }
}
