//! CMA-ES beside Optuna's.
//!
//! Not on NAS-Bench-201: it has choices alone, which both draw at random.

use tinderbox_search::CmaEs;

use crate::compare::{self, SEEDS, Seeds};
use crate::problem::{Problem, branin, hartmann6};
use crate::table::{hpo_bench, hpo_lib};

/// Trials of a run: about 30 generations on Branin, 22 on Hartmann-6.
const TRIALS: u64 = 200;

fn is_as_good_as_optuna(problem: &Problem) {
    let seeds = Seeds { ours: SEEDS, random: SEEDS };
    compare::is_as_good_as_optuna("CmaEs", CmaEs::new, &seeds, (problem, TRIALS), &["CmaEsSampler"]);
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
fn on_hpo_bench_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&hpo_bench());
}

/// Three dimensions of nine have no order, and both draw these at random.
#[test]
fn on_hpo_lib_it_is_as_good_as_optuna() {
    is_as_good_as_optuna(&hpo_lib());
}
