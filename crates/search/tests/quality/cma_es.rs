//! CMA-ES beside Optuna's.

use tinderbox_search::{CmaEs, Random};

use crate::compare::{ONE_PERCENT, SEEDS, median, optuna, ours, report};
use crate::problem::{Problem, branin, hartmann6};

/// Trials of a run: about 30 generations on Branin, 22 on Hartmann-6.
const TRIALS: u64 = 200;

/// What may be lost to Optuna of the way from random search to it.
const MARGIN: f64 = 0.1;

fn is_as_good_as_optuna(problem: &Problem) {
    let found = ours(CmaEs::new, problem, TRIALS, SEEDS);
    let random = ours(|seed| Random { seed }, problem, TRIALS, SEEDS);
    let worse = report("CmaEs", &found, problem, TRIALS, &["CmaEsSampler"]);
    let theirs = median(&optuna("CmaEsSampler", problem, TRIALS));
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
