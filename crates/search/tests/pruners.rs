//! Pruners decide as those of Optuna. `pruners/make.py` makes the fixture.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use tinderbox_search::{
    Hyperband, Median, Observation, Patience, Percentile, Pruner, SuccessiveHalving, Threshold, Wilcoxon,
};

#[derive(Deserialize)]
struct Fixture {
    curves: BTreeMap<String, Vec<Trial>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Trial {
    curve: Vec<(u32, Value)>,
    value: Option<f64>,
}

#[derive(Deserialize)]
struct Case {
    pruner: Value,
    curves: String,
    /// Where in its curve Optuna stopped each trial.
    stopped: Vec<Option<usize>>,
}

#[test]
fn pruners_decide_as_those_of_optuna() {
    let fixture: Fixture = serde_json::from_str(include_str!("pruners/optuna.json")).unwrap();
    let mut decisions = BTreeMap::<_, usize>::new();
    for case in &fixture.cases {
        let pruner = pruner(&case.pruner);
        pruner.check().unwrap();
        let stopped = stops(&*pruner, &fixture.curves[&case.curves]);
        assert_eq!(stopped, case.stopped, "{} on {}", case.pruner, case.curves);
        *decisions.entry(case.pruner["kind"].as_str().unwrap()).or_default() +=
            stopped.iter().flatten().count();
    }
    // The fixture says something about each of them.
    assert!(decisions.len() == 7 && decisions.values().all(|stopped| *stopped > 50), "{decisions:?}");
}

/// The place in its curve at which each trial is stopped, if one runs after the other.
fn stops(pruner: &dyn Pruner, trials: &[Trial]) -> Vec<Option<usize>> {
    let mut told: Vec<Observation> = Vec::new();
    for (number, trial) in (0..).zip(trials) {
        let curve: Vec<_> = trial.curve.iter().map(|(step, value)| (*step, loss(value))).collect();
        let stop = (0..curve.len()).find(|place| pruner.prune(&told, number, &curve[..=*place]));
        told.push(Observation {
            number,
            losses: trial.value.into_iter().filter(|_| stop.is_none()).collect(),
            curve: curve[..stop.map_or(curve.len(), |place| place + 1)].to_vec(),
            pruned: stop.is_some(),
            ..Observation::default()
        });
    }
    let stop = |observation: &Observation| observation.pruned.then(|| observation.curve.len() - 1);
    told.iter().map(stop).collect()
}

fn loss(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

/// The pruner of these settings, by its kind.
fn pruner(settings: &Value) -> Box<dyn Pruner> {
    fn read<P: for<'a> Deserialize<'a> + Pruner + 'static>(settings: Value) -> Box<dyn Pruner> {
        Box::new(serde_json::from_value::<P>(settings).unwrap())
    }
    let mut settings = settings.clone();
    let kind = settings.as_object_mut().unwrap().remove("kind").unwrap();
    match kind.as_str().unwrap() {
        "hyperband" => read::<Hyperband>(settings),
        "median" => read::<Median>(settings),
        "patience" => {
            if let Some(inner) = settings.get_mut("inner").and_then(Value::as_object_mut) {
                inner.remove("kind");
            }
            read::<Patience<Median>>(settings)
        }
        "percentile" => read::<Percentile>(settings),
        "successive_halving" => read::<SuccessiveHalving>(settings),
        "threshold" => read::<Threshold>(settings),
        "wilcoxon" => read::<Wilcoxon>(settings),
        other => panic!("no pruner is called {other}"),
    }
}
