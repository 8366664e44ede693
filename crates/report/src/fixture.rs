//! Made-up records: every number is a formula of the arm and the seed, none was measured.

use std::sync::Arc;

use serde_json::json;

use crate::record::{
    DatasetIdentity, Environment, Epoch, LayerSummary, ModelSummary, Outcome, Perturbation, Predictions,
    Record, Results, Timing,
};
use crate::report::{
    ArmFacts, ArmView, Ensemble, ExperimentFacts, ExperimentView, Failure, PerturbationFacts, PlanView,
    Report, Reported, Strength, TestImages,
};

/// Epochs of a made-up training.
pub(crate) const EPOCHS: usize = 8;
/// Test images of a made-up data set.
pub(crate) const IMAGES: usize = 40;

/// The record of a training that never was. Arm `fcn` learns fast and stays low.
pub(crate) fn record(arm: &str, seed: u64) -> Record {
    let history: Vec<Epoch> = (1..=EPOCHS).map(|epoch| measures(arm, seed, epoch)).collect();
    Record {
        experiment: "task1_models".into(),
        arm: arm.into(),
        seed,
        results: Results {
            protocol: "official".into(),
            configuration: json!({"model": {"kind": arm}, "learning_rate": 0.001, "batch_size": 64}),
            dataset: DatasetIdentity {
                name: "usps".into(),
                title: "USPS ZIP-code digits".into(),
                sha256: "ab".repeat(32),
                stand_in: false,
                training: 6562,
                validation: 729,
                test: IMAGES,
                classes: 10,
            },
            outcome: Outcome::Finished,
            final_training_accuracy: Some(0.999),
            history,
            model: model(arm),
            test: Some(predictions(arm, seed)),
            perturbed: vec![],
        },
        timing: Timing {
            epoch_seconds: (0..EPOCHS).map(|epoch| 0.3 + 0.01 * epoch as f64 + 0.001 * seed as f64).collect(),
            wall_seconds: 12.5,
            cpu_seconds: Some(11.25),
            started: format!("2026-03-01T12:00:{seed:02}Z"),
        },
        environment: Environment {
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
        },
        changed: vec![],
    }
}

/// Ends near 0.94 (`fcn`), 0.96 (`local_net`), 0.97 (`cnn`) or, by the letters of its name, below that.
fn measures(arm: &str, seed: u64, epoch: usize) -> Epoch {
    let (end, rate) = match arm {
        "fcn" => (0.94, 1.6),
        "local_net" => (0.96, 0.9),
        "cnn" => (0.97, 0.7),
        other => (0.93 + 0.002 * f64::from(other.bytes().map(u16::from).sum::<u16>() % 20), 0.7),
    };
    let wobble = 0.004 * ((seed as f64 * 2.4 + epoch as f64 * 1.7).sin());
    let test_accuracy = end - 0.35 * (-rate * epoch as f64).exp() + wobble;
    Epoch {
        epoch,
        training_loss: 1.8 * (-0.6 * rate * epoch as f64).exp() + 0.01,
        training_accuracy: (test_accuracy + 0.03).min(1.0),
        validation_loss: 0.2 - 0.01 * epoch as f64,
        validation_accuracy: (test_accuracy + 0.015).min(1.0),
        test_loss: 0.25,
        test_accuracy,
    }
}

fn model(arm: &str) -> ModelSummary {
    let layer = |name: &str, output: &[usize], parameters, multiply_adds| LayerSummary {
        name: name.into(),
        output: output.to_vec(),
        parameters,
        multiply_adds,
    };
    let layers = if arm == "fcn" {
        vec![layer("linear", &[512], 131_584, 131_072), layer("linear", &[10], 5130, 5120)]
    } else {
        vec![
            layer("conv 3x3", &[32, 16, 16], 320, 73_728),
            layer("max-pool 2", &[32, 8, 8], 0, 0),
            layer("linear", &[10], 20_490, 20_480),
        ]
    };
    ModelSummary {
        parameters: layers.iter().map(|layer| layer.parameters).sum(),
        multiply_adds: layers.iter().map(|layer| layer.multiply_adds).sum(),
        layers,
    }
}

/// Everybody misses images 0 and 5; `fcn` misses image 7 too; seed 1 of any arm misses image 9.
fn predictions(arm: &str, seed: u64) -> Predictions {
    let labels: Vec<u8> = (0..IMAGES).map(|image| (image % 10) as u8).collect();
    let row = |image: usize| {
        let wrong = [0, 5].contains(&image) || arm == "fcn" && image == 7 || seed == 1 && image == 9;
        let answer = (image + usize::from(wrong) * 3) % 10;
        (0..10).map(move |class| if class == answer { 0.75 } else { 0.25 / 9.0 })
    };
    Predictions {
        classes: 10,
        indices: (0..IMAGES as u32).collect(),
        probabilities: (0..IMAGES).flat_map(row).collect(),
        labels,
    }
}

/// An attack.
pub(crate) fn fgsm(epsilon: f64) -> PerturbationFacts {
    PerturbationFacts {
        perturbation: Perturbation::new("fgsm", epsilon),
        title: "FGSM".into(),
        strength: Some(Strength { symbol: "ε".into(), value: epsilon }),
        attack: true,
    }
}

