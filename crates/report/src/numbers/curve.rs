//! Measures by epoch: the mean over seeds, and the lowest and highest seed.

use schemars::JsonSchema;
use serde::Serialize;

use crate::record::{Epoch, Record};
use crate::statistics::Estimate;

/// The curves of one arm. Trials that diverged are in them for as long as they had numbers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Curves {
    /// In `[0, 1]`.
    pub test_accuracy: Vec<Point>,
    /// In `[0, 1]`.
    pub validation_accuracy: Vec<Point>,
    /// In nats, running while the weights move.
    pub training_loss: Vec<Point>,
}

/// One epoch of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Trials that have a number here.
    pub trials: usize,
    /// Mean over them.
    pub mean: f64,
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl Curves {
    pub(super) fn from_records(records: &[&Record]) -> Self {
        Self {
            test_accuracy: curve(records, |epoch| epoch.test_accuracy),
            validation_accuracy: curve(records, |epoch| epoch.validation_accuracy),
            training_loss: curve(records, |epoch| epoch.training_loss),
        }
    }
}

fn curve(records: &[&Record], measure: fn(&Epoch) -> f64) -> Vec<Point> {
    let mut measured: Vec<(usize, f64)> = records
        .iter()
        .flat_map(|record| record.results.history.iter().map(|epoch| (epoch.epoch, measure(epoch))))
        .filter(|(_, value)| value.is_finite())
        .collect();
    measured.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)));
    measured.chunk_by(|left, right| left.0 == right.0).filter_map(point).collect()
}

/// `measured` is of one epoch, lowest first.
fn point(measured: &[(usize, f64)]) -> Option<Point> {
    let values: Vec<f64> = measured.iter().map(|(_, value)| *value).collect();
    let Estimate { count, mean, .. } = Estimate::from_values(&values)?;
    Some(Point {
        epoch: measured.first()?.0,
        trials: count,
        mean,
        low: *values.first()?,
        high: *values.last()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::record;

    #[test]
    fn a_curve_is_the_mean_between_the_lowest_and_the_highest_seed() {
        let mut records = [record("cnn", 0), record("cnn", 1)];
        records[0].results.history.truncate(2);
        records[1].results.history.truncate(1);
        for (record, accuracy) in records.iter_mut().zip([0.5, 0.75]) {
            record.results.history[0].test_accuracy = accuracy;
        }
        records[0].results.history[1].test_accuracy = 0.875;
        let curve = Curves::from_records(&[&records[0], &records[1]]).test_accuracy;
        assert_eq!(
            curve,
            [
                Point { epoch: 1, trials: 2, mean: 0.625, low: 0.5, high: 0.75 },
                Point { epoch: 2, trials: 1, mean: 0.875, low: 0.875, high: 0.875 },
            ]
        );
    }

    #[test]
    fn what_is_no_number_is_not_drawn() {
        let mut record = record("cnn", 0);
        record.results.history[1].training_loss = f64::NAN;
        let epochs: Vec<usize> =
            Curves::from_records(&[&record]).training_loss.iter().map(|point| point.epoch).collect();
        assert_eq!(epochs, [1, 3, 4, 5, 6, 7, 8]);
    }
}
