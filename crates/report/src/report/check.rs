//! What must agree before a page is made: records with the arms they name, predictions with the test images.

use std::collections::HashSet;

use super::{ExperimentView, Report, TestImages};
use crate::record::{PredictionsError, Record};

impl Report {
    /// Whether the parts belong together.
    ///
    /// # Errors
    /// If a record is of another experiment or an unknown arm, or stands there twice; if predictions do not fit
    /// together, or judge an image that the test images do not hold, or hold with another label.
    pub fn check(&self) -> Result<(), ReportError> {
        if let Some(images) = &self.test_images
            && images.labels.len().checked_mul(images.height * images.width) != Some(images.pixels.len())
        {
            return Err(ReportError::Images {
                pixels: images.pixels.len(),
                images: images.labels.len(),
                height: images.height,
                width: images.width,
            });
        }
        for experiment in &self.experiments {
            check_experiment(experiment, self.test_images.as_ref())?;
        }
        Ok(())
    }
}

/// Why the parts of a report do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Pixels that are not a whole number of images.
    #[error("test images: {pixels} pixels, expected {images} images of {height} x {width}")]
    Images {
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
    /// Of another experiment.
    #[error("the record is of experiment {0}")]
    Experiment(String),
    /// Of an arm that the experiment lacks.
    #[error("no such arm, expected one of {0}")]
    Arm(String),
    /// One of two of the same trial.
    #[error("two records of this trial, expected one")]
    Twice,
    /// Predictions that do not fit together.
    #[error("test predictions: {0}")]
    Predictions(#[from] PredictionsError),
    /// An image that is not there.
    #[error("predictions of test image {index}, but there are {images}")]
    Index {
        /// The image.
        index: u32,
        /// Number of test images.
        images: usize,
    },
    /// Two truths about one image.
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

fn check_experiment(experiment: &ExperimentView, images: Option<&TestImages>) -> Result<(), ReportError> {
    let mut seen = HashSet::new();
    for record in &experiment.records {
        let reason = if seen.insert((&record.arm, record.seed)) {
            check_record(record, experiment, images)
        } else {
            Err(RecordReason::Twice)
        };
        reason.map_err(|reason| ReportError::Record {
            experiment: experiment.name.clone(),
            arm: record.arm.clone(),
            seed: record.seed,
            reason,
        })?;
    }
    Ok(())
}

fn check_record(
    record: &Record,
    experiment: &ExperimentView,
    images: Option<&TestImages>,
) -> Result<(), RecordReason> {
    if record.experiment != experiment.name {
        return Err(RecordReason::Experiment(record.experiment.clone()));
    }
    if experiment.arms.iter().all(|arm| arm.name != record.arm) {
        let names: Vec<&str> = experiment.arms.iter().map(|arm| arm.name.as_str()).collect();
        return Err(RecordReason::Arm(names.join(", ")));
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
            |report| report.test_images.as_mut().unwrap().pixels.truncate(9),
            "test images: 9 pixels, expected 40 images of 16 x 16",
        );
        refuses(
            |report| report.experiments[0].records[0].arm = "mlp".into(),
            "experiment task1_models, arm mlp, seed 0: no such arm, expected one of fcn, local_net, cnn",
        );
        refuses(
            |report| report.experiments[0].name = "task2".into(),
            "experiment task2, arm fcn, seed 0: the record is of experiment task1_models",
        );
        refuses(
            |report| report.experiments[0].records[1].seed = 0,
            "experiment task1_models, arm fcn, seed 0: two records of this trial, expected one",
        );
    }

    #[test]
    fn predictions_must_be_of_the_test_images() {
        fn first(report: &mut Report) -> &mut crate::Predictions {
            report.experiments[0].records[0].results.test.as_mut().unwrap()
        }
        refuses(
            |report| first(report).indices[3] = 40,
            "experiment task1_models, arm fcn, seed 0: predictions of test image 40, but there are 40",
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
