//! Samplers of several objectives beside Optuna's: how large an area their trials dominate.

use serde_json::Value;
use tinderbox_search::hypervolume::hypervolume;
use tinderbox_search::{Distribution, History, NsgaII, Observation, Random, Sampler, Space, Tpe};

use crate::compare::{ONE_PERCENT, median, signed_rank};

/// Seeds of a sampler: 0, 1, 2 and so on.
const SEEDS: u64 = 10;

/// Two losses of a point.
type Losses = fn(&[f64]) -> [f64; 2];

/// Zitzler, Deb, Thiele, "Comparison of Multiobjective Evolutionary Algorithms" (2000), in ten dimensions. The front is
/// where all but the first are 0.
const PROBLEMS: [(&str, Losses); 2] = [("ZDT1", |x| zdt(x, f64::sqrt)), ("ZDT2", |x| zdt(x, |x| x * x))];

fn zdt(x: &[f64], shape: fn(f64) -> f64) -> [f64; 2] {
    let g = 1.0 + x[1..].iter().sum::<f64>();
    [x[0], g * (1.0 - shape(x[0] / g))]
}

/// What Optuna 5.0.0 found.
struct Optuna(Value);

impl Optuna {
    fn read() -> Self {
        Self(serde_json::from_str(include_str!("optuna-fronts-5.0.0.json")).unwrap())
    }

    /// The areas of a sampler, by seed.
    fn areas(&self, problem: &str, sampler: &str) -> Vec<f64> {
        let areas = self.0["volumes"][problem][sampler].as_array().unwrap();
        areas.iter().map(|area| area.as_f64().unwrap()).collect()
    }

    /// The areas of one of ours after as many trials, within the same corner.
    fn ours<S: Sampler>(&self, losses: Losses, make: impl Fn(u64) -> S) -> Vec<f64> {
        let corner = [&self.0["corner"][0], &self.0["corner"][1]].map(|worst| worst.as_f64().unwrap());
        let trials = self.0["trials"].as_u64().unwrap();
        (0..SEEDS).map(|seed| hypervolume(&tried(&make(seed), losses, trials), &corner)).collect()
    }
}

/// The losses of so many trials, one at a time.
fn tried(sampler: &dyn Sampler, losses: Losses, trials: u64) -> Vec<[f64; 2]> {
    let names = (0..10).map(|place| (format!("x{place}"), Distribution::uniform(0.0, 1.0)));
    let space = Space::new(names).unwrap();
    let (mut told, mut tried): (Vec<Observation>, _) = (Vec::new(), Vec::new());
    for number in 0..trials {
        let history = History { finished: &told, ..History::default() };
        let parameters = sampler.sample(&space, &history, number).unwrap().unwrap();
        let x: Vec<_> = parameters.values().map(|it| it.value().as_f64().unwrap()).collect();
        tried.push(losses(&x));
        let losses = losses(&x).to_vec();
        told.push(Observation { number, parameters, losses, ..Observation::default() });
    }
    tried
}

/// Holds a sampler not to fall short of `theirs`, seed by seed.
fn comes_as_far<S: Sampler>(name: &str, make: impl Fn(u64) -> S, theirs: &[&str]) {
    let optuna = Optuna::read();
    for (problem, losses) in PROBLEMS {
        let ours = optuna.ours(losses, &make);
        let random = optuna.ours(losses, |seed| Random { seed });
        println!("{problem}: {name} {:.4}, Random {:.4}", median(&ours), median(&random));
        assert!(signed_rank(&ours, &random) > ONE_PERCENT, "{problem}: no better than at random");
        for sampler in theirs {
            let theirs = optuna.areas(problem, sampler);
            let worse = signed_rank(&theirs, &ours);
            println!("  {sampler} {:.4}: ours is {worse:.1} standard errors worse", median(&theirs));
            assert!(worse < ONE_PERCENT, "{problem}: {worse} standard errors worse than {sampler}");
        }
    }
}

#[test]
fn tpe_comes_as_far_as_optuna() {
    comes_as_far("Tpe", Tpe::new, &["TPESampler", "TPESampler(multivariate=True)"]);
}

#[test]
fn nsga_ii_comes_as_far_as_optuna() {
    comes_as_far("NsgaII", NsgaII::new, &["NSGAIISampler"]);
}
