//! What the sampler as a whole does: its fallbacks, its settings, and that it learns.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::observation::Observation;
use crate::parameter::Parameter;
use crate::sampler::contract::contract;
use crate::sampler::trials::run;
use crate::space::Condition;

contract!(Tpe::new(7), all);

fn line() -> Space {
    Space::new([("x", Distribution::uniform(0.0, 1.0))]).unwrap()
}

fn told(space: &Space, number: u64, values: &[(&str, Value)], loss: f64) -> Observation {
    let parameters = space.point_of(values.iter().cloned()).unwrap();
    Observation { number, parameters, losses: vec![loss], ..Observation::default() }
}

/// The value of `name` that comes after `told` and `pending`, for many numbers.
fn next(space: &Space, told: &[Observation], pending: &[Point], name: &str) -> Vec<f64> {
    let history = History { finished: told, pending, ..History::default() };
    let points = (0..200).map(|number| Tpe::new(7).sample(space, &history, 1_000 + number).unwrap().unwrap());
    points.filter_map(|point| point.get(name)?.value().as_f64()).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

#[test]
fn the_first_trials_are_random() {
    let space = line();
    let told: Vec<_> = (0..9).map(|number| told(&space, number, &[("x", json!(0.5))], 1.0)).collect();
    let history = History { finished: &told, ..History::default() };
    let random = Random { seed: 7 }.sample(&space, &history, 9);
    assert_eq!(Tpe::new(7).sample(&space, &history, 9), random);
    assert_ne!(Tpe { startup: 9, ..Tpe::new(7) }.sample(&space, &history, 9), random);
}

#[test]
fn half_of_the_first_trials_may_still_run() {
    // Alone the first points are random ones, beside running trials evenly spread.
    let first = |history: &History<'_>| {
        let spread = Sobol { seed: 7 }.sample(&line(), history, 10);
        if history.pending.is_empty() { Random { seed: 7 }.sample(&line(), history, 10) } else { spread }
    };
    let space = line();
    let trials: Vec<_> =
        (0..10).map(|number| told(&space, number, &[("x", json!(number as f64 / 10.0))], 1.0)).collect();
    for (known, is_first) in [(4, true), (5, false), (10, false)] {
        let pending: Vec<_> = trials[known..].iter().map(|trial| trial.parameters.clone()).collect();
        let history = History { finished: &trials[..known], pending: &pending, ..History::default() };
        assert_eq!(Tpe::new(7).sample(&space, &history, 10) == first(&history), is_first, "{known} told");
        let fewer = History { pending: &pending[1.min(pending.len())..], ..history };
        assert_eq!(
            Tpe::new(7).sample(&space, &fewer, 10) == first(&fewer),
            known < 10,
            "{known} told, one fewer"
        );
    }
}

#[test]
fn it_goes_where_losses_were_small() {
    let space = line();
    let x = |number: u64| number as f64 / 40.0;
    let trials: Vec<_> = (0..40)
        .map(|number| told(&space, number, &[("x", json!(x(number)))], (x(number) - 0.7).abs()))
        .collect();
    let after = next(&space, &trials, &[], "x");
    let near = after.iter().filter(|x| (**x - 0.7).abs() < 0.1).count();
    assert!(near > 180, "{near} of 200 within 0.1 of the best, which is 20 % of the range: {after:?}");
}

#[test]
fn running_trials_are_kept_clear_of() {
    let space = line();
    let x = |number: u64| number as f64 / 20.0;
    let trials: Vec<_> = (0..20)
        .map(|number| told(&space, number, &[("x", json!(x(number)))], (x(number) - 0.5).abs()))
        .collect();
    let pending: Vec<_> = (0..8).map(|_| trials[10].parameters.clone()).collect();
    let distance = |pending: &[Point]| {
        let after = next(&space, &trials, pending, "x");
        mean(&after.iter().map(|x| (x - 0.5).abs()).collect::<Vec<_>>())
    };
    assert!(distance(&pending) > 1.5 * distance(&[]), "{} and {}", distance(&pending), distance(&[]));
}

#[test]
fn a_dimension_that_is_seldom_active_is_learned_where_it_is() {
    let space = Space::new([
        ("optimizer", Distribution::choice(["sgd", "adam"])),
        ("momentum", Distribution::uniform(0.0, 1.0)),
    ])
    .and_then(|space| space.when("momentum", Condition::is("optimizer", "sgd")))
    .unwrap();
    let trials = (0..60).map(|number| {
        let momentum = (number * 7 % 20) as f64 / 20.0;
        if number % 3 == 0 {
            let values = [("optimizer", json!("sgd")), ("momentum", json!(momentum))];
            told(&space, number, &values, (momentum - 0.8).abs())
        } else {
            told(&space, number, &[("optimizer", json!("adam"))], 0.5)
        }
    });
    let after = next(&space, &trials.collect::<Vec<_>>(), &[], "momentum");
    assert!(after.len() > 150, "`sgd` is better, and comes {} times of 200", after.len());
    assert!((mean(&after) - 0.8).abs() < 0.1, "{after:?}");
}

