//! The contract of [`Optimizer`](super::Optimizer) as tests that each optimiser runs: one function a promise.

use super::Optimizer;
use super::descent::{descend, devices};

/// Runs the suite on `$optimizer`.
macro_rules! contract {
    ($optimizer:expr) => {
        $crate::learner::optimizer::contract::contract!(@ $optimizer;
            equal_gradients_give_equal_steps
            it_goes_down
            it_continues_from_its_record_to_the_bit
        );
    };
    (@ $optimizer:expr; $($promise:ident)+) => {$(
        #[test]
        fn $promise() {
            $crate::learner::optimizer::contract::$promise(&$optimizer);
        }
    )+};
}
pub(super) use contract;

/// Small enough that plain descent on `x⁴` does not jump out of its valley.
const RATE: f64 = 0.0001;

pub(super) fn equal_gradients_give_equal_steps(optimizer: &dyn Optimizer) {
    for device in devices() {
        let places = || descend(optimizer.init(), RATE, &device).places;
        assert_eq!(places(), places());
    }
}

pub(super) fn it_goes_down(optimizer: &dyn Optimizer) {
    for device in devices() {
        let places = descend(optimizer.init(), RATE, &device).places;
        let height = |place: usize| places[place].iter::<f64>().map(|x| x.powi(4)).sum::<f64>();
        assert!(height(9) < height(0), "from {} to {}", height(0), height(9));
    }
}

pub(super) fn it_continues_from_its_record_to_the_bit(optimizer: &dyn Optimizer) {
    for device in devices() {
        let mut descent = descend(optimizer.init(), RATE, &device);
        let record = descent.optimizer.into_bytes().expect("a record");
        let mut resumed = descent.with(optimizer.init().from_bytes(record).expect("read"));
        for _ in 0..3 {
            assert_eq!(resumed.step(RATE), descent.step(RATE));
        }
    }
}
