//! What the evolution reaches, and how it handles failed and infeasible trials.

use std::collections::BTreeSet;

use super::*;
use crate::sampler::contract::contract;
use crate::space::Condition;

contract!(CmaEs::new(7), all);

/// A box of `axes` numbers from -2 to 2.
fn cube(axes: usize) -> Space {
    Space::new((0..axes).map(|axis| (format!("x{axis}"), Distribution::uniform(-2.0, 2.0)))).unwrap()
}

fn numbers(point: &Point) -> Vec<f64> {
    point.values().filter_map(|parameter| parameter.value().as_f64()).collect()
}

/// Tries `trials` points, each known to the next after `lag` others.
fn run(
    sampler: &CmaEs,
    space: &Space,
    trials: u64,
    lag: usize,
    loss: impl Fn(&Point) -> f64,
) -> Vec<Observation> {
    let mut tried: Vec<Observation> = Vec::new();
    for number in 0..trials {
        let (told, running) = tried.split_at(tried.len().saturating_sub(lag));
        let pending: Vec<_> = running.iter().map(|trial| trial.parameters.clone()).collect();
        let history = History { finished: told, pending: &pending, ..History::default() };
        let parameters = sampler.sample(space, &history, number).unwrap().unwrap();
        let losses = vec![loss(&parameters)];
        tried.push(Observation { number, parameters, losses, ..Observation::default() });
    }
    tried
}

fn least(tried: &[Observation]) -> f64 {
    tried.iter().filter_map(Observation::loss).fold(f64::INFINITY, f64::min)
}

fn sphere(x: &[f64]) -> f64 {
    x.iter().map(|x| (x - 0.7) * (x - 0.7)).sum()
}

/// Its axes differ in length by a factor of 32 from one to the next but one.
fn ellipsoid(x: &[f64]) -> f64 {
    let terms = x.iter().enumerate();
    terms.map(|(axis, x)| 10.0_f64.powf(1.5 * axis as f64) * (x - 0.7) * (x - 0.7)).sum()
}

fn rosenbrock(x: &[f64]) -> f64 {
    x.windows(2).map(|x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)).sum()
}

