//! What the sampler makes of its history.

use std::collections::BTreeSet;

use super::*;
use crate::observation::Observation;
use crate::parameter::Distribution;
use crate::sampler::contract::contract;

contract!(GaussianProcess::new(7), all);

fn square() -> Space {
    Space::new([("x", Distribution::uniform(0.0, 1.0)), ("y", Distribution::uniform(0.0, 1.0))]).unwrap()
}

fn number(point: &Point, name: &str) -> f64 {
    point[name].value().as_f64().unwrap()
}

/// Tries `trials` points one after the other; `tell` says what comes of each.
fn run(
    sampler: &GaussianProcess,
    space: &Space,
    trials: u64,
    tell: impl Fn(&Point) -> (Vec<f64>, f64),
) -> Vec<Observation> {
    let mut told: Vec<Observation> = Vec::new();
    for number in 0..trials {
        let history = History { finished: &told, ..History::default() };
        let Some(parameters) = sampler.sample(space, &history, number).unwrap() else { break };
        let (losses, violation) = tell(&parameters);
        told.push(Observation { number, parameters, losses, violation, ..Observation::default() });
    }
    told
}

/// Least, at 0, where `x = 0.7` and `y = 0.2`.
fn bowl(point: &Point) -> f64 {
    let (x, y) = (number(point, "x") - 0.7, number(point, "y") - 0.2);
    x * x + 3.0 * y * y
}

#[test]
fn a_bowl_is_solved_in_twenty_trials() {
    for seed in 0..3 {
        let told = run(&GaussianProcess::new(seed), &square(), 20, |point| (vec![bowl(point)], 0.0));
        let least = told.iter().map(|told| told.losses[0]).fold(f64::INFINITY, f64::min);
        assert!(least < 1e-4, "{least}");
    }
}

#[test]
fn workers_are_sent_to_different_places() {
    let told = run(&GaussianProcess::new(7), &square(), 10, |point| (vec![bowl(point)], 0.0));
    let mut pending: Vec<Point> = Vec::new();
    for number in 10..14 {
        let history = History { finished: &told, pending: &pending, ..History::default() };
        pending.extend(GaussianProcess::new(7).sample(&square(), &history, number).unwrap());
    }
    for (place, a) in pending.iter().enumerate() {
        for b in &pending[..place] {
            let apart = ["x", "y"].map(|name| (number(a, name) - number(b, name)).abs());
            assert!(apart[0].max(apart[1]) > 0.01, "{pending:?}");
        }
    }
}

#[test]
fn a_constraint_that_cuts_the_best_off_is_kept() {
    // The bowl's least is out of bounds; of what is allowed, `x = 0.5, y = 0.2` is the best, at 0.04.
    let told = run(&GaussianProcess::new(7), &square(), 35, |point| {
        (vec![bowl(point)], (number(point, "x") - 0.5).max(0.0))
    });
    let kept: Vec<_> = told.iter().filter(|told| told.is_feasible()).map(|told| told.losses[0]).collect();
    let least = kept.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(least < 0.06, "{least}");
    assert!(told[15..].iter().filter(|told| told.is_feasible()).count() >= 8, "of 20");
}

#[test]
fn where_trials_fail_few_are_sent() {
    let told = run(&GaussianProcess::new(7), &square(), 30, |point| {
        if number(point, "x") > 0.5 { (Vec::new(), 0.0) } else { (vec![bowl(point)], 0.0) }
    });
    let failed = told[20..].iter().filter(|told| told.losses.is_empty()).count();
    assert!(failed <= 4, "{failed} of 10");
}

#[test]
fn no_point_of_a_finite_space_comes_twice() {
    let space = Space::new([
        ("layers", Distribution::int(1, 5)),
        ("activation", Distribution::choice(["relu", "tanh", "gelu"])),
        ("dropout", Distribution::Float { low: 0.0, high: 0.5, log: false, step: Some(0.25) }),
    ]);
    let space = space.unwrap();
    let told = run(&GaussianProcess::new(7), &space, 60, |point| (vec![number(point, "layers")], 0.0));
    let places: BTreeSet<_> = told.iter().map(|told| space.place(&told.parameters).unwrap()).collect();
    assert_eq!((told.len(), places.len()), (45, 45));
}

#[test]
fn the_best_choice_and_number_are_found_together() {
    let space = Space::new([
        ("kind", Distribution::choice(["a", "b", "c", "d"])),
        ("units", Distribution::Int { low: 1, high: 1024, log: true, step: 1 }),
    ])
    .unwrap();
    let told = run(&GaussianProcess::new(7), &space, 30, |point| {
        let other = if point["kind"].value() == "c" { 0.0 } else { 1.0 };
        (vec![other + (number(point, "units").log2() - 6.0).abs() / 4.0], 0.0)
    });
    let least = told.iter().map(|told| told.losses[0]).fold(f64::INFINITY, f64::min);
    assert!(least < 0.03, "{least}");
}

#[test]
fn of_many_trials_the_best_and_the_latest_are_kept() {
    let space = square();
    let axes = Axes::new(&space, |_| true);
    let observe = |number: u32| {
        let parameters =
            space.point_of([("x", 0.5.into()), ("y", (f64::from(number) / 10.0).into())]).unwrap();
        let losses = vec![f64::from(number % 5)];
        Observation { number: number.into(), parameters, losses, ..Observation::default() }
    };
    let told: Vec<_> = (0..10).map(observe).collect();
    let seen = Seen::new(&axes, &History { finished: &told, ..History::default() }, 4);
    let kept: Vec<_> = seen.rows.iter().map(|row| (row[1] * 10.0).round()).collect();
    assert_eq!(kept, [0.0, 5.0, 8.0, 9.0]);
    assert_eq!((seen.best, seen.finished), (Some(0), 10));
}

#[test]
fn a_point_is_the_same_for_ever() {
    // On any machine: the loss adds and multiplies only.
    let told = run(&GaussianProcess::new(7), &square(), 16, |point| (vec![bowl(point)], 0.0));
    let last = ["x", "y"].map(|name| number(&told[15].parameters, name));
    assert_eq!(last.map(f64::to_bits), [4_604_553_009_433_647_289, 4_596_371_421_050_038_135], "{last:?}");
}

#[test]
fn settings_out_of_range_are_refused_and_defaults_may_be_left_out() {
    let refused =
        |sampler: GaussianProcess| sampler.sample(&square(), &History::default(), 0).unwrap_err().to_string();
    let none = refused(GaussianProcess { startup: 0, ..GaussianProcess::new(7) });
    assert_eq!(none, "`startup` of GaussianProcess is 0, expected at least 1");
    let one = refused(GaussianProcess { most: 1, ..GaussianProcess::new(7) });
    assert_eq!(one, "`most` of GaussianProcess is 1, expected at least 2");

    let read = |text| serde_json::from_str::<GaussianProcess>(text);
    assert_eq!(read(r#"{"seed": 7}"#).unwrap(), GaussianProcess::new(7));
    assert!(read(r#"{"seed": 7, "kernel": "rbf"}"#).is_err());
}
