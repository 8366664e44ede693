//! The contract of [`Schedule`](super::Schedule) as tests over all built-in kinds: one test a promise.

use super::{Schedule, Step};
use crate::Kinds;
use crate::family::Choice;
use crate::family::contract::{accepted, built_in};

fn schedules() -> Vec<Choice<dyn Schedule>> {
    built_in(&Kinds::default().schedules)
}

/// All steps of a training of so many epochs.
fn steps(epochs: usize) -> impl Iterator<Item = Step> {
    of(epochs, 3)
}

/// All steps of a training of so many epochs, each of so many steps.
fn of(epochs: usize, steps: usize) -> impl Iterator<Item = Step> {
    (1..=epochs).flat_map(move |epoch| (0..steps).map(move |step| Step { epoch, epochs, step, steps }))
}

#[test]
fn rates_are_finite_and_not_negative() {
    for schedule in accepted(&Kinds::default().schedules) {
        for step in [1, 2, 50]
            .into_iter()
            .flat_map(|epochs| [1, 3].into_iter().flat_map(move |steps| of(epochs, steps)))
        {
            let rate = schedule.rate(0.1, &step);
            assert!(rate >= 0.0 && rate.is_finite(), "{schedule:?}: {rate} at {step:?}");
        }
    }
}

#[test]
fn rates_are_in_proportion_to_the_learning_rate() {
    for schedule in schedules() {
        for step in steps(30) {
            let [small, large] = [0.01, 0.1].map(|rate| schedule.rate(rate, &step));
            assert!((10.0 * small - large).abs() < 1e-12, "{schedule:?}: {small} {large} at {step:?}");
        }
    }
}

#[test]
fn the_number_of_epochs_matters_only_if_it_says_so() {
    for schedule in schedules() {
        let rates = |epochs| steps(epochs).take(30).map(|step| schedule.rate(0.1, &step)).collect::<Vec<_>>();
        assert_eq!(rates(10) != rates(50), schedule.depends_on_epochs(), "{schedule:?}");
    }
}
