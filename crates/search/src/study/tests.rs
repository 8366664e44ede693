//! Studies come out the same for any number of workers, and say what they refuse.

#[path = "../../tests/support/comparable.rs"]
mod comparable;
mod foreign;
mod lag;
mod results;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::json;

use comparable::{finite, learning, mixed, objective, pruners, samplers, table};

use super::*;
use crate::parameter::Distribution;
use crate::pruner::any::AnyPruner;
use crate::pruner::patience::Patience;
use crate::pruner::threshold::Threshold;
use crate::sampler::any::AnySampler;
use crate::sampler::gaussian_process::GaussianProcess;
use crate::sampler::grid::Grid;
use crate::sampler::nsga2::NsgaII;
use crate::sampler::random::Random;
use crate::sampler::tpe::Tpe;
use crate::space::Space;
use crate::storage::Direction;
use crate::storage::memory::Memory;
use crate::trial::State;

/// Every sampler, on a space that it can work on.
fn all() -> impl Iterator<Item = (AnySampler, Space)> {
    samplers().into_iter().flat_map(|sampler| {
        let spaces = if sampler == Grid.into() { vec![finite()] } else { vec![mixed(), finite()] };
        spaces.into_iter().map(move |space| (sampler.clone(), space))
    })
}

fn settings(sampler: impl Into<AnySampler>, space: Space) -> Settings {
    Settings { trials: Some(50), lag: Some(8), ..Settings::new(space, sampler) }
}

fn rows(study: &Study) -> Vec<String> {
    table(&study.trials().unwrap())
}

fn memory() -> Box<dyn Storage> {
    Box::new(Memory::new())
}

#[test]
fn any_number_of_workers_makes_the_same_table() {
    for (sampler, space) in all() {
        let made = |workers: usize| {
            let mut study = Study::open(memory(), "study", settings(sampler.clone(), space.clone())).unwrap();
            let order = AtomicU64::new(workers as u64);
            let slow = |trial: &mut Running<'_>| {
                // Who is slow differs from run to run.
                let turn = order.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53;
                thread::sleep(Duration::from_micros(turn));
                objective(trial)
            };
            study.run_on(workers, SystemTime::now, slow).unwrap();
            rows(&study)
        };
        let alone = made(1);
        assert!(alone.len() >= 48, "{sampler:?}: {} trials", alone.len());
        assert_eq!(made(2), alone, "{sampler:?}");
        assert_eq!(made(4), alone, "{sampler:?}");
    }
}

#[test]
fn a_study_that_was_stopped_goes_on_as_if_it_had_not_been() {
    for (sampler, space) in all() {
        let whole = settings(sampler.clone(), space.clone());
        let half = Settings { trials: Some(25), ..whole.clone() };
        let storage = Memory::new();
        let open =
            |settings: &Settings| Study::open(Box::new(storage.clone()), "study", settings.clone()).unwrap();
        let mut first = open(&half);
        first.run(SystemTime::now, |trial| objective(trial)).unwrap();
        assert_eq!(first.trials().unwrap().len(), 25);
        let mut second = open(&whole);
        second.run(SystemTime::now, |trial| objective(trial)).unwrap();

        let mut alone = Study::open(memory(), "study", whole).unwrap();
        alone.run(SystemTime::now, |trial| objective(trial)).unwrap();
        assert_eq!(rows(&second), rows(&alone), "{sampler:?}");
    }
}

#[test]
fn any_number_of_workers_stops_the_same_trials() {
    for pruner in pruners() {
        let made = |workers: usize| {
            let settings = Settings { pruner: Some(pruner.clone()), ..settings(Tpe::new(7), mixed()) };
            let mut study = Study::open(memory(), "study", settings).unwrap();
            let order = AtomicU64::new(workers as u64);
            let slow = |trial: &mut Running<'_>| {
                let turn = order.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53;
                thread::sleep(Duration::from_micros(turn));
                learning(trial)
            };
            study.run_on(workers, SystemTime::now, slow).unwrap();
            (
                study.trials().unwrap().iter().filter(|trial| trial.state == State::Pruned).count(),
                rows(&study),
            )
        };
        let (pruned, alone) = made(1);
        assert!((1..45).contains(&pruned), "{pruner:?} stopped {pruned}");
        assert_eq!(made(2).1, alone, "{pruner:?}");
        assert_eq!(made(4).1, alone, "{pruner:?}");
    }
}

