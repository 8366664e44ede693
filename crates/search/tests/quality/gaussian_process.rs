//! The Gaussian process beside Optuna's; all seeds with
//! `cargo test --release --test quality gaussian_process -- --nocapture --include-ignored`.

use tinderbox_search::{GaussianProcess, Random};

use crate::compare::{ONE_PERCENT, SEEDS, median, optuna, ours, report};
use crate::problem::{Problem, branin, hartmann6};

/// Trials of a run, as many as Optuna's Gaussian process was given.
const TRIALS: u64 = 60;

/// Seeds that are tried without being asked for: a run takes a second.
const FEW: u64 = 8;

/// What may be lost to Optuna of the way from random search to it.
const MARGIN: f64 = 0.1;

fn is_as_good_as_optuna(problem: &Problem, seeds: u64) {
    let found = ours(GaussianProcess::new, problem, TRIALS, seeds);
    let random = ours(|seed| Random { seed }, problem, TRIALS, SEEDS);
    let worse = report("GaussianProcess", &found, problem, TRIALS, &["GPSampler"]);
    let theirs = median(&optuna("GPSampler", problem, TRIALS));
    let allowed = theirs + MARGIN * (median(&random) - theirs).abs();
    assert!(median(&found) <= allowed, "{}: {}, expected {allowed}", problem.name, median(&found));
    assert!(worse[0] < ONE_PERCENT, "{}: {} standard errors worse", problem.name, worse[0]);
}

#[test]
fn on_branin_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&branin(), FEW);
}

#[test]
fn on_hartmann6_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&hartmann6(), FEW);
}

#[test]
#[ignore = "takes a minute"]
fn on_branin_it_is_as_good_as_optuna_over_all_seeds() {
    is_as_good_as_optuna(&branin(), SEEDS);
}

#[test]
#[ignore = "takes a minute"]
fn on_hartmann6_it_is_as_good_as_optuna_over_all_seeds() {
    is_as_good_as_optuna(&hartmann6(), SEEDS);
}
