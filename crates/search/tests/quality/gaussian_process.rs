//! The Gaussian process beside Optuna's; all seeds with
//! `cargo test --release --test quality gaussian_process -- --nocapture --include-ignored`.

use tinderbox_search::GaussianProcess;

use crate::compare::{self, SEEDS, Seeds};
use crate::problem::{Problem, branin, hartmann6};

/// Trials of a run, as many as Optuna's Gaussian process was given.
const TRIALS: u64 = 60;

/// Seeds that are tried without being asked for: a run takes a second.
const FEW: u64 = 8;

fn is_as_good_as_optuna(problem: &Problem, seeds: u64) {
    let (name, theirs) = ("GaussianProcess", ["GPSampler"]);
    let seeds = Seeds { ours: seeds, random: SEEDS };
    compare::is_as_good_as_optuna(name, GaussianProcess::new, &seeds, (problem, TRIALS), &theirs);
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
