//! Experiments, arms and claims of made-up trials.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tinderbox_report::{ArmView, Claim, ExperimentView, Perturbation, SearchView, TestImages};

use super::trial::{Arm, IMAGES, record};
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
    let dimensions: Vec<(String, Vec<Value>)> = dimensions
        .iter()
        .map(|(name, values)| (name.to_string(), values.as_array().expect("values are a list").clone()))
        .collect();
    for number in 0..drawn {
        let mut left = number * points / drawn;
        let mut point = BTreeMap::new();
        let mut gain = 0.0;
        for (name, values) in &dimensions {
            let at = left % values.len();
            left /= values.len();
            gain += [0.0, 0.008, 0.006][at];
            point.insert(name.clone(), values[at].clone());
        }
        let words: Vec<String> = point.values().map(|value| value.to_string().replace('"', "")).collect();
        let setting = json!({ "point": point });
        let arm = Arm { accuracy: 0.925 + gain, setting, ..Arm::new(&words.join(", ")) };
        experiment.arms.push(ArmView { point, ..view(name, &arm, FULL, &[]) });
    }
    experiment.seeds = (1..=FULL).collect();
    experiment.search = Some(SearchView { sampler: sampler.into(), seed: 1, points, dimensions });
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
    ExperimentView {
        statement: statement.into(),
        arms: arms.iter().map(|arm| view(name, arm, seeds, &[])).collect(),
        claims: claims(sentences),
        ..of_experiment(name, title, part)
    }
}

pub(super) fn of_experiment(name: &str, title: &str, part: &str) -> ExperimentView {
    ExperimentView {
        name: name.into(),
        title: title.into(),
        part: part.into(),
        statement: String::new(),
        protocol: "official".into(),
        seeds: (1..=QUICK).collect(),
        command: format!("cargo xtask reproduce --profile quick --only {name}"),
        arms: Vec::new(),
        perturbations: vec![],
        search: None,
        claims: Vec::new(),
        test_images: Some(Arc::new(pictures())),
    }
}

pub(super) fn view(experiment: &str, arm: &Arm, seeds: u64, perturbations: &[Perturbation]) -> ArmView {
    ArmView {
        name: arm.name.clone(),
        description: "everything else as in the others".into(),
        records: (1..=seeds).map(|seed| record(experiment, arm, seed, "official", perturbations)).collect(),
        ..ArmView::default()
    }
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

/// A bright bar whose place tells the class.
fn pictures() -> TestImages {
    TestImages {
        height: 16,
        width: 16,
        pixels: (0..IMAGES * 256)
            .map(|pixel| if pixel % 16 == pixel / 256 % 10 + 3 { 255 } else { 0 })
            .collect(),
        labels: (0..IMAGES).map(|image| (image % 10) as u8).collect(),
    }
}
