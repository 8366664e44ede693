//! The contract of [`Schedule`](super::Schedule) as tests that each schedule runs: one function a promise.

use super::{Schedule, Step};

/// Runs the suite on `$schedule`.
macro_rules! contract {
    ($schedule:expr) => {
        $crate::learner::schedule::contract::contract!(@ $schedule;
            rates_are_finite_and_not_negative
            rates_are_in_proportion_to_the_learning_rate
            the_number_of_epochs_matters_only_if_it_says_so
        );
    };
    (@ $schedule:expr; $($promise:ident)+) => {$(
        #[test]
        fn $promise() {
            $crate::learner::schedule::contract::$promise(&$schedule);
        }
    )+};
}
pub(super) use contract;

/// All steps of a training of so many epochs.
fn steps(epochs: usize) -> impl Iterator<Item = Step> {
    (1..=epochs).flat_map(move |epoch| (0..3).map(move |step| Step { epoch, epochs, step, steps: 3 }))
}

pub(super) fn rates_are_finite_and_not_negative(schedule: &dyn Schedule) {
    for epochs in [1, 2, 50] {
        for step in steps(epochs) {
            let rate = schedule.rate(0.1, &step);
            assert!(rate >= 0.0 && rate.is_finite(), "{rate} at {step:?}");
        }
    }
}

pub(super) fn rates_are_in_proportion_to_the_learning_rate(schedule: &dyn Schedule) {
    for step in steps(30) {
        let [small, large] = [0.01, 0.1].map(|rate| schedule.rate(rate, &step));
        assert!((10.0 * small - large).abs() < 1e-12, "{small} {large} at {step:?}");
    }
}

pub(super) fn the_number_of_epochs_matters_only_if_it_says_so(schedule: &dyn Schedule) {
    let rates = |epochs| steps(epochs).take(30).map(|step| schedule.rate(0.1, &step)).collect::<Vec<_>>();
    assert_eq!(rates(10) != rates(50), schedule.depends_on_epochs());
}
