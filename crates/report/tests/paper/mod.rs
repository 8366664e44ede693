//! A whole paper, made up: every number is a formula of the arm, the seed and the image, none was measured.

mod build;
mod trial;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tinderbox_report::{
    Ensemble, ExperimentView, Failure, Paper, Perturbation, PerturbationFacts, PlanView, Report, Reported,
    Source, Strength,
};

use build::{claim, claims, experiment, of_experiment, read, search, view};
use trial::{Arm, record};

/// An arm whose name would run a script, were it not text.
pub(crate) const HOSTILE: &str = "<img src=x onerror=alert(1)>";

const QUICK: u64 = 8;
const FULL: u64 = 12;

/// Eight experiments with every kind of arm, claim and verdict.
pub(crate) fn paper() -> Report {
    let experiments = vec![
        architectures(),
        initialisation(),
        learning_rate(),
        ensemble(),
        dropout(),
        adversarial(),
        random_search(),
        grid(),
    ];
    Report {
        title: "Handwritten digits, made up".into(),
        paper: Some(about()),
        created: "2026-03-01 12:30 UTC".into(),
        plan: PlanView { hash: "cd".repeat(32), profile: "quick".into(), epochs: None },
        command: "cargo xtask reproduce --profile quick --backend flex".into(),
        backend: "flex".into(),
        notice: None,
        experiments,
    }
}

fn about() -> Paper {
    let parts = [("task-1", "Task I: networks"), ("task-3", "Task III: ensemble, dropout")];
    Paper {
        title: "A made-up report".into(),
        author: "A. Nobody".into(),
        date: "1 March 2025".into(),
        kind: "a text that was never written".into(),
        source: "this test".into(),
        plain: "Made-up programs read made-up digits; this page says which sentences about them hold.".into(),
        parts: parts.map(|(name, heading)| (name.into(), heading.into())).into(),
    }
}

fn architectures() -> ExperimentView {
    let arms = [
        Arm { accuracy: 0.938, rate: 1.6, parameters: 297_866, ..Arm::new("Fcn") },
        Arm { accuracy: 0.946, rate: 0.9, parameters: 1_398_154, seconds: 5.2, ..Arm::new("LocalNet") },
        Arm { accuracy: 0.972, rate: 0.8, parameters: 151_306, seconds: 2.4, ..Arm::new("Cnn") },
    ];
    experiment(
        "architectures",
        "Three networks",
        "task-1",
        "The convolutional network is the most accurate, with fewer parameters than the fully connected one, which \
         learns faster at first. The locally connected network does well, but is computationally expensive.",
        QUICK,
        &arms,
        &json!([
            claim(
                "cnn-most-accurate",
                "The CNN achieves the best accuracy.",
                &json!({"best": {"arm": "Cnn", "margin": 0.5}})
            ),
            claim(
                "cnn-fewer-parameters",
                "The CNN needs fewer parameters than the fully connected network.",
                &json!({"count": {"fewer": "Cnn", "more": "Fcn", "of": "parameters"}})
            ),
            read(
                claim(
                    "fcn-faster-at-first",
                    "The fully connected network learns faster at first.",
                    &json!({"best": {"arm": "Fcn", "measure": {"validation-after": 1}, "margin": 1.0}})
                ),
                "Its validation accuracy after the first epoch is the highest of the three."
            ),
            claim(
                "fcn-best",
                "The fully connected network is above the CNN.",
                &json!({"order": {"arms": ["Fcn", "Cnn"], "margin": 0.5}})
            ),
            cautious(read(
                claim(
                    "localnet-good-but-expensive",
                    "The locally connected network does well, but is expensive.",
                    &json!({"all": [
                    {"order": {"arms": ["LocalNet", "Fcn"], "margin": 0.3}},
                    {"order": {"arms": ["LocalNet", "Cnn"], "measure": "epoch-seconds", "margin": 1.1}},
                    {"count": {"fewer": "Cnn", "more": "LocalNet", "of": "parameters"}}]})
                ),
                "It is more accurate than the fully connected one, and dearer than the CNN."
            )),
        ]),
    )
}

fn cautious(mut claim: Value) -> Value {
    claim["caution"] = "Seconds are this program’s.".into();
    claim
}

