//! NSGA-II: who becomes a parent, what a child is, and how far a front comes beside Optuna's.

use std::collections::BTreeSet;

use super::super::trials::{Result, numbers, run};
use super::*;
use crate::parameter::Distribution;
use crate::sampler::contract::contract;
use crate::space::Condition;

contract!(NsgaII { population: 5, ..NsgaII::new(7) }, all);

/// `x0` to `x9`.
fn cube() -> Space {
    Space::new((0..10).map(|place| (format!("x{place}"), Distribution::uniform(0.0, 1.0)))).unwrap()
}

/// The line `x`.
fn line() -> Space {
    Space::new([("x", Distribution::int(0, 99))]).unwrap()
}

fn trial(number: u64, x: u64, losses: &[f64]) -> Observation {
    let parameters = line().point(x).unwrap().unwrap();
    Observation { number, parameters, losses: losses.to_vec(), ..Observation::default() }
}

fn numbers_of(trials: &[&Observation]) -> Vec<u64> {
    trials.iter().map(|trial| trial.number).collect()
}

/// The area that the feasible points dominate below `corner`.
fn hypervolume(trials: &[Observation], corner: [f64; 2]) -> f64 {
    let feasible = trials.iter().filter(|trial| trial.is_feasible());
    let mut points: Vec<_> = feasible.map(|trial| [trial.losses[0], trial.losses[1]]).collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let (mut volume, mut height) = (0.0, corner[1]);
    for [x, y] in points {
        if x < corner[0] && y < height {
            volume += (corner[0] - x) * (height - y);
            height = y;
        }
    }
    volume
}

/// The mean hypervolume of ten studies.
fn mean_hypervolume(space: &Space, budget: u64, corner: [f64; 2], result: fn(&Point) -> Result) -> f64 {
    let volumes = (0..10).map(|seed| hypervolume(&run(&NsgaII::new(seed), space, budget, 0, result), corner));
    volumes.sum::<f64>() / 10.0
}

/// Zitzler, Deb, Thiele (2000), in ten dimensions; `shape` bends the front.
fn zdt(point: &Point, shape: fn(f64) -> f64) -> Result {
    let x = numbers(point);
    let g = 1.0 + x[1..].iter().sum::<f64>();
    (vec![x[0], g * (1.0 - shape(x[0] / g))], 0.0)
}

#[test]
fn parents_are_the_best_of_a_generation_and_its_parents() {
    let sampler = NsgaII { population: 3, ..NsgaII::new(0) };
    let told = [
        trial(0, 0, &[5.0, 5.0]),
        trial(1, 1, &[1.0, 3.0]),
        trial(2, 2, &[3.0, 1.0]),
        trial(3, 3, &[0.0, 9.0]),
        trial(4, 4, &[2.0, 2.0]),
        Observation { violation: 1.0, ..trial(5, 5, &[0.0, 0.0]) },
        trial(6, 6, &[0.0, 0.0]),
    ];
    let parents =
        |number| numbers_of(&sampler.parents(&line(), &told[..told.len().min(number)], number as u64));
    assert!(parents(2).is_empty(), "the first generation has none");
    // Trials 1 and 2 are the ends of the first front.
    assert_eq!(parents(3), [1, 2, 0]);
    assert_eq!(parents(5), [1, 2, 0], "trials of a generation are not parents of it");
    // Now 3 and 2 are the ends, and 1 has the neighbours 3 and 4, further apart than those of 4.
    assert_eq!(parents(6), [2, 3, 1]);
    assert_eq!(parents(9), [6, 2, 3]);
}

#[test]
fn what_is_not_known_yet_is_no_parent() {
    let sampler = NsgaII { population: 2, ..NsgaII::new(0) };
    let told = [trial(0, 0, &[3.0]), trial(1, 1, &[2.0]), trial(2, 2, &[1.0])];
    assert_eq!(numbers_of(&sampler.parents(&line(), &told, 4)), [2, 1]);
}

#[test]
fn failed_and_foreign_trials_are_no_parents() {
    let sampler = NsgaII { population: 4, ..NsgaII::new(0) };
    let elsewhere = Space::new([("y", Distribution::int(0, 9))]).unwrap().point(3).unwrap().unwrap();
    let told = [
        trial(0, 0, &[]),
        Observation { parameters: elsewhere, ..trial(1, 1, &[1.0, 1.0]) },
        trial(2, 2, &[0.0]),
        trial(3, 3, &[f64::INFINITY, -f64::INFINITY]),
    ];
    assert_eq!(numbers_of(&sampler.parents(&line(), &told, 4)), [3]);
}

