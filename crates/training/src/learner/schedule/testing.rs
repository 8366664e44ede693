//! For the tests of schedules.

use super::{Schedule, Step};

/// Compares the rates of all steps of a training with a learning rate of 0.8 with what they should be.
pub(super) fn assert_rates(schedule: &dyn Schedule, epochs: usize, steps: usize, expected: &[f64]) {
    assert_eq!(expected.len(), epochs * steps);
    for (done, expected) in expected.iter().enumerate() {
        let step = Step { epoch: done / steps + 1, epochs, step: done % steps, steps };
        let rate = schedule.rate(0.8, &step);
        assert!((rate - expected).abs() < 1e-14, "{schedule:?}: {rate}, expected {expected}, at {step:?}");
    }
}
