//! The contract of [`Optimizer`](super::Optimizer) as tests over all built-in kinds: one test a promise.

use super::descent::{descend, devices};
use super::{Optimizer, Sgd};
use crate::Kinds;
use crate::family::Choice;
use crate::family::contract::{accepted, built_in};

/// Small enough that plain descent on `x⁴` does not jump out of its valley.
const RATE: f64 = 0.0001;

fn optimizers() -> Vec<Choice<dyn Optimizer>> {
    let mut optimizers = built_in(&Kinds::default().optimizers);
    // Without momentum it has no state.
    optimizers.push(Sgd { momentum: 0.9 }.into());
    optimizers
}

#[test]
fn equal_gradients_give_equal_steps() {
    for device in devices() {
        for optimizer in optimizers() {
            let places = || descend(optimizer.init(), RATE, &device).places;
            assert_eq!(places(), places(), "{optimizer:?}");
        }
    }
}

#[test]
fn settings_that_are_accepted_give_finite_steps() {
    for device in devices() {
        for optimizer in accepted(&Kinds::default().optimizers) {
            let places = descend(optimizer.init(), RATE, &device).places;
            let finite = places.iter().all(|place| place.iter::<f32>().all(f32::is_finite));
            assert!(finite, "{optimizer:?}: {places:?}");
        }
    }
}

#[test]
fn it_goes_down() {
    for device in devices() {
        for optimizer in optimizers() {
            let places = descend(optimizer.init(), RATE, &device).places;
            let height = |place: usize| places[place].iter::<f64>().map(|x| x.powi(4)).sum::<f64>();
            assert!(height(9) < height(0), "{optimizer:?}: from {} to {}", height(0), height(9));
        }
    }
}

#[test]
fn it_continues_from_its_record_to_the_bit() {
    for device in devices() {
        for optimizer in optimizers() {
            let mut descent = descend(optimizer.init(), RATE, &device);
            let record = descent.optimizer.into_bytes().expect("a record");
            let mut resumed = descent.with(optimizer.init().from_bytes(record).expect("read"));
            for _ in 0..3 {
                assert_eq!(resumed.step(RATE), descent.step(RATE), "{optimizer:?}");
            }
        }
    }
}