/// The least loss of so many trials without a space, from a distribution around 0 with the standard deviation 2/3.
fn evolve(axes: usize, trials: usize, loss: impl Fn(&[f64]) -> f64, seed: u64) -> f64 {
    let mut evolution = Evolution::new(vec![0.0; axes], 2.0 / 3.0, default_population(axes));
    let (mut least, mut stream) = (f64::INFINITY, stream(seed, 0));
    for _ in 0..trials / evolution.population() {
        let points = (0..evolution.population()).map(|_| evolution.draw(&mut stream));
        let mut points: Vec<_> = points.map(|point| (loss(&point), point)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        least = least.min(points[0].0);
        let rows: Vec<_> =
            points.into_iter().map(|(_, point)| point.into_iter().map(Some).collect()).collect();
        evolution.learn(&rows);
    }
    least
}

#[test]
fn it_converges_on_smooth_functions() {
    for seed in 0..5 {
        let found = [
            evolve(5, 800, sphere, seed),
            evolve(5, 2500, ellipsoid, seed),
            evolve(2, 800, rosenbrock, seed),
            evolve(10, 2000, sphere, seed),
        ];
        assert!(found.iter().all(|least| *least < 1e-9), "{found:?}");
    }
}

#[test]
fn it_converges_while_eight_results_are_awaited() {
    let found = least(&run(&CmaEs::new(7), &cube(3), 600, 8, |point| ellipsoid(&numbers(point))));
    assert!(found < 1e-3, "{found}");
}

#[test]
fn whole_numbers_reach_their_best() {
    let dimensions = (0..4).map(|axis| (format!("x{axis}"), Distribution::int(0, 40)));
    let space = Space::new(dimensions).unwrap();
    let loss = |point: &Point| numbers(point).iter().map(|x| (x - 37.0) * (x - 37.0)).sum();
    let reached = (0..10).filter(|seed| least(&run(&CmaEs::new(*seed), &space, 300, 0, loss)) < 0.5).count();
    assert!(reached >= 9, "{reached} of 10");
}

#[test]
fn a_generation_without_a_difference_teaches_nothing() {
    let (space, sampler) = (cube(2), CmaEs::new(7));
    let axes = Axes::new(&space, |_| true);
    let mut told = run(&sampler, &space, 12, 0, |_| 0.5);
    let evolution = |told: &[Observation]| {
        sampler.evolution(&space, &axes, &History { finished: told, ..History::default() })
    };
    assert_eq!(evolution(&told).mean, [0.5, 0.5]);
    for told in &mut told {
        told.losses.clear();
    }
    assert_eq!(evolution(&told).mean, [0.5, 0.5]);
    told[8].losses = vec![0.5];
    assert_ne!(evolution(&told).mean, [0.5, 0.5], "one success among failures");
}

#[test]
fn what_is_known_ranks_from_the_least_loss_to_failures() {
    let told = |losses: &[f64], violation| Observation {
        losses: losses.into(),
        violation,
        ..Observation::default()
    };
    let ranked = [
        told(&[f64::NEG_INFINITY], 0.0),
        told(&[1.0], 0.0),
        told(&[f64::INFINITY], 0.0),
        told(&[0.0], 0.5),
        told(&[-1.0], 2.0),
        told(&[], 0.0),
    ];
    assert!(ranked.is_sorted_by(|a, b| rank(a, b).is_lt()));
}

#[test]
fn having_arrived_it_starts_again_elsewhere_with_twice_the_population() {
    let (space, sampler) = (cube(2), CmaEs::new(3));
    let axes = Axes::new(&space, |_| true);
    let told = run(&sampler, &space, 800, 0, |point| sphere(&numbers(point)));
    let evolution = |trials| {
        sampler.evolution(&space, &axes, &History { finished: &told[..trials], ..History::default() })
    };
    assert_eq!(evolution(300).population(), 6);
    assert_eq!(evolution(800).population(), 12);
    assert!(evolution(800).step > 1e-6);
}

#[test]
fn choices_are_drawn_and_conditions_kept() {
    let space = Space::new([
        ("optimizer", Distribution::choice(["sgd", "adam"])),
        ("momentum", Distribution::uniform(0.0, 1.0)),
    ])
    .and_then(|space| space.when("momentum", Condition::is("optimizer", "sgd")))
    .unwrap();
    let momentum = |point: &Point| point.get("momentum").and_then(|momentum| momentum.value().as_f64());
    let tried = run(&CmaEs::new(7), &space, 120, 0, |point| {
        momentum(point).map_or(9.0, |momentum| (momentum - 0.9).abs())
    });
    let with = tried.iter().filter_map(|tried| momentum(&tried.parameters)).collect::<Vec<_>>();
    assert!((40..80).contains(&with.len()), "{} of 120 with momentum", with.len());
    let last = &with[with.len() - 10..];
    assert!(last.iter().all(|momentum| (momentum - 0.9).abs() < 0.2), "{last:?}");
}

#[test]
fn points_out_of_range_are_not_piled_up_at_the_edge() {
    let tried = run(&CmaEs::new(7), &cube(2), 200, 0, |point| -numbers(point).iter().sum::<f64>());
    let coordinates = tried.iter().flat_map(|tried| numbers(&tried.parameters)).map(f64::to_bits);
    let distinct: BTreeSet<_> = coordinates.collect();
    assert!(distinct.len() > 350, "{} of 400", distinct.len());
}

#[test]
fn a_point_is_the_same_for_ever() {
    // On any machine: the loss adds and multiplies only.
    let tried = run(&CmaEs::new(7), &cube(3), 60, 0, |point| sphere(&numbers(point)));
    let last = numbers(&tried[59].parameters);
    assert_eq!(
        last.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
        [4_604_097_992_436_432_384, 4_606_274_059_178_570_680, 4_608_520_040_943_772_340],
        "{last:?}"
    );
}

/// A clone has no memo, and neither has one whose memo is of another history.
#[test]
fn what_was_kept_changes_no_point() {
    let space = cube(3);
    for (lag, trials) in [(0, 90), (8, 90), (0, 500)] {
        let sampler = CmaEs::new(3);
        let tried = run(&sampler, &space, trials, lag, |point| sphere(&numbers(point)));
        let history = |end: usize| History { finished: &tried[..end], ..History::default() };
        let sample =
            |sampler: &CmaEs, end: usize| sampler.sample(&space, &history(end), end as u64).unwrap().unwrap();
        for end in (0..tried.len()).rev().step_by(7).chain([3, 80, 12, 81]) {
            assert_eq!(sample(&sampler, end), sample(&sampler.clone(), end), "{end} of {trials}, lag {lag}");
        }
    }
}

#[test]
fn what_was_kept_is_of_the_same_trials_settings_and_space() {
    let (space, sampler) = (cube(3), CmaEs::new(3));
    let tried = run(&sampler, &space, 60, 0, |point| sphere(&numbers(point)));
    let is_kept = |sampler: &CmaEs, space: &Space, told: &[Observation]| {
        sampler.memo.recall(sampler, space, told).is_some_and(|state| state.trials == 56)
    };
    assert!(is_kept(&sampler, &space, &tried), "eight generations of seven");
    assert!(is_kept(&sampler, &space, &tried[..56]));
    assert!(!is_kept(&sampler, &space, &tried[..55]), "the last generation is not known to all of them");
    assert!(!is_kept(&sampler, &cube(4), &tried));
    assert!(!is_kept(&sampler.clone(), &space, &tried));
    let seed = CmaEs { seed: 4, memo: Memo::new(), ..sampler };
    seed.memo.keep(&sampler, &space, &tried, &sampler.memo.recall(&sampler, &space, &tried).unwrap());
    assert!(!is_kept(&seed, &space, &tried), "kept by another seed");

    let changes: [fn(&mut Observation); 4] = [
        |told| told.losses[0] += 1e-9,
        |told| told.losses.clear(),
        |told| told.violation = 1.0,
        |told| told.parameters = cube(3).point_at(&[0.25; 3]),
    ];
    for change in changes {
        let mut others = tried.clone();
        change(&mut others[5]);
        assert!(!is_kept(&sampler, &space, &others));
    }
}

#[test]
fn settings_out_of_range_are_refused_and_defaults_may_be_left_out() {
    let refused = |sampler: CmaEs| sampler.sample(&cube(2), &History::default(), 0).unwrap_err().to_string();
    let one = refused(CmaEs { population: Some(1), ..CmaEs::new(7) });
    assert_eq!(one, "`population` of CmaEs is 1, expected from 2 to 10000");
    let none = refused(CmaEs { sigma: f64::NAN, ..CmaEs::new(7) });
    assert_eq!(none, "`sigma` of CmaEs is NaN, expected a number above 0, at most 1");

    let read = |text| serde_json::from_str::<CmaEs>(text);
    assert_eq!(read(r#"{"seed": 7}"#).unwrap(), CmaEs::new(7));
    assert!(read(r#"{"seed": 7, "popsize": 9}"#).is_err());
}
