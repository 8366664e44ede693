//! Experiments, arms and claims of made-up trials.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tinderbox_report::{
    ArmFacts, ArmView, Claim, Dimension, ExperimentFacts, ExperimentView, PerturbationFacts, SearchFacts,
};

use super::trial::{Arm, pictures, record};
use super::{FULL, QUICK};

/// Draws `drawn` of all points, in the order of the grid.
pub(super) fn search(
    name: &str,
    title: &str,
    part: &str,
    sampler: &str,
    points: usize,
    drawn: usize,
    dimensions: &[(&str, Value)],
) -> ExperimentView {
    let mut experiment = of_experiment(name, title, part);
    let dimensions: Vec<Dimension> = dimensions
        .iter()
        .map(|(name, values)| Dimension {
            name: name.to_string(),
            values: values.as_array().expect("values are a list").clone(),
        })
        .collect();
    for number in 0..drawn {
        let mut left = number * points / drawn;
        let mut point = BTreeMap::new();
        let mut gain = 0.0;
        for Dimension { name, values } in &dimensions {
            let at = left % values.len();
            left /= values.len();
            gain += [0.0, 0.008, 0.006][at];
            point.insert(name.clone(), values[at].clone());
        }
        let words: Vec<String> = point.values().map(|value| value.to_string().replace('"', "")).collect();
        let setting = json!({ "point": point });
        let arm = Arm { accuracy: 0.925 + gain, setting, ..Arm::new(&words.join(", ")) };
        experiment.arms.push(with_point(view(name, &arm, FULL, &[]), point));
    }
    experiment.facts.seeds = (1..=FULL).collect();
    experiment.facts.search = Some(SearchFacts { sampler: sampler.into(), seed: 1, points, dimensions });
    experiment
}

pub(super) fn experiment(
    name: &str,
    title: &str,
    part: &str,
    statement: &str,
    seeds: u64,
    arms: &[Arm],
    sentences: &Value,
) -> ExperimentView {
    let mut experiment = of_experiment(name, title, part);
    experiment.facts.statement = statement.into();
    experiment.facts.claims = claims(sentences);
    experiment.arms = arms.iter().map(|arm| view(name, arm, seeds, &[])).collect();
    experiment
}

pub(super) fn of_experiment(name: &str, title: &str, part: &str) -> ExperimentView {
    ExperimentView {
        facts: ExperimentFacts {
            name: name.into(),
            title: title.into(),
            part: part.into(),
            protocol: "official".into(),
            seeds: (1..=QUICK).collect(),
            ..ExperimentFacts::default()
        },
        command: format!("cargo xtask reproduce --profile quick --only {name}"),
        arms: Vec::new(),
        test_images: Some(Arc::new(pictures())),
    }
}

pub(super) fn view(experiment: &str, arm: &Arm, seeds: u64, perturbations: &[PerturbationFacts]) -> ArmView {
    ArmView {
        facts: ArmFacts {
            name: arm.name.clone(),
            description: "everything else as in the others".into(),
            ..ArmFacts::default()
        },
        records: (1..=seeds).map(|seed| record(experiment, arm, seed, "official", perturbations)).collect(),
        ..ArmView::default()
    }
}

fn with_point(mut view: ArmView, point: BTreeMap<String, Value>) -> ArmView {
    view.facts.point = point;
    view
}

pub(super) fn claim(id: &str, sentence: &str, test: &Value) -> Value {
    json!({"id": id, "sentence": sentence, "test": test})
}

pub(super) fn read(mut claim: Value, reading: &str) -> Value {
    claim["reading"] = reading.into();
    claim
}

pub(super) fn claims(claims: &Value) -> Vec<Claim> {
    serde_json::from_value(claims.clone()).expect("these are claims")
}
