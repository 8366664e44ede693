//! A configuration as files and records have it.

use serde_json::{Value, json};

use super::*;
use crate::Kinds;

fn read(value: &Value) -> Result<LearnerConfig, String> {
    LearnerConfig::read(value, &Kinds::default()).map_err(|error| error.to_string())
}

#[test]
fn what_is_written_is_what_records_hold() {
    let before = json!({
        "epochs": 20,
        "batch_size": 64,
        "learning_rate": 0.001,
        "optimizer": { "kind": "adam", "beta_1": 0.9f32, "beta_2": 0.999f32, "epsilon": 1e-8f32 },
        "patience": null,
        "adversarial": null,
    });
    let mut expected = before.clone();
    let added = json!({ "schedule": null, "label_smoothing": 0.0, "clip_norm": null, "clip_value": null, "weight_average": null });
    expected.as_object_mut().expect("a table").extend(added.as_object().expect("a table").clone());
    assert_eq!(serde_json::to_value(LearnerConfig::default()).expect("written"), expected);
    let config = LearnerConfig {
        optimizer: Sgd { momentum: 0.9 }.into(),
        adversarial: Some(AdversarialTraining::new(0.1).into()),
        schedule: Some(StepDecay { every: 3, gamma: 0.5 }.into()),
        ..LearnerConfig::default()
    };
    let written = serde_json::to_value(&config).expect("written");
    assert_eq!(written["optimizer"], json!({ "kind": "sgd", "momentum": 0.9 }));
    assert_eq!(written["adversarial"], json!({ "epsilon": 0.1, "share": 0.5 }));
    assert_eq!(written["schedule"], json!({ "kind": "step", "every": 3, "gamma": 0.5 }));
    assert_eq!(read(&written), Ok(config));
    assert_eq!(read(&expected), Ok(LearnerConfig::default()));
    assert_eq!(read(&before), Ok(LearnerConfig::default()), "as the first version wrote it");
    assert_eq!(read(&json!({})), Ok(LearnerConfig::default()));
}

#[test]
fn it_says_nothing_of_a_defence_or_has_its_table() {
    let mut tree = serde_json::to_value(config(1)).expect("written");
    assert_eq!(tree["adversarial"], Value::Null);
    tree["adversarial"] = json!({ "epsilon": 0.1 });
    let adversarial = Some(AdversarialTraining::new(0.1).into());
    assert_eq!(read(&tree), Ok(LearnerConfig { adversarial, ..config(1) }));
}

#[test]
fn what_is_wrong_is_blamed_on_its_key() {
    let Kinds { optimizers, perturbations, .. } = Kinds::default();
    let no_optimizer = format!(
        "`optimizer.kind`: unknown optimizer `sdg`; expected one of {}",
        optimizers.names().collect::<Vec<_>>().join(", ")
    );
    let no_attack = format!(
        "`adversarial.attack.fgms`: unknown perturbation `fgms`; expected one of {}",
        perturbations.names().collect::<Vec<_>>().join(", ")
    );
    for (value, message) in [
        (json!([]), "expected a table of settings"),
        (
            json!({ "epoch": 1 }),
            "`epoch`: unknown key; expected one of epochs, batch_size, learning_rate, optimizer, patience, \
             adversarial, schedule, label_smoothing, clip_norm, clip_value, weight_average",
        ),
        (
            json!({ "epochs": "many" }),
            "`epochs`: invalid type: string \"many\", expected a whole number, at least 0",
        ),
        (json!({ "epochs": 0 }), "`epochs`: is 0, expected at least 1"),
        (json!({ "learning_rate": -1 }), "`learning_rate`: is -1, expected a finite number above 0"),
        (json!({ "optimizer": "sgd" }), "`optimizer`: expected a table with a `kind`"),
        (json!({ "optimizer": { "momentum": 0.9 } }), "`optimizer`: expected a table with a `kind`"),
        (json!({ "optimizer": { "kind": "sdg" } }), no_optimizer.as_str()),
        (
            json!({ "optimizer": { "kind": "sgd", "moment": 0.9 } }),
            "`optimizer.moment`: unknown key; expected momentum",
        ),
        (
            json!({ "optimizer": { "kind": "sgd", "momentum": 1 } }),
            "`optimizer.momentum`: is 1, expected in [0, 1)",
        ),
        (json!({ "adversarial": 0.1 }), "`adversarial`: expected a table of settings"),
        (json!({ "adversarial": { "attack": { "fgms": 0.1 } } }), no_attack.as_str()),
        (json!({ "schedule": {} }), "`schedule`: expected a table with a `kind`"),
    ] {
        assert_eq!(read(&value), Err(message.to_string()), "{value}");
    }
}

#[test]
fn a_checkpoint_of_version_0_1_is_recognised() {
    // What `{config:?}` gave, with no epochs.
    let config = LearnerConfig { patience: Some(3), ..LearnerConfig::default() };
    assert_eq!(
        config.identity(),
        "LearnerConfig { epochs: 0, batch_size: 64, learning_rate: 0.001, optimizer: Adam { beta_1: 0.9, \
         beta_2: 0.999, epsilon: 1e-8 }, patience: Some(3), adversarial: None }"
    );
    let optimizer = AdamW::default().into();
    let adversarial = Some(AdversarialTraining::new(0.1).into());
    assert_eq!(
        LearnerConfig { optimizer, adversarial, learning_rate: 1e-5, ..config }.identity(),
        "LearnerConfig { epochs: 0, batch_size: 64, learning_rate: 1e-5, optimizer: AdamW { beta_1: 0.9, \
         beta_2: 0.999, epsilon: 1e-8, weight_decay: 0.01 }, patience: Some(3), adversarial: \
         Some(AdversarialTraining { epsilon: 0.1, share: 0.5 }) }"
    );
}
