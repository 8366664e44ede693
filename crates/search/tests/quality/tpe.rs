//! The Parzen estimator beside Optuna's, in both of its modes.

use tinderbox_search::Tpe;

use crate::compare::{self, ONE_PERCENT, SEEDS, Seeds, median, ours, signed_rank};
use crate::problem::{Problem, branin, hartmann6};
use crate::table::{hpo_bench, hpo_lib, nas_bench_201};

/// Trials of a run.
const TRIALS: u64 = 100;

/// Optuna's default and its other mode.
const THEIRS: [&str; 2] = ["TPESampler", "TPESampler(multivariate=False)"];

/// Seeds of ours: more than of Optuna's, since they are cheap.
const MANY: u64 = 90;

fn is_as_good_as_optuna(problem: &Problem) {
    let seeds = Seeds { ours: MANY, random: MANY };
    compare::is_as_good_as_optuna("Tpe", Tpe::new, &seeds, (problem, TRIALS), &THEIRS);
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

#[test]
fn looking_at_fewer_others_costs_no_quality() {
    let problem = hartmann6();
    let trials = 500;
    let found = ours(Tpe::new, &problem, trials, SEEDS);
    let all = |seed| Tpe { most_others: usize::MAX, ..Tpe::new(seed) };
    let all = ours(all, &problem, trials, SEEDS);
    let worse = signed_rank(&found, &all);
    println!(
        "{}, {trials} trials: median {:.5}, and {:.5} where all others are looked at; {worse:.1} standard errors worse",
        problem.name,
        median(&found),
        median(&all)
    );
    assert!(worse < ONE_PERCENT, "{worse} standard errors");
}
