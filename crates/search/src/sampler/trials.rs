//! Trials one after the other, for tests of how well samplers search.

use super::{History, Sampler};
use crate::observation::Observation;
use crate::parameter::Distribution;
use crate::space::{Point, Space};

/// What a trial comes to: its losses, and by how much it breaks constraints.
pub(super) type Result = (Vec<f64>, f64);

/// The first trials, as many as `budget`, of a study whose results are known `lag` trials later.
pub(super) fn run(
    sampler: &dyn Sampler,
    space: &Space,
    budget: u64,
    lag: u64,
    result: impl Fn(&Point) -> Result,
) -> Vec<Observation> {
    let mut told: Vec<Observation> = Vec::new();
    for number in 0..budget {
        let known = number.saturating_sub(lag) as usize;
        let pending: Vec<_> = told[known..].iter().map(|trial| trial.parameters.clone()).collect();
        let history = History { finished: &told[..known], pending: &pending, ..History::default() };
        let parameters = sampler.sample(space, &history, number).unwrap().unwrap();
        space.check(&parameters).unwrap();
        let (losses, violation) = result(&parameters);
        told.push(Observation { number, parameters, losses, violation, ..Observation::default() });
    }
    told
}

/// The numbers of a point, in the order of their names.
pub(super) fn numbers(point: &Point) -> Vec<f64> {
    point.values().map(|parameter| parameter.value().as_f64().unwrap()).collect()
}

/// Best accuracy, in percent, of as many cells of NAS-Bench-201 as `budget`: validation accuracy on CIFAR-100 after
/// 200 epochs, from `tests/quality/tables`.
pub(super) fn benchmark(sampler: &dyn Sampler, budget: u64) -> f64 {
    let table = include_bytes!("../../tests/quality/tables/nasbench201-cifar100.u16");
    let edges = (0..6).map(|edge| (format!("edge {edge}"), Distribution::choice(0..5)));
    let space = Space::new(edges).unwrap();
    let trials = run(sampler, &space, budget, 0, |point| {
        let place = space.place(point).unwrap().unwrap() as usize;
        let stored = u16::from_le_bytes([table[2 * place], table[2 * place + 1]]);
        (vec![-f64::from(stored) / 300.0], 0.0)
    });
    -trials.iter().map(|trial| trial.losses[0]).fold(f64::INFINITY, f64::min)
}