#[test]
fn the_front_of_two_objectives_is_what_no_trial_betters() {
    let directions = vec![Direction::Minimize, Direction::Maximize];
    let two = Settings {
        directions,
        trials: Some(40),
        ..settings(NsgaII { population: 8, ..NsgaII::new(7) }, finite())
    };
    let made = |workers| {
        let mut study = Study::open(memory(), "study", two.clone()).unwrap();
        let objectives = |trial: &mut Running<'_>| {
            let (layers, units) = (trial.float("layers")?, trial.float("units")?);
            Ok(TrialResult::complete_all([layers * units, units.log2() + layers]))
        };
        study.run_on(workers, SystemTime::now, objectives).unwrap();
        study
    };
    let (study, other) = (made(1), made(3));
    assert_eq!(rows(&study), rows(&other));
    let (front, trials) = (study.front().unwrap(), study.trials().unwrap());
    let betters = |a: &Trial, b: &Trial| {
        a.values[0] <= b.values[0] && a.values[1] >= b.values[1] && a.values != b.values
    };
    for trial in &trials {
        let bettered = trials.iter().any(|other| betters(other, trial));
        assert_eq!(front.iter().any(|found| found.number == trial.number), !bettered);
    }
}

#[test]
fn a_grid_of_48_points_is_tried_48_times_with_five_enqueued_twice() {
    let mut study = Study::open(memory(), "study", Settings::new(finite(), Grid)).unwrap();
    for place in [40, 3, 17, 3, 47, 0, 40, 17, 47, 0] {
        study.enqueue(&finite().point(place).unwrap().unwrap()).unwrap();
    }
    study.run_on(4, SystemTime::now, |trial| objective(trial)).unwrap();
    let trials = study.trials().unwrap();
    let mut points: Vec<_> =
        trials.iter().map(|trial| finite().place(&trial.parameters).unwrap().unwrap()).collect();
    assert_eq!(points[..5], [40, 3, 17, 47, 0], "what was enqueued comes first");
    points.sort_unstable();
    assert_eq!(points, (0..48).collect::<Vec<_>>());
}

#[test]
fn no_trial_begins_before_those_further_below_than_the_lag() {
    let lag = Some(2);
    let mut study = Study::open(memory(), "study", Settings { lag, ..settings(Grid, finite()) }).unwrap();
    let now = Timestamp::MIN;
    let ask = |study: &mut Study| match study.ask(now).unwrap() {
        Asked::Trial(lease) => Some(lease),
        Asked::Wait => None,
        Asked::Done => panic!("not done"),
    };
    let first: Vec<_> = (0..3).map(|_| ask(&mut study).unwrap()).collect();
    assert_eq!(ask(&mut study), None);
    study.tell(&first[1], &TrialResult::complete(1.0), now).unwrap();
    study.tell(&first[2], &TrialResult::complete(1.0), now).unwrap();
    assert_eq!(ask(&mut study), None, "the first still runs");
    study.tell(&first[0], &TrialResult::complete(1.0), now).unwrap();
    assert_eq!(ask(&mut study).unwrap().number, 3);
    study.enqueue(&finite().point(47).unwrap().unwrap()).unwrap();
    assert_eq!(ask(&mut study).unwrap().number, 4, "an enqueued trial too is begun by the rule");
    assert_eq!(ask(&mut study).unwrap().number, 5);
    assert_eq!(ask(&mut study), None);
}

#[test]
fn a_study_without_progress_ends() {
    let patient = Settings { patience: Some(6), lag: Some(3), ..settings(Random { seed: 1 }, mixed()) };
    let mut study = Study::open(memory(), "study", patient).unwrap();
    study.run_on(2, SystemTime::now, |trial| Ok((trial.number() as f64 - 4.0).abs())).unwrap();
    // The best is number 4: the sixth trial after it is number 10, which number 14 - lag may know.
    assert_eq!((study.best().unwrap().unwrap().number, study.trials().unwrap().len()), (4, 14));
}

#[test]
fn the_best_keeps_its_constraints_and_is_the_first_of_equals() {
    let directions = vec![Direction::Maximize];
    let best = Settings { directions, trials: Some(5), ..settings(Grid, finite()) };
    let mut study = Study::open(memory(), "study", best).unwrap();
    assert_eq!(study.best().unwrap(), None);
    let told = [0.5, 0.75, 0.9, 0.75, 0.25];
    study
        .run(SystemTime::now, |trial| {
            let value = told[trial.number() as usize];
            Ok(TrialResult { constraints: vec![value - 0.8], ..TrialResult::complete(value) })
        })
        .unwrap();
    assert_eq!(study.best().unwrap().unwrap().number, 1);
}