#[test]
fn a_child_has_values_of_both_parents_and_now_and_then_one_of_its_own() {
    let corner = |number, x: f64| {
        let parameters = cube().fill(|_| x.into());
        Observation { number, parameters, losses: vec![x], ..Observation::default() }
    };
    let told = [corner(0, 0.0), corner(1, 1.0)];
    let history = History { finished: &told, ..History::default() };
    let (mut own, mut mixed, mut first) = (0, 0, 0);
    for seed in 0..1000 {
        let sampler = NsgaII { population: 2, ..NsgaII::new(seed) };
        let child = numbers(&sampler.sample(&cube(), &history, 2).unwrap().unwrap());
        let of = |value: f64| child.iter().filter(|x| x.total_cmp(&value).is_eq()).count();
        own += 10 - of(0.0) - of(1.0);
        mixed += usize::from(of(0.0) > 0 && of(1.0) > 0);
        first += of(0.0);
    }
    // One value in ten is drawn anew, on average, and nine children in ten mix parents. The better parent is the first
    // in three tournaments of four, and a child without a crossover is its copy.
    assert!((920..1080).contains(&own), "{own}");
    assert!((870..925).contains(&mixed), "{mixed}");
    assert!((4500..4950).contains(&first), "{first}");
}

#[test]
fn a_child_draws_what_its_parents_lack_and_drops_what_it_has_no_use_for() {
    let space = Space::new([
        ("kind", Distribution::choice(["tree", "net"])),
        ("depth", Distribution::int(1, 9)),
        ("units", Distribution::log_uniform(1.0, 100.0)),
    ])
    .unwrap()
    .when("depth", Condition::is("kind", "tree"))
    .unwrap()
    .when("units", Condition::is("kind", "net"))
    .unwrap();
    let sampler = NsgaII { population: 4, ..NsgaII::new(1) };
    let trials = run(&sampler, &space, 200, 3, |point| (vec![point.len() as f64], 0.0));
    let kinds: BTreeSet<_> = trials[4..].iter().map(|it| it.parameters["kind"].value().to_string()).collect();
    assert_eq!(kinds.len(), 2);
}

#[test]
fn fronts_come_as_far_as_those_of_optuna() {
    // Means of Optuna 5.0.0's `NSGAIISampler` (NumPy 2.4.6) over the seeds 0 to 9, with as many trials, and standard
    // deviations between seeds.
    let (optuna, between_seeds) = (7.0753, 0.1645);
    let volume = mean_hypervolume(&cube(), 500, [1.1, 7.7], |point| zdt(point, f64::sqrt));
    assert!(volume > optuna - between_seeds, "ZDT1: {volume}");

    let (optuna, between_seeds) = (6.3498, 0.1580);
    let volume = mean_hypervolume(&cube(), 500, [1.1, 7.7], |point| zdt(point, |x| x * x));
    assert!(volume > optuna - between_seeds, "ZDT2: {volume}");
}

#[test]
fn a_constrained_front_comes_as_far_as_that_of_optuna() {
    // CONSTR of Deb et al. (2002), table V; Optuna's mean as above.
    let (optuna, between_seeds) = (3.3649, 0.0665);
    let space =
        Space::new([("x0", Distribution::uniform(0.1, 1.0)), ("x1", Distribution::uniform(0.0, 5.0))])
            .unwrap();
    let volume = mean_hypervolume(&space, 300, [1.0, 9.0], |point| {
        let x = numbers(point);
        let broken = (6.0 - x[1] - 9.0 * x[0]).max(0.0) + (1.0 + x[1] - 9.0 * x[0]).max(0.0);
        (vec![x[0], (1.0 + x[1]) / x[0]], broken)
    });
    assert!(volume > optuna - between_seeds, "{volume}");
}

#[test]
fn points_are_the_same_for_ever() {
    let trials = run(&NsgaII { population: 5, ..NsgaII::new(7) }, &line(), 12, 2, |point| {
        let x = numbers(point)[0];
        (vec![x, (x - 50.0).abs()], 0.0)
    });
    let points: Vec<_> = trials.iter().map(|trial| numbers(&trial.parameters)[0] as u64).collect();
    assert_eq!(points, [82, 41, 28, 86, 76, 7, 41, 10, 70, 44, 14, 29]);
}

#[test]
fn a_setting_outside_its_range_is_refused() {
    let message = |sampler: NsgaII| sampler.sample(&line(), &History::default(), 0).unwrap_err().to_string();
    let one = NsgaII { population: 1, ..NsgaII::new(0) };
    assert_eq!(message(one), "`population` of NsgaII is 1, expected 2 or more");
    let often = NsgaII { crossover: 1.5, ..NsgaII::new(0) };
    assert_eq!(message(often), "`crossover` of NsgaII is 1.5, expected a chance from 0 to 1");
    let never = NsgaII { mutation: Some(f64::NAN), ..NsgaII::new(0) };
    assert_eq!(message(never), "`mutation` of NsgaII is NaN, expected a chance from 0 to 1");
}

#[test]
fn only_the_seed_must_be_named() {
    let read = |text| serde_json::from_str::<NsgaII>(text);
    assert_eq!(read(r#"{"seed": 7}"#).unwrap(), NsgaII::new(7));
    assert_eq!(
        read(r#"{"seed": 7, "mutation": 0.1}"#).unwrap(),
        NsgaII { mutation: Some(0.1), ..NsgaII::new(7) }
    );
    assert!(read("{}").unwrap_err().to_string().starts_with("missing field `seed`"));
    assert!(read(r#"{"seed": 7, "size": 9}"#).unwrap_err().to_string().starts_with("unknown field `size`"));
}
