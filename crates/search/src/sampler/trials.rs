//! Trials one after the other, for tests of how well samplers search.

use super::{History, Sampler};
use crate::observation::Observation;
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
        let history = History { told: &told[..known], pending: &pending, enqueued: &[] };
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
