//! The comparison: best losses, seed by seed, beside those of a sampler of Optuna.

use serde_json::Value;
use tinderbox_search::{Random, Sampler};

use crate::problem::{Problem, bests};

/// Seeds of each of Optuna's samplers: 0, 1, 2 and so on.
pub(crate) const SEEDS: u64 = 30;

/// The upper 1 % of the standard normal distribution.
pub(crate) const ONE_PERCENT: f64 = 2.326;

/// The best losses of a sampler after so many trials, by seed.
pub(crate) fn ours<S: Sampler>(
    make: impl Fn(u64) -> S,
    problem: &Problem,
    trials: u64,
    seeds: u64,
) -> Vec<f64> {
    let best = |seed| *bests(&make(seed), problem, trials).last().expect("a trial");
    (0..seeds).map(best).collect()
}

/// The best losses that `sampler` of Optuna 5.0.0 found after so many trials: 30, 60, 100 or 200; Gaussian processes
/// ran for 60 only.
fn optuna(sampler: &str, problem: &Problem, trials: u64) -> Vec<f64> {
    let stored: Value = serde_json::from_str(include_str!("optuna-5.0.0.json")).unwrap();
    let checkpoints = stored["trials"].as_array().unwrap();
    let place = checkpoints.iter().position(|at| *at == trials).expect("trials that were stored");
    let column = &stored["bests"][problem.name][sampler][place];
    let bests = column.as_array().unwrap_or_else(|| panic!("no {sampler} on {}", problem.name));
    bests.iter().map(|best| best.as_f64().unwrap()).collect()
}

/// The middle number.
pub(crate) fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

/// How much larger numbers are than their partners (as far as they have some), in standard errors: Wilcoxon's signed-rank statistic, with the
/// normal approximation. Pairs without a difference count half for either side, as Pratt has it.
///
/// Source: Pratt, "Remarks on Zeros and Ties in the Wilcoxon Signed Rank Procedures" (1959).
pub(crate) fn signed_rank(numbers: &[f64], partners: &[f64]) -> f64 {
    let mut differences: Vec<_> = numbers.iter().zip(partners).map(|(a, b)| a - b).collect();
    differences.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
    let (mut sum, mut squares, mut first) = (0.0, 0.0, 0);
    for tied in differences.chunk_by(|a, b| a.abs().total_cmp(&b.abs()).is_eq()) {
        let rank = first as f64 + f64::midpoint(tied.len() as f64, 1.0);
        first += tied.len();
        for difference in tied.iter().filter(|difference| **difference != 0.0) {
            sum += rank * difference.signum();
            squares += rank * rank;
        }
    }
    if squares == 0.0 { 0.0 } else { sum / squares.sqrt() }
}

/// What may be lost to Optuna of the way from random search to it.
const MARGIN: f64 = 0.1;

/// The seeds of a comparison: of our sampler, and of the random search that measures what may be lost.
pub(crate) struct Seeds {
    pub(crate) ours: u64,
    pub(crate) random: u64,
}

/// Holds a sampler, after so many trials, to be as good as each of `theirs`: its median loses little, and pairs of
/// equal seeds do not show it worse.
pub(crate) fn is_as_good_as_optuna<S: Sampler>(
    name: &str,
    make: impl Fn(u64) -> S,
    seeds: &Seeds,
    (problem, trials): (&Problem, u64),
    theirs: &[&str],
) {
    let found = ours(make, problem, trials, seeds.ours);
    let random = ours(|seed| Random { seed }, problem, trials, seeds.random);
    let worse = report(name, &found, problem, trials, theirs);
    for (sampler, worse) in theirs.iter().zip(worse) {
        let theirs = median(&optuna(sampler, problem, trials));
        let allowed = theirs + MARGIN * (median(&random) - theirs).abs();
        let best = median(&found);
        assert!(best <= allowed, "{}: {best}, expected at most {allowed}, by {sampler}", problem.name);
        assert!(worse < ONE_PERCENT, "{}: {worse} standard errors worse than {sampler}", problem.name);
    }
}

/// Prints our best losses beside those of samplers of Optuna, and returns how much worse we are than each, in standard
/// errors.
fn report(name: &str, ours: &[f64], problem: &Problem, trials: u64, theirs: &[&str]) -> Vec<f64> {
    println!("{}, {trials} trials; the least loss is {:.4}", problem.name, problem.optimum);
    let row = |name: &str, bests: &[f64]| {
        let mean = bests.iter().sum::<f64>() / bests.len() as f64;
        print!("  {name:30} {:4} seeds  median {:9.5}  mean {mean:9.5}", bests.len(), median(bests));
    };
    row(name, ours);
    println!();
    let compared = theirs.iter().map(|sampler| {
        let bests = optuna(sampler, problem, trials);
        row(sampler, &bests);
        let worse = signed_rank(ours, &bests);
        println!(
            "  ours is {:.1} standard errors {}",
            worse.abs(),
            if worse > 0.0 { "worse" } else { "better" }
        );
        worse
    });
    compared.collect()
}

#[test]
fn signed_ranks_are_those_of_scipy() {
    // From SciPy 1.17.1: `wilcoxon(a, b, "pratt", alternative="greater", method="asymptotic").zstatistic`.
    let a = [1.0, 2.5, 3.0, 4.0, 7.5, 6.0, 0.5, 8.0];
    let b = [2.0, 2.5, 1.0, 3.0, 4.0, 7.0, 0.0, 3.5];
    assert!((signed_rank(&a, &b) - 1.340_156_670_131_336_8).abs() < 1e-9, "{}", signed_rank(&a, &b));
}