fn initialisation() -> ExperimentView {
    let arms = [
        Arm { accuracy: 0.944, ..Arm::new("random 0.1") },
        Arm { accuracy: 0.938, ..Arm::new("random 0.01") },
        Arm { accuracy: 0.945, ..Arm::new("Xavier") },
        Arm { accuracy: 0.9455, ..Arm::new("He") },
    ];
    let mut experiment = experiment(
        "initialisation",
        "Initialisation",
        "Task II, table 1",
        "He initialisation is the best, and both Xavier and He are above random.",
        QUICK,
        &arms,
        &json!([
            claim(
                "he-best",
                "He initialisation gives the best accuracy.",
                &json!({"best": {"arm": "He", "margin": 0.3}})
            ),
            claim(
                "xavier-above-random",
                "Xavier initialisation is above random initialisation.",
                &json!({"order": {"arms": ["Xavier", "random 0.01"], "margin": 0.3}})
            ),
        ]),
    );
    for (view, arm) in experiment.arms.iter_mut().zip(&arms) {
        let pooled = Arm { accuracy: arm.accuracy + 0.03, ..arm.clone() };
        view.pooled =
            (1..=QUICK).map(|seed| record("initialisation", &pooled, seed, "pooled", &[])).collect();
    }
    for (arm, percent) in [(0, 94.5), (2, 95.3), (3, 97.3)] {
        experiment.arms[arm].facts.reported = Some(Reported { percent, what: "table 1".into() });
    }
    experiment
}

fn learning_rate() -> ExperimentView {
    let arms = [
        Arm {
            accuracy: 0.92,
            rate: 0.25,
            setting: json!({"training": {"learning_rate": 0.0001}}),
            ..Arm::new("0.0001")
        },
        Arm {
            accuracy: 0.945,
            rate: 1.2,
            setting: json!({"training": {"learning_rate": 0.001}}),
            ..Arm::new("0.001")
        },
        Arm { diverges: true, setting: json!({"training": {"learning_rate": 0.1}}), ..Arm::new("0.1") },
    ];
    let mut experiment = experiment(
        "learning-rate",
        "Learning rate",
        "Task II, figure 2",
        "0.0001 is slow, 0.001 the best, and 0.1 diverges.",
        QUICK,
        &arms,
        &json!([
            claim(
                "small-slow",
                "A learning rate of 0.0001 is slow.",
                &json!({"slow": {"arm": "0.0001", "reference": "0.001", "margin": 1.1}})
            ),
            claim(
                "large-diverges",
                "A learning rate of 0.1 diverges.",
                &json!({"diverges": {"arm": "0.1", "margin": 0.25}})
            ),
        ]),
    );
    let reason =
        "the worker was killed by signal 9 while it ran epoch 3; an earlier attempt ended the same way";
    let lost = experiment.arms[1].records.pop().expect("every arm has records");
    experiment.arms[1].failures = vec![Failure { seed: lost.seed, reason: reason.into() }];
    experiment.arms[0].records[1].environment.attempt = 2;
    experiment
}

fn ensemble() -> ExperimentView {
    let noises = [0.1, 0.2].map(noise);
    let mut experiment = of_experiment("ensemble", "Ensemble", "task-3");
    experiment.facts.perturbations = noises.to_vec();
    experiment.facts.statement = "The ensemble reaches 95.57 %, more than each of its members.".into();
    let members = [("Fcn", 0.938), ("LocalNet", 0.946), ("Cnn", 0.972)];
    for (name, accuracy) in members {
        let arm = Arm { accuracy, ..Arm::new(name) };
        let mut view = view("architectures", &arm, QUICK, &noises);
        view.facts.same_as = Some(Source { experiment: "architectures".into(), arm: name.into() });
        experiment.arms.push(view);
    }
    let mean = Arm { accuracy: 0.966, averaged: true, ..Arm::new("Ensemble") };
    let mut mean = view("ensemble", &mean, QUICK, &noises);
    let members = members.map(|(name, _)| name.to_string()).into();
    mean.facts.ensemble = Some(Ensemble { rule: "mean".into(), title: "mean".into(), members });
    mean.facts.reported = Some(Reported { percent: 95.57, what: "ensemble, figure 3".into() });
    experiment.arms.push(mean);
    experiment.facts.claims = claims(&json!([
        claim(
            "ensemble-accuracy",
            "The ensemble reaches 95.57 %.",
            &json!({"value": {"arm": "Ensemble", "percent": 95.57, "within": 0.5}})
        ),
        claim(
            "ensemble-best",
            "The ensemble is better than each of its members.",
            &json!({"best": {"arm": "Ensemble", "margin": 0.2}})
        ),
    ]));
    experiment
}