#[test]
fn trials_of_another_space_keep_no_place_among_the_good() {
    let space = line();
    let other = Parameter::new(Distribution::uniform(0.0, 2.0), json!(0.9)).unwrap();
    let foreign = |number| Observation {
        parameters: [("x".to_owned(), other.clone())].into(),
        ..told(&space, number, &[("x", json!(0.1))], -1.0)
    };
    let own = |number: u64| told(&space, number, &[("x", json!((number - 30) as f64 / 30.0))], number as f64);
    let trials: Vec<_> = (0..30).map(foreign).chain((30..60).map(own)).collect();
    assert!(mean(&next(&space, &trials, &[], "x")) < 0.2);
}

#[test]
fn more_others_than_are_looked_at_change_little() {
    let space = line();
    let trials: Vec<_> = (0..2_000)
        .map(|number| {
            let x = (number * 387 % 2_000) as f64 / 2_000.0;
            told(&space, number, &[("x", json!(x))], (x - 0.3).abs())
        })
        .collect();
    let history = History { finished: &trials, ..History::default() };
    let all = Tpe { most_others: 2_000, ..Tpe::new(7) };
    for number in 0..20 {
        for tpe in [Tpe::new(7), all.clone()] {
            let point = tpe.sample(&space, &history, number).unwrap().unwrap();
            let x = point["x"].value().as_f64().unwrap();
            assert!((x - 0.3).abs() < 0.05, "{tpe:?}: {x}");
        }
    }
}

#[test]
fn several_losses_lead_to_what_lies_between_their_best() {
    let space = line();
    let trials: Vec<_> = (0..40)
        .map(|number| {
            let x = number as f64 / 40.0;
            let told = told(&space, number, &[("x", json!(x))], (x - 0.3).abs());
            Observation { losses: vec![(x - 0.3).abs(), (x - 0.5).abs()], ..told }
        })
        .collect();
    let after = next(&space, &trials, &[], "x");
    let between = after.iter().filter(|x| (0.25..0.55).contains(*x)).count();
    assert!(between > 160, "{between} of 200 in 30 % of the range: {after:?}");
}

#[test]
fn with_several_losses_too_no_point_is_tried_twice() {
    let space = Space::new([("x", Distribution::int(0, 9)), ("y", Distribution::int(0, 9))]).unwrap();
    let trials = run(&Tpe::new(7), &space, 50, 0, |point| {
        let of = |name: &str| point[name].value().as_f64().unwrap();
        (vec![of("x"), 9.0 - of("x") + of("y")], 0.0)
    });
    let tried: BTreeSet<_> = trials.iter().map(|trial| space.place(&trial.parameters).unwrap()).collect();
    assert_eq!(tried.len(), 50);
}

#[test]
fn points_are_the_same_for_ever() {
    let space = Space::new([
        ("rate", Distribution::log_uniform(1e-4, 0.1)),
        ("layers", Distribution::int(1, 4)),
        ("units", Distribution::Int { low: 16, high: 512, log: true, step: 1 }),
        ("activation", Distribution::choice(["relu", "tanh"])),
    ])
    .unwrap();
    let mut trials = Vec::new();
    for number in 0..30 {
        let history = History { finished: &trials, ..History::default() };
        let parameters = Tpe::new(7).sample(&space, &history, number).unwrap().unwrap();
        let unit =
            |(name, distribution): (&str, &Distribution)| distribution.to_unit(parameters[name].value());
        let losses = vec![space.dimensions().map(unit).sum()];
        trials.push(Observation { number, parameters, losses, ..Observation::default() });
    }
    let values = trials[29].parameters.values().map(|parameter| parameter.value().to_string());
    assert_eq!(values.collect::<Vec<_>>(), [r#""relu""#, "1", "0.0014475202666029566", "24"]);
}

#[test]
fn settings_outside_their_range_are_named() {
    let message = |tpe: Tpe| tpe.sample(&line(), &History::default(), 0).unwrap_err().to_string();
    assert_eq!(
        message(Tpe { candidates: 0, ..Tpe::new(7) }),
        "`candidates` of Tpe is 0, expected at least 1"
    );
    assert_eq!(
        message(Tpe { good_share: f64::NAN, ..Tpe::new(7) }),
        "`good_share` of Tpe is NaN, expected a number above 0, at most 1"
    );
    assert_eq!(
        message(Tpe { prior_weight: 0.0, ..Tpe::new(7) }),
        "`prior_weight` of Tpe is 0, expected a number above 0"
    );
}

#[test]
fn a_sampler_is_written_and_read_with_defaults() {
    let read: Tpe = serde_json::from_value(json!({"seed": 7, "startup": 20})).unwrap();
    assert_eq!(read, Tpe { startup: 20, ..Tpe::new(7) });
    let written = serde_json::to_value(&read).unwrap();
    assert_eq!(serde_json::from_value::<Tpe>(written).unwrap(), read);
    assert!(serde_json::from_value::<Tpe>(json!({"seed": 7, "start": 20})).is_err());
}
