//! The Parzen estimator beside Optuna's, in both of its modes.

use tinderbox_search::{Random, Tpe};

use crate::compare::{ONE_PERCENT, median, optuna, ours, report};
use crate::problem::{Problem, branin, hartmann6};
use crate::table::{hpo_bench, hpo_lib, nas_bench_201};

/// Trials of a run.
const TRIALS: u64 = 100;

/// What may be lost to Optuna of the way from random search to it.
const MARGIN: f64 = 0.1;

/// Optuna's default and its other mode.
const THEIRS: [&str; 2] = ["TPESampler", "TPESampler(multivariate=False)"];

fn is_as_good_as_optuna(problem: &Problem) {
    let found = ours(Tpe::new, problem, TRIALS);
    let random = ours(|seed| Random { seed }, problem, TRIALS);
    let worse = report("Tpe", &found, problem, TRIALS, &THEIRS);
    let theirs = median(&optuna(THEIRS[0], problem, TRIALS));
    let allowed = theirs + MARGIN * (median(&random) - theirs).abs();
    assert!(median(&found) <= allowed, "{}: {}, expected {allowed}", problem.name, median(&found));
    assert!(worse[0] < ONE_PERCENT, "{}: {} standard errors worse", problem.name, worse[0]);
}

#[test]
fn on_branin_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&branin());
}

#[test]
fn on_hartmann6_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&hartmann6());
}

#[test]
fn on_nas_bench_201_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&nas_bench_201());
}

#[test]
fn on_hpo_bench_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&hpo_bench());
}

#[test]
fn on_hpo_lib_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&hpo_lib());
}