#[test]
fn a_closure_reads_parameters_and_fails_its_trial_alone() {
    let mut study =
        Study::open(memory(), "study", Settings { trials: Some(4), ..settings(Grid, space_of_names()) })
            .unwrap();
    let read = |trial: &mut Running<'_>| {
        Ok(match trial.number() {
            0 => trial.float("activation")?,
            1 => trial.int("nothing")? as f64,
            2 => f64::NAN,
            _ => trial.text("activation")?.len() as f64 + trial.float("units")? + trial.int("units")? as f64,
        })
    };
    study.run(SystemTime::now, read).unwrap();
    let trials = study.trials().unwrap();
    let failures: Vec<_> = trials.iter().map(|trial| trial.failure.as_deref().unwrap_or("none")).collect();
    let expected = [
        "parameter `activation` is \"relu\", expected a number",
        "parameter `nothing` is not active or not in the space, expected a whole number",
        "the objective is NaN",
        "none",
    ];
    assert_eq!(failures, expected);
    assert_eq!((trials[3].state, trials[3].value()), (State::Complete, Some(7.0 + 4.0)));
}

fn space_of_names() -> Space {
    Space::new([
        ("activation", Distribution::choice(["relu", "sigmoid"])),
        ("units", Distribution::int(1, 2)),
    ])
    .unwrap()
}

#[test]
fn another_space_or_sampler_is_refused_and_the_end_may_move() {
    let storage = Memory::new();
    let open = |settings| Study::open(Box::new(storage.clone()), "study", settings);
    let begun = settings(Random { seed: 7 }, mixed());
    open(begun.clone()).unwrap();
    open(Settings { trials: None, patience: Some(3), ..begun.clone() }).unwrap();
    let refused = |settings| open(settings).unwrap_err().to_string();
    assert_eq!(
        refused(Settings { sampler: Random { seed: 8 }.into(), ..begun.clone() }),
        r#"study `study` already exists with sampler {"kind":"random","seed":7}, not {"kind":"random","seed":8}; choose another name"#
    );
    assert!(refused(Settings { space: finite(), ..begun.clone() }).contains("already exists with space ["));
    assert!(refused(Settings { lag: Some(0), ..begun.clone() }).contains("already exists with lag 8, not 0"));
    let resumed = Study::resume(Box::new(storage.clone()), "study").unwrap();
    assert_eq!((resumed.settings().patience, &resumed.settings().space), (Some(3), &begun.space));

    let missing = Study::resume(Box::new(storage.clone()), "studies").unwrap_err().to_string();
    assert_eq!(missing, "no study `studies` in this storage; it has study");
    let mut other = storage.clone();
    let foreign = other.open_study("foreign", &[Direction::Minimize]).unwrap();
    other.set_study_attribute(foreign, "paper", &json!(1)).unwrap();
    let error = Study::resume(Box::new(other), "foreign").unwrap_err().to_string();
    assert!(error.starts_with("study `foreign` was not created by Tinderbox"), "{error}");
}

#[test]
fn a_point_of_another_space_is_not_enqueued() {
    let mut study = Study::open(memory(), "study", settings(Random { seed: 7 }, mixed())).unwrap();
    let error = study.enqueue(&finite().point(0).unwrap().unwrap()).unwrap_err().to_string();
    assert!(error.starts_with('`'), "{error}");
    let shallow = [("layers", json!(1)), ("rate", json!(0.01)), ("activation", json!("relu"))];
    let point = study.settings().space.point_of(shallow.clone()).unwrap();
    assert_eq!(study.enqueue(&point).unwrap(), 0);
    let deep = shallow.into_iter().chain([("dropout", json!(0.25))]);
    let error = mixed().point_of(deep).unwrap_err().to_string();
    assert_eq!(error, "`dropout` is 0.25, but its condition does not hold");
}

#[test]
fn settings_that_cannot_be_stored_or_used_are_refused_before_a_study_is_made() {
    let storage = Memory::new();
    let refused = |settings, expected: &str| {
        let error = Study::open(Box::new(storage.clone()), "study", settings).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(storage.studies().unwrap().is_empty(), "{expected}");
    };
    let usable = settings(Random { seed: 7 }, mixed());
    let with = |pruner: AnyPruner| Settings { pruner: Some(pruner), ..usable.clone() };
    for (delta, upper) in [(f64::NAN, f64::NAN), (f64::INFINITY, f64::INFINITY)] {
        let patience = Patience { patience: 2, min_delta: delta, inner: None };
        refused(with(patience.into()), "`min_delta` is");
        refused(with(Threshold { upper: Some(upper), ..Threshold::default() }.into()), "`upper` is");
    }
    let tpe = Tpe { prior_weight: f64::INFINITY, ..Tpe::new(7) };
    refused(Settings { sampler: tpe.into(), ..usable.clone() }, "not finite");
    refused(Settings { sampler: Grid.into(), ..usable.clone() }, "takes any number of its range");
    let several = vec![Direction::Minimize, Direction::Maximize];
    refused(
        Settings { sampler: GaussianProcess::new(7).into(), directions: several, ..usable },
        "takes one objective, found 2",
    );
}