fn dropout() -> ExperimentView {
    let arms = [("0.0", 0.941), ("0.5", 0.944), ("0.9", 0.90)].map(|(name, accuracy)| Arm {
        accuracy,
        setting: json!({"model": {"kind": "fcn", "hidden": [512, 256, 128], "dropout": name}}),
        ..Arm::new(name)
    });
    let mut experiment = experiment(
        "dropout",
        "Dropout",
        "task-3",
        "0.5 is the best, 0.9 underfits.",
        QUICK,
        &arms,
        &json!([claim(
            "half-best",
            "A dropout rate of 0.5 is the best.",
            &json!({"best": {"arm": "0.5", "margin": 0.3}})
        )]),
    );
    experiment.arms[2].records.truncate(5);
    experiment.arms[2].waiting = 3;
    experiment
}

fn adversarial() -> ExperimentView {
    let names =
        [("natural", 0.941, 0.0), ("ε 0.05", 0.94, 0.3), (HOSTILE, 0.937, 0.5), ("ε 0.3", 0.92, 0.85)];
    let arms = names.map(|(name, accuracy, robustness)| Arm { accuracy, robustness, ..Arm::new(name) });
    let arms = arms.map(|arm| Arm { overfitted: arm.name == "ε 0.3", ..arm });
    let attacks = [0.05, 0.1, 0.2, 0.3].map(fgsm).into_iter().chain([0.1, 0.2, 0.3].map(pgd));
    let attacks: Vec<PerturbationFacts> = attacks.collect();
    let mut experiment = of_experiment("adversarial", "Adversarial training", "Extra");
    experiment.facts.perturbations.clone_from(&attacks);
    experiment.facts.statement = "Training on adversarial images raises accuracy on them.".into();
    experiment.arms = arms.iter().map(|arm| view("adversarial", arm, QUICK, &attacks)).collect();
    experiment.facts.claims = claims(&json!([claim(
        "training-helps",
        "Training on adversarial images raises accuracy on adversarial images.",
        &json!({"order": {"arms": [HOSTILE, "natural"], "measure": {"under": {"fgsm": 0.1}}, "margin": 5.0}})
    ),]));
    experiment
}

fn fgsm(epsilon: f64) -> PerturbationFacts {
    PerturbationFacts {
        perturbation: Perturbation::new("fgsm", epsilon),
        title: "FGSM".into(),
        strength: Some(Strength { symbol: "ε".into(), value: epsilon }),
        attack: true,
    }
}

fn pgd(epsilon: f64) -> PerturbationFacts {
    let settings = [("epsilon", json!(epsilon)), ("step_size", json!(0.25 * epsilon)), ("steps", json!(10))];
    let settings: BTreeMap<String, Value> =
        settings.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    PerturbationFacts {
        perturbation: Perturbation::new("pgd", settings),
        title: "PGD".into(),
        ..fgsm(epsilon)
    }
}

fn noise(deviation: f64) -> PerturbationFacts {
    PerturbationFacts {
        perturbation: Perturbation::new("noise", deviation),
        title: "noise".into(),
        strength: Some(Strength { symbol: "σ".into(), value: deviation }),
        attack: false,
    }
}

fn random_search() -> ExperimentView {
    let dimensions = [
        ("learning_rate", json!([0.0001, 0.001, 0.01])),
        ("batch_size", json!([32, 64, 128])),
        ("dropout", json!([0.2, 0.5, 0.7])),
    ];
    search("random-search", "Random search", "Extra, figure 5", "random", 27, 12, &dimensions)
}

fn grid() -> ExperimentView {
    let dimensions = [
        ("layers", json!([2, 3, 4])),
        ("units", json!([128, 256, 512])),
        ("activation", json!(["relu", "sigmoid"])),
    ];
    let mut experiment =
        search("grid", "A grid of architectures", "Extra, table 3", "grid", 18, 18, &dimensions);
    experiment.facts.claims = claims(&json!([
        claim(
            "two-layers-poor",
            "Two layers are poor.",
            &json!({"order": {"arms": [{"layers": 3}, {"layers": 2}], "margin": 0.3}})
        ),
        claim(
            "four-below-three",
            "Four layers are slightly worse than three.",
            &json!({"order": {"arms": [{"layers": 3}, {"layers": 4}], "margin": 0.1}})
        ),
    ]));
    experiment
}
