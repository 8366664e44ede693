//! Studies that can be compared: spaces, every sampler and every pruner, and objectives that are functions of the point alone.
//!
//! The crate's own tests of studies, on threads, and those of processes include this file.

use std::collections::BTreeMap;
use std::error::Error;

use tinderbox_search::{
    AnyPruner, AnySampler, CmaEs, Condition, Distribution, GaussianProcess, Grid, Hyperband, Median, NsgaII,
    Parameter, Patience, Percentile, Random, RegularizedEvolution, Reinforce, Running, Sobol, Space,
    SuccessiveHalving, Threshold, Tpe, Trial, Wilcoxon,
};

/// A kind of each dimension, one of which is not always there.
pub(crate) fn mixed() -> Space {
    Space::new([
        ("layers", Distribution::int(1, 3)),
        ("rate", Distribution::log_uniform(1e-4, 0.1)),
        ("activation", Distribution::choice(["relu", "sigmoid"])),
        ("dropout", Distribution::Float { low: 0.0, high: 0.5, log: false, step: Some(0.125) }),
    ])
    .and_then(|space| space.when("dropout", Condition::at_least("layers", 2)))
    .unwrap()
}

/// 48 points.
pub(crate) fn finite() -> Space {
    Space::new([
        ("layers", Distribution::int(1, 3)),
        ("units", Distribution::choice([64, 128, 256, 512])),
        ("rate", Distribution::choice([1e-4, 1e-3, 1e-2, 1e-1])),
    ])
    .unwrap()
}

/// Every sampler, with generations that fit into a short study.
pub(crate) fn samplers() -> Vec<AnySampler> {
    vec![
        Grid.into(),
        Random { seed: 7 }.into(),
        Sobol { seed: 7 }.into(),
        Tpe::new(7).into(),
        GaussianProcess::new(7).into(),
        CmaEs::new(7).into(),
        RegularizedEvolution { population: 10, tournament: 3, ..RegularizedEvolution::new(7) }.into(),
        Reinforce::new(7).into(),
        NsgaII { population: 10, ..NsgaII::new(7) }.into(),
    ]
}

/// Every pruner, so set that it stops some trials.
pub(crate) fn pruners() -> Vec<AnyPruner> {
    let halving = SuccessiveHalving { reduction_factor: 2, ..SuccessiveHalving::default() };
    vec![
        Median::default().into(),
        Percentile { percentile: 25.0, ..Percentile::default() }.into(),
        halving.into(),
        Hyperband { reduction_factor: 2, ..Hyperband::new(7, 9) }.into(),
        Patience { patience: 3, min_delta: 0.0, inner: Some(Box::new(Median::default().into())) }.into(),
        Threshold { upper: Some(8.0), ..Threshold::default() }.into(),
        Wilcoxon::default().into(),
    ]
}

/// A function of the point alone; now and then it fails.
pub(crate) fn objective(trial: &Running<'_>) -> Result<f64, Box<dyn Error>> {
    let unit = |it: &Parameter| it.distribution().to_unit(it.value());
    let numbers = trial.point().values().map(|it| it.value().as_f64().unwrap_or_else(|| unit(it)));
    let sum: f64 = numbers.enumerate().map(|(place, number)| (number - place as f64).powi(2)).sum();
    if (sum * 1e6) as u64 % 11 == 3 { Err("diverged".into()) } else { Ok(sum) }
}

/// A loss that falls, by steps, to the objective of the point; some rise at the end.
pub(crate) fn learning(trial: &mut Running<'_>) -> Result<f64, Box<dyn Error>> {
    let end = objective(trial)?.min(50.0);
    for step in 0..9 {
        let rise = if end > 5.0 { f64::from(step) * 0.1 } else { 0.0 };
        trial.report(step, end + 2.0 / f64::from(step + 1) + rise)?;
    }
    Ok(end)
}

/// The trials without times, workers and attempts.
pub(crate) fn table(trials: &[Trial]) -> Vec<String> {
    let row = |trial: &Trial| {
        let point: BTreeMap<_, _> =
            trial.parameters.iter().map(|(name, parameter)| (name, parameter.value())).collect();
        let Trial { number, state, values, intermediate_values, failure, .. } = trial;
        format!("{number} {state:?} {point:?} {values:?} {intermediate_values:?} {failure:?}")
    };
    trials.iter().map(row).collect()
}
