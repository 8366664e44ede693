//! Files become spaces, points become configurations, and what is wrong is said before anything runs.

use serde_json::json;

use super::*;

const FILE: &str = r#"
name = "fcn"
model = "fcn"
epochs = 2
settings = { "training.batch_size" = 128 }
objectives = ["validation-accuracy", "parameters"]

[study]
trials = 4
sampler = { kind = "random", seed = 7 }
space = [
    { name = "training.learning_rate", float = [1e-4, 0.1], log = true },
    { name = "model.hidden.layers", int = [1, 3] },
    { name = "model.hidden.1", choices = [16, 32] },
    { name = "model.hidden.2", choices = [16, 32], when = { "model.hidden.layers" = { at_least = 2 } } },
    { name = "model.hidden.3", choices = [16, 32], when = { "model.hidden.layers" = { at_least = 3 } } },
]
"#;

fn read(text: &str) -> Result<Tuning, String> {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("tuning.toml");
    std::fs::write(&path, text).expect("written");
    Tuning::read(&path).map_err(|error| error.to_string())
}

#[test]
fn a_point_is_a_configuration() {
    let tuning = read(FILE).unwrap();
    let point = [
        ("training.learning_rate", json!(0.01)),
        ("model.hidden.layers", json!(2)),
        ("model.hidden.1", json!(32)),
        ("model.hidden.2", json!(16)),
    ];
    let point = tuning.study.space.point_of(point).unwrap();
    let configuration = json::value(&tuning.configuration(&point).unwrap());
    assert_eq!(configuration["model"]["hidden"], json!([32, 16]));
    assert_eq!(configuration["training"]["learning_rate"], json!(0.01));
    assert_eq!(
        (&configuration["training"]["batch_size"], &configuration["training"]["epochs"]),
        (&json!(128), &json!(2))
    );
    assert_eq!(tuning.study.directions.len(), 2);
    assert!(tuning.check().is_ok());
}

#[test]
fn equal_widths_are_a_pair_of_dimensions() {
    let mut tuning = read(FILE).unwrap();
    let space = json!([{"name": "model.hidden.layers", "int": [1, 3]}, {"name": "model.hidden.units", "choices": [8, 16]}]);
    tuning.study.space = serde_json::from_value(space).unwrap();
    let point = [("model.hidden.layers", json!(3)), ("model.hidden.units", json!(8))];
    let point = tuning.study.space.point_of(point).unwrap();
    let configuration = json::value(&tuning.configuration(&point).unwrap());
    assert_eq!(configuration["model"]["hidden"], json!([8, 8, 8]));
}

#[test]
fn what_is_wrong_with_a_file_is_shown() {
    let refused = |from: &str, to: &str, words: &[&str]| {
        assert!(FILE.contains(from));
        let error = read(&FILE.replacen(from, to, 1)).expect_err(to);
        for word in words {
            assert!(error.contains(word), "{error}");
        }
    };
    refused("epochs = 2", "epoch = 2", &["tuning.toml:4:1", "epoch"]);
    refused("float = [1e-4, 0.1]", "float = [0.1, 1e-4]", &["tuning.toml:11:", "swap them"]);
    refused("kind = \"random\"", "kind = \"rondom\"", &["tuning.toml:10:", "rondom"]);
    refused("[\"validation-accuracy\", \"parameters\"]", "[]", &["`objectives` is empty"]);
    refused(
        "training.learning_rate",
        "training.learning_rat",
        &["learning_rat", "did you mean `learning_rate`?"],
    );
    refused("choices = [16, 32] }", "choices = [16, \"wide\"] }", &["model.hidden"]);
    refused("\"training.batch_size\" = 128", "\"training.batch_size\" = 0", &["batch_size"]);
}
