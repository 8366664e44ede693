//! The contract of [`Sampler`](super::Sampler) as tests that each sampler runs: one function a promise.

use serde_json::json;

use super::random::Random;
use super::{History, SampleError, Sampler};
use crate::observation::Observation;
use crate::parameter::{Distribution, Parameter};
use crate::space::{Condition, Point, Space};

/// Runs the suite on `$sampler`, in [`all`] spaces or in the [`countable`] ones only.
macro_rules! contract {
    ($sampler:expr, $spaces:ident) => {
        $crate::sampler::contract::contract!(@ $sampler, $spaces;
            points_lie_in_their_space
            running_trials_are_no_trouble
            enqueued_points_are_no_trouble
            failures_say_nothing
            equal_losses_are_no_trouble
            infinite_losses_are_no_trouble
            pruned_trials_are_no_trouble
            constraints_may_be_broken
            several_objectives_are_taken_or_refused
            foreign_observations_are_no_trouble
        );
    };
    (@ $sampler:expr, $spaces:ident; $($promise:ident)+) => {$(
        #[test]
        fn $promise() {
            $crate::sampler::contract::$promise(&$sampler, &$crate::sampler::contract::$spaces());
        }
    )+};
}
pub(super) use contract;

/// Trials of a run: more than a sampler that models its history should need to begin with that.
const TRIALS: usize = 24;

/// How many of the last trials are still running, in a study with workers.
const LAG: usize = 8;

/// Spaces that every sampler can work on, except those that count points.
pub(super) fn all() -> Vec<Space> {
    let mixed = [
        ("optimizer", Distribution::choice(["sgd", "adam", "lion"])),
        ("learning_rate", Distribution::log_uniform(1e-5, 0.1)),
        ("units", Distribution::Int { low: 1, high: 512, log: true, step: 1 }),
        ("dropout", Distribution::Float { low: 0.0, high: 0.9, log: false, step: Some(0.1) }),
        ("layers", Distribution::Int { low: 2, high: 9, log: false, step: 3 }),
        ("shift", Distribution::uniform(-5.0, 10.0)),
        ("seed", Distribution::choice([7])),
        ("width", Distribution::uniform(2.0, 2.0)),
        ("depth", Distribution::Int { low: 3, high: 3, log: true, step: 1 }),
    ];
    let mixed = Space::new(mixed).unwrap();
    let conditional = Space::new([
        ("optimizer", Distribution::choice(["sgd", "adam"])),
        ("momentum", Distribution::uniform(0.0, 0.99)),
        ("layers", Distribution::int(1, 3)),
        ("units of layer 2", Distribution::Int { low: 16, high: 512, log: true, step: 1 }),
        ("units of layer 3", Distribution::Int { low: 16, high: 512, log: true, step: 1 }),
        ("dropout of layer 3", Distribution::uniform(0.0, 0.9)),
    ])
    .and_then(|space| space.when("momentum", Condition::is("optimizer", "sgd")))
    .and_then(|space| space.when("units of layer 2", Condition::at_least("layers", 2)))
    .and_then(|space| space.when("units of layer 3", Condition::at_least("layers", 3)))
    .and_then(|space| space.when("dropout of layer 3", Condition::at_least("units of layer 3", 32)));
    let line = Space::new([("x", Distribution::uniform(-1.0, 1.0))]).unwrap();
    let mut spaces = countable();
    spaces.extend([mixed, conditional.unwrap(), line]);
    spaces
}

/// Spaces of finitely many points.
pub(super) fn countable() -> Vec<Space> {
    let grid = [
        ("activation", Distribution::choice(["relu", "tanh", "gelu"])),
        ("layers", Distribution::int(1, 4)),
        ("dropout", Distribution::Float { low: 0.0, high: 0.5, log: false, step: Some(0.25) }),
    ];
    let conditional = Space::new([
        ("layers", Distribution::int(1, 3)),
        ("units of layer 2", Distribution::choice([64, 128])),
        ("units of layer 3", Distribution::choice([64, 128])),
    ])
    .and_then(|space| space.when("units of layer 2", Condition::at_least("layers", 2)))
    .and_then(|space| space.when("units of layer 3", Condition::at_least("layers", 3)));
    let only = Space::new([("seed", Distribution::choice([7]))]).unwrap();
    vec![Space::new(grid).unwrap(), conditional.unwrap(), only]
}

pub(super) fn points_lie_in_their_space(sampler: &dyn Sampler, spaces: &[Space]) {
    run(sampler, spaces, 0, |told| told);
}

pub(super) fn running_trials_are_no_trouble(sampler: &dyn Sampler, spaces: &[Space]) {
    run(sampler, spaces, LAG, |told| told);
    run(sampler, spaces, TRIALS, |told| told);
}

pub(super) fn enqueued_points_are_no_trouble(sampler: &dyn Sampler, spaces: &[Space]) {
    for space in spaces {
        let mut study = Study::default();
        for number in 0..TRIALS as u64 {
            if number % 3 == 1 {
                let history = History::default();
                let Some(point) = Random { seed: 1 }.sample(space, &history, number).unwrap() else { break };
                study.enqueued.push(study.tried.len());
                study.tried.push(observe(space, number, point));
            } else if !study.goes_on(sampler, space, LAG) {
                break;
            }
        }
    }
}

pub(super) fn failures_say_nothing(sampler: &dyn Sampler, spaces: &[Space]) {
    run(sampler, spaces, 0, |told| Observation { losses: Vec::new(), ..told });
}

pub(super) fn equal_losses_are_no_trouble(sampler: &dyn Sampler, spaces: &[Space]) {
    run(sampler, spaces, 0, |told| Observation { losses: vec![0.5], ..told });
}

