//! A made-up trial: its accuracy goes by the arm, a little by the seed, and hard images are hard for all.

use serde_json::{Value, json};
use tinderbox_report::{
    Changed, DatasetIdentity, Environment, Epoch, LayerSummary, ModelSummary, Outcome, PerturbationFacts,
    Perturbed, Predictions, Record, Results, TestImages, Timing,
};

/// Test images.
pub(super) const IMAGES: usize = 400;
const EPOCHS: usize = 8;

/// What the trials of an arm go by.
#[derive(Clone)]
pub(super) struct Arm {
    pub(super) name: String,
    /// At the end, in `[0, 1]`.
    pub(super) accuracy: f64,
    /// Of learning, an epoch.
    pub(super) rate: f64,
    pub(super) diverges: bool,
    /// Share of an attack that does no harm, in `[0, 1]`.
    pub(super) robustness: f64,
    /// Robust against the weak attack alone, which it was trained on.
    pub(super) overfitted: bool,
    pub(super) parameters: u64,
    /// An epoch.
    pub(super) seconds: f64,
    /// Laid over the settings that all share.
    pub(super) setting: Value,
    /// Nothing was trained.
    pub(super) averaged: bool,
}

impl Arm {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            accuracy: 0.94,
            rate: 1.2,
            diverges: false,
            robustness: 0.0,
            overfitted: false,
            parameters: 297_866,
            seconds: 0.3,
            setting: json!({"model": {"kind": "fcn", "note": name}}),
            averaged: false,
        }
    }
}

/// The record of a training that never was.
pub(super) fn record(
    experiment: &str,
    arm: &Arm,
    seed: u64,
    protocol: &str,
    perturbations: &[PerturbationFacts],
) -> Record {
    let epochs = if arm.diverges { 2 } else { EPOCHS };
    let history: Vec<Epoch> = (1..=epochs).map(|epoch| measures(arm, seed, epoch)).collect();
    let perturbed = |facts: &PerturbationFacts| Perturbed {
        perturbation: facts.perturbation.clone(),
        test: Some(predictions(arm, seed, harm(facts) * (1.0 - robustness(arm, facts)))),
    };
    Record {
        experiment: experiment.into(),
        arm: arm.name.clone(),
        seed,
        results: Results {
            protocol: protocol.into(),
            configuration: configuration(&arm.setting),
            dataset: dataset(),
            outcome: if arm.diverges { Outcome::Diverged { epoch: 2 } } else { Outcome::Finished },
            final_training_accuracy: (!arm.diverges).then_some(0.998),
            history: if arm.averaged { Vec::new() } else { history },
            model: ModelSummary {
                parameters: arm.parameters,
                multiply_adds: arm.parameters - 906,
                layers: layers(arm),
            },
            test: (!arm.diverges).then(|| predictions(arm, seed, 0.0)),
            perturbed: perturbations.iter().map(perturbed).collect(),
        },
        timing: Timing {
            epoch_seconds: (0..epochs).map(|epoch| arm.seconds * (1.0 + 0.01 * epoch as f64)).collect(),
            wall_seconds: arm.seconds * 10.0 + 0.1 * seed as f64,
            cpu_seconds: Some(arm.seconds * 9.5),
            started: format!("2026-03-01T12:{seed:02}:00Z"),
        },
        environment: environment(),
        changed: perturbations.iter().map(changed).collect(),
    }
}

fn measures(arm: &Arm, seed: u64, epoch: usize) -> Epoch {
    let wobble = 0.006 * (chance(&arm.name, seed, epoch) - 0.5);
    let test_accuracy =
        if arm.diverges { 0.1 } else { arm.accuracy - 0.4 * (-arm.rate * epoch as f64).exp() + wobble };
    Epoch {
        epoch,
        training_loss: if arm.diverges && epoch == 2 {
            f64::NAN
        } else {
            2.0 * (-0.5 * arm.rate * epoch as f64).exp() + 0.01
        },
        training_accuracy: (test_accuracy + 0.03).min(1.0),
        validation_loss: 0.2 - 0.01 * epoch as f64,
        validation_accuracy: (test_accuracy + 0.012 + wobble).min(1.0),
        test_loss: 0.25,
        test_accuracy,
    }
}