/// A perturbation that is no attack.
pub(crate) fn noise(deviation: f64) -> PerturbationFacts {
    PerturbationFacts {
        perturbation: Perturbation::new("noise", deviation),
        title: "noise".into(),
        strength: Some(Strength { symbol: "σ".into(), value: deviation }),
        attack: false,
    }
}

/// The mean of `members`.
pub(crate) fn mean(members: &[&str]) -> Ensemble {
    let members = members.iter().map(|&name| name.into()).collect();
    Ensemble { rule: "mean".into(), title: "mean".into(), members }
}

/// Three arms with three seeds each, and pictures: a bright bar whose place tells the class.
pub(crate) fn report() -> Report {
    let arms = ["fcn", "local_net", "cnn"];
    let arm = |name: &str| ArmView {
        facts: ArmFacts { name: name.into(), description: format!("the {name}"), ..ArmFacts::default() },
        records: (0..3).map(|seed| record(name, seed)).collect(),
        ..ArmView::default()
    };
    Report {
        title: "Made-up digits".into(),
        paper: None,
        created: "2026-03-01 12:30 UTC".into(),
        plan: PlanView { hash: "cd".repeat(32), profile: "quick".into(), epochs: Some(EPOCHS) },
        command: "cargo xtask reproduce --profile quick".into(),
        backend: "flex".into(),
        notice: None,
        experiments: vec![ExperimentView {
            facts: ExperimentFacts {
                name: "task1_models".into(),
                title: "Three models".into(),
                part: "Task I, figure 1".into(),
                statement: "The CNN has the best accuracy.".into(),
                protocol: "official".into(),
                seeds: vec![0, 1, 2],
                ..ExperimentFacts::default()
            },
            command: "cargo xtask reproduce --only task1_models".into(),
            arms: arms.map(arm).to_vec(),
            test_images: Some(Arc::new(pictures())),
        }],
    }
}

/// A whole paper: three models, learning rates of which one diverges, a grid of 18 arms with 12 seeds each.
pub(crate) fn paper() -> Report {
    let mut report = report();
    let experiment = |name: &str, title: &str, arms: Vec<String>, seeds: u64| ExperimentView {
        facts: ExperimentFacts {
            name: name.into(),
            title: title.into(),
            part: "Task II, table 9".into(),
            statement: "The second has the best accuracy, and 0.1 fails to converge.".into(),
            protocol: "official".into(),
            seeds: (0..seeds).collect(),
            ..ExperimentFacts::default()
        },
        command: format!("cargo xtask reproduce --only {name}"),
        arms: arms.into_iter().map(|arm| self::arm(name, arm, seeds)).collect(),
        test_images: Some(Arc::new(pictures())),
    };
    let mut rates =
        experiment("task2_rates", "Learning rates", ["0.0001", "0.001", "0.1"].map(String::from).to_vec(), 8);
    for record in &mut rates.arms[2].records {
        record.results.outcome = Outcome::Diverged { epoch: 2 };
        record.results.history.truncate(2);
        record.results.history[1].training_loss = f64::NAN;
        record.results.history[1].test_accuracy = 0.1;
        record.results.test = None;
    }
    rates.arms[1].facts.reported = Some(Reported { percent: 95.7, what: "test accuracy, table 1".into() });
    rates.arms[2].failures = vec![Failure {
        seed: 9,
        reason:
            "the worker was killed by signal 9 while it ran epoch 3; an earlier attempt ended the same way"
                .into(),
    }];
    rates.arms[2].waiting = 3;
    let grid = [2, 3, 4].iter().flat_map(|layers| {
        [128, 256, 512]
            .iter()
            .flat_map(move |width| ["ReLU", "Sigmoid"].map(|act| format!("({layers}, {width}, {act})")))
    });
    report.experiments[0] =
        experiment("task1_models", "Three models", ["fcn", "local_net", "cnn"].map(String::from).to_vec(), 8);
    report.experiments[0].facts.statement = "The CNN reaches the best accuracy with fewer parameters than the FCN, which learns faster at first and then overfits. LocalNet does well but is computationally expensive.".into();
    report.experiments.push(rates);
    report.experiments.push(experiment("extra_grid", "Architecture search", grid.collect(), 12));
    let parts = ["Task I, figure 1", "Task II, figure 2", "Extra, table 3"];
    report
        .experiments
        .iter_mut()
        .zip(parts)
        .for_each(|(experiment, part)| experiment.facts.part = part.into());
    report
}

fn pictures() -> TestImages {
    TestImages {
        height: 16,
        width: 16,
        pixels: (0..IMAGES * 256).map(|pixel| if pixel % 16 == pixel / 256 % 10 { 255 } else { 0 }).collect(),
        labels: (0..IMAGES).map(|image| (image % 10) as u8).collect(),
    }
}

fn arm(experiment: &str, name: String, seeds: u64) -> ArmView {
    ArmView {
        records: (0..seeds).map(|seed| trial(experiment, &name, seed)).collect(),
        facts: ArmFacts { description: format!("everything else as in {name}"), name, ..ArmFacts::default() },
        ..ArmView::default()
    }
}

fn trial(experiment: &str, arm: &str, seed: u64) -> Record {
    let mut record = self::record(arm, seed);
    record.experiment = experiment.into();
    record
}
