//! Importances are those of Optuna. `importance/make.py` makes the fixture.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tinderbox_search::{Distribution, ImportanceError, Observation, Parameter, Space, importance};

#[derive(Deserialize)]
struct Fixture {
    studies: Vec<Study>,
}

#[derive(Deserialize)]
struct Study {
    name: String,
    maximize: Vec<bool>,
    trials: Vec<Trial>,
    distributions: Vec<Distribution>,
    importances: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Trial {
    parameters: BTreeMap<String, (usize, Value)>,
    values: Vec<Value>,
}

#[test]
fn importances_are_those_of_optuna() {
    let fixture: Fixture = serde_json::from_str(include_str!("importance/optuna.json")).unwrap();
    for study in &fixture.studies {
        let told: Vec<_> = study.trials.iter().map(|trial| observation(study, trial)).collect();
        let found = importance(&told).unwrap();
        assert!(found.is_sorted_by(|(_, a), (_, b)| a >= b), "{}: {found:?}", study.name);
        assert_eq!(found.len(), study.importances.len());
        for (name, importance) in found {
            let expected = study.importances[&name];
            assert!(
                (importance - expected).abs() < 1e-12,
                "{}, {name}: {importance}, expected {expected}",
                study.name
            );
        }
    }
}

fn observation(study: &Study, trial: &Trial) -> Observation {
    let parameter = |(name, (place, value)): (&String, &(usize, Value))| {
        let parameter = Parameter::new(study.distributions[*place].clone(), value.clone()).unwrap();
        (name.clone(), parameter)
    };
    let loss = |(maximize, value): (&bool, &Value)| {
        let value = value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap());
        if *maximize { -value } else { value }
    };
    Observation {
        parameters: trial.parameters.iter().map(parameter).collect(),
        losses: study.maximize.iter().zip(&trial.values).map(loss).collect(),
        ..Observation::default()
    }
}

#[test]
fn where_trials_say_nothing_that_is_said() {
    let space = Space::new([("x", Distribution::uniform(0.0, 1.0)), ("y", Distribution::int(3, 3))]).unwrap();
    let told = |points: &[(f64, f64)]| {
        let observation = |(x, loss): &(f64, f64)| Observation {
            parameters: space.point_of([("x", json!(x)), ("y", json!(3))]).unwrap(),
            losses: vec![*loss],
            ..Observation::default()
        };
        points.iter().map(observation).collect::<Vec<_>>()
    };
    let message = |told: &[Observation]| importance(told).unwrap_err().to_string();
    assert!(message(&[]).starts_with("0 trials are complete with a finite loss"));
    assert_eq!(
        importance(&told(&[(0.5, 1.0), (0.25, f64::INFINITY)])),
        Err(ImportanceError::TooFew { found: 1, least: 2 })
    );
    let equal = told(&[(0.5, 1.0), (0.25, 1.0), (0.75, 1.0)]);
    assert!(message(&equal).starts_with("the best tenth of 3 trials is all of them"));

    let mut constant = told(&[(0.5, 1.0), (0.25, 2.0), (0.75, 3.0)]);
    assert_eq!(importance(&constant).unwrap(), [("x".to_owned(), 1.0), ("y".to_owned(), 0.0)]);
    for observation in &mut constant {
        observation.parameters.remove("x");
    }
    assert!(message(&constant).starts_with("no parameter took different values"));
    for distribution in [
        Distribution::uniform(3.0, 3.0),
        Distribution::Int { low: 0, high: 9, log: false, step: 0 },
        Distribution::Float { low: -1.0, high: 9.0, log: true, step: None },
    ] {
        for observation in &mut constant {
            let parameter = Parameter::new(distribution.clone(), json!(3)).unwrap();
            observation.parameters.insert("z".to_owned(), parameter);
        }
        assert_eq!(importance(&constant), Err(ImportanceError::Constant(3)), "{distribution:?}");
    }
}