/// The first image of each class, every pixel moved up or down by the strength.
fn changed(facts: &PerturbationFacts) -> Changed {
    let strength = facts.strength.as_ref().map_or(0.0, |strength| strength.value as f32);
    let pictures = pictures();
    let moved = |(place, &ink): (usize, &u8)| {
        let up = chance(&facts.title, 0, place) < 0.5;
        (f32::from(ink) / 255.0 + if up { strength } else { -strength }).clamp(0.0, 1.0)
    };
    let pixels: Vec<f32> = pictures.pixels[..10 * 256].iter().enumerate().map(moved).collect();
    Changed::new(facts.perturbation.clone(), [1, 16, 16], &pixels, (0..10).map(|image| (image, image as u32)))
}

/// A bright bar whose place tells the class.
pub(super) fn pictures() -> TestImages {
    TestImages {
        height: 16,
        width: 16,
        pixels: (0..IMAGES * 256)
            .map(|pixel| if pixel % 16 == pixel / 256 % 10 + 3 { 255 } else { 0 })
            .collect(),
        labels: (0..IMAGES).map(|image| (image % 10) as u8).collect(),
    }
}

/// An image is wrong where its ease lies below the share of errors, give or take a little for each trial.
fn predictions(arm: &Arm, seed: u64, harm: f64) -> Predictions {
    let errors = 1.0 - arm.accuracy + harm + 0.01 * (chance(&arm.name, seed, 0) - 0.5);
    let row = |image: usize| {
        let ease = chance("image", 0, image) + 0.03 * (chance(&arm.name, seed, image) - 0.5);
        let answer = (image + if ease < errors { 3 } else { 0 }) % 10;
        (0..10).map(move |class| if class == answer { 0.82 } else { 0.02 })
    };
    Predictions {
        classes: 10,
        indices: (0..IMAGES as u32).collect(),
        labels: (0..IMAGES).map(|image| (image % 10) as u8).collect(),
        probabilities: (0..IMAGES).flat_map(row).collect(),
    }
}

fn robustness(arm: &Arm, facts: &PerturbationFacts) -> f64 {
    if arm.overfitted && facts.title == "PGD" { 0.0 } else { arm.robustness }
}

fn harm(facts: &PerturbationFacts) -> f64 {
    let strength = facts.strength.as_ref().map_or(0.0, |strength| strength.value);
    if facts.attack { (3.0 * strength).min(0.9) } else { 0.2 * strength }
}

fn configuration(setting: &Value) -> Value {
    let mut whole = json!({
        "model": {"kind": "fcn", "hidden": [512, 256, 128], "dropout": 0.0},
        "training": {"learning_rate": 0.001, "batch_size": 64, "optimizer": {"kind": "adam", "epsilon": 1e-8}},
    });
    for (name, value) in setting.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    whole
}

fn dataset() -> DatasetIdentity {
    DatasetIdentity {
        name: "made-up".into(),
        title: "Made-up digits".into(),
        sha256: "ab".repeat(32),
        stand_in: false,
        training: 6562,
        validation: 729,
        test: IMAGES,
        classes: 10,
    }
}

fn layers(arm: &Arm) -> Vec<LayerSummary> {
    if arm.averaged {
        return Vec::new();
    }
    let output =
        LayerSummary { name: "linear".into(), output: vec![10], parameters: 1290, multiply_adds: 1280 };
    let parameters = arm.parameters - output.parameters;
    let multiply_adds = arm.parameters - 906 - output.multiply_adds;
    vec![LayerSummary { name: "linear".into(), output: vec![512], parameters, multiply_adds }, output]
}

fn environment() -> Environment {
    Environment {
        tinderbox: "0.1.0".into(),
        burn: "0.22.1".into(),
        backend: "flex".into(),
        revision: Some("0123456789abcdef0123456789abcdef01234567".into()),
        dirty: Some(false),
        cpu: "Example CPU @ 2.00 GHz".into(),
        cores: 2,
        threads: 1,
        os: "Linux".into(),
        worker: "w0".into(),
        attempt: 1,
    }
}

/// In `[0, 1)`, by its arguments alone: FNV-1a, then a finaliser that spreads neighbours.
fn chance(name: &str, seed: u64, number: usize) -> f64 {
    let bytes = name.bytes().map(u64::from).chain([seed + 1000, number as u64 + 2000]);
    let mut hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ byte).wrapping_mul(0x0100_0000_01b3));
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}
