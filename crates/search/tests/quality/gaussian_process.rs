//! The Gaussian process beside Optuna's; all seeds with
//! `cargo test --release --test quality gaussian_process -- --nocapture --include-ignored`.

use tinderbox_search::GaussianProcess;

use crate::compare::{self, SEEDS, Seeds};
use crate::problem::{Problem, branin, hartmann6};
use crate::table::{hpo_bench, hpo_lib, nas_bench_201};

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

/// All seeds: the medians of eight and of thirty differ by more than may be lost.
#[test]
fn on_nas_bench_201_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&nas_bench_201(), SEEDS);
}

#[test]
fn on_hpo_bench_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&hpo_bench(), FEW);
}

#[test]
fn on_hpo_lib_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&hpo_lib(), FEW);
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

#[test]
#[ignore = "takes a minute"]
fn on_hpo_bench_it_is_as_good_as_optuna_over_all_seeds() {
    is_as_good_as_optuna(&hpo_bench(), SEEDS);
}

#[test]
#[ignore = "takes a minute"]
fn on_hpo_lib_it_is_as_good_as_optuna_over_all_seeds() {
    is_as_good_as_optuna(&hpo_lib(), SEEDS);
}