pub(super) fn infinite_losses_are_no_trouble(sampler: &dyn Sampler, spaces: &[Space]) {
    run(sampler, spaces, 0, |told| Observation { losses: vec![f64::INFINITY], ..told });
    run(sampler, spaces, 0, |told| Observation { losses: vec![f64::NEG_INFINITY], ..told });
    let some = |told: Observation| match told.number % 3 {
        0 => Observation { losses: vec![f64::INFINITY], ..told },
        1 => Observation { losses: vec![f64::MAX * (told.losses[0] - 0.5)], ..told },
        _ => told,
    };
    run(sampler, spaces, 0, some);
}

pub(super) fn pruned_trials_are_no_trouble(sampler: &dyn Sampler, spaces: &[Space]) {
    let curve = |number| match number % 4 {
        0 => vec![(1, 0.5), (3, f64::NAN)],
        1 => vec![(2, f64::INFINITY)],
        2 => vec![(1, f64::NEG_INFINITY), (3, 0.25)],
        _ => Vec::new(),
    };
    let pruned = |told: Observation| Observation {
        losses: Vec::new(),
        curve: curve(told.number),
        pruned: true,
        ..told
    };
    run(sampler, spaces, 0, pruned);
    run(sampler, spaces, 0, |told| if told.number % 2 == 0 { pruned(told) } else { told });
}

pub(super) fn constraints_may_be_broken(sampler: &dyn Sampler, spaces: &[Space]) {
    run(sampler, spaces, 0, |told| Observation { violation: 1.0, ..told });
    run(sampler, spaces, 0, |told| Observation { violation: f64::INFINITY, ..told });
    run(sampler, spaces, 0, |told| Observation { violation: (told.number % 3) as f64, ..told });
}

pub(super) fn several_objectives_are_taken_or_refused(sampler: &dyn Sampler, spaces: &[Space]) {
    let two = |told: Observation| Observation { losses: vec![told.losses[0], -told.losses[0]], ..told };
    let parameters = Random { seed: 1 }.sample(&spaces[0], &History::default(), 0).unwrap().unwrap();
    let told = [two(observe(&spaces[0], 0, parameters))];
    match sampler.sample(&spaces[0], &History { finished: &told, ..History::default() }, 1) {
        Err(SampleError::Objectives { found: 2, .. }) => {}
        _ => run(sampler, spaces, 0, two),
    }
}

pub(super) fn foreign_observations_are_no_trouble(sampler: &dyn Sampler, spaces: &[Space]) {
    let foreign = |told: Observation| {
        let mut parameters = told.parameters.clone();
        let first = parameters.keys().next().unwrap_or_default().to_owned();
        match told.number % 4 {
            0 => parameters = Point::default(),
            1 => drop(parameters.remove(&first)),
            2 => {
                let other = Distribution::choice(["another", "program"]);
                parameters.insert(first, Parameter::new(other, json!("program")).unwrap());
            }
            _ => {
                let more = Parameter::new(Distribution::int(0, 9), json!(3)).unwrap();
                parameters.insert("unknown".to_owned(), more);
            }
        }
        Observation { parameters, ..told }
    };
    run(sampler, spaces, 0, foreign);
    run(sampler, spaces, 0, |told| if told.number % 2 == 0 { foreign(told) } else { told });
}

/// Tries what the sampler chooses in each space, all but the last `lag` trials told as `tell` has it.
fn run(sampler: &dyn Sampler, spaces: &[Space], lag: usize, tell: impl Fn(Observation) -> Observation) {
    for space in spaces {
        let mut study = Study::default();
        while study.tried.len() < TRIALS && study.goes_on(sampler, space, lag) {
            let last = study.tried.pop().map(&tell);
            study.tried.extend(last);
        }
    }
}

/// What was tried, and which of it no sampler chose.
#[derive(Default)]
struct Study {
    tried: Vec<Observation>,
    enqueued: Vec<usize>,
}

impl Study {
    /// Tries one point more, the last `lag` running; `false` once there is none.
    fn goes_on(&mut self, sampler: &dyn Sampler, space: &Space, lag: usize) -> bool {
        let number = self.tried.len() as u64;
        let (told, running) = self.tried.split_at(self.tried.len().saturating_sub(lag));
        let pending: Vec<_> = running.iter().map(|trial| trial.parameters.clone()).collect();
        let history =
            History { finished: told, pending: &pending, enqueued: &self.enqueued, ..History::default() };
        let point = sampler.sample(space, &history, number).unwrap();
        let again = sampler.sample(space, &history.clone(), number).unwrap();
        assert_eq!(point, again, "trial {number}: equal arguments give equal points");
        if let Some(point) = point {
            assert_eq!(space.check(&point), Ok(()), "trial {number}: {point:?}");
            self.tried.push(observe(space, number, point));
            true
        } else {
            let left = space.size().map(|size| size.saturating_sub(number));
            assert_eq!(left, Ok(0), "trial {number}: no point, although there are more");
            false
        }
    }
}

/// `point`, with a loss between 0 and 1 that depends on all of it.
fn observe(space: &Space, number: u64, point: Point) -> Observation {
    let unit = |(name, distribution): (&str, &Distribution)| {
        point.get(name).map(|parameter| (distribution.to_unit(parameter.value()) - 0.3).abs())
    };
    let units: Vec<_> = space.dimensions().filter_map(unit).collect();
    let loss = units.iter().sum::<f64>() / units.len() as f64;
    Observation { number, parameters: point, losses: vec![loss], ..Observation::default() }
}
