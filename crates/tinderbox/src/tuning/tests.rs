//! Files become spaces, points become configurations, and errors are found before anything runs.

use serde_json::json;
use tinderbox_search::{History, Random, Sampler, Threshold};

use super::*;
use crate::fixture::{CATALOG, defaults};

mod drawn;

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
    Tuning::read(&path, defaults()).map_err(|error| error.to_string())
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
    let configuration = json::value(&tuning.configuration(&point, defaults()).unwrap());
    assert_eq!(configuration["model"]["hidden"], json!([32, 16]));
    assert_eq!(configuration["training"]["learning_rate"], json!(0.01));
    assert_eq!(
        (&configuration["training"]["batch_size"], &configuration["training"]["epochs"]),
        (&json!(128), &json!(2))
    );
    assert_eq!(tuning.study.directions.len(), 2);
    assert!(tuning.check(defaults()).is_empty());
}

#[test]
fn a_study_of_a_program_with_other_kinds_is_refused_before_a_trial_fails() {
    let dataset = tinderbox_data::stand_in("a test");
    let tuning = read(FILE).unwrap();
    let mut record =
        TuningRecord { tuning, backend: Backend::default(), dataset_sha256: dataset.sha256.clone() };
    assert!(record.check(&CATALOG, &dataset).is_ok());
    record.tuning.model = "normed".to_string();
    let message = record.check(&CATALOG, &dataset).expect_err("refused").to_string();
    assert!(message.contains("unknown kind of network `normed`"), "{message}");
}

#[test]
fn equal_widths_are_a_pair_of_dimensions() {
    let mut tuning = read(FILE).unwrap();
    let space = json!([{"name": "model.hidden.layers", "int": [1, 3]}, {"name": "model.hidden.units", "choices": [8, 16]}]);
    tuning.study.space = serde_json::from_value(space).unwrap();
    let point = [("model.hidden.layers", json!(3)), ("model.hidden.units", json!(8))];
    let point = tuning.study.space.point_of(point).unwrap();
    let configuration = json::value(&tuning.configuration(&point, defaults()).unwrap());
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
    refused("float = [1e-4, 0.1]", "float = [0.1, 1e-4]", &["tuning.toml:12:5", "swap them"]);
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

#[test]
fn every_mistake_of_a_file_is_shown_and_nothing_that_follows_from_one() {
    for (replacements, shown) in [
        // Of the table, of a dimension, of a value, of the space, of a setting.
        (
            &[
                ("epochs = 2", "epoch = 2"),
                ("seed = 7", "sed = 7"),
                ("float = [1e-4, 0.1]", "float = [0.1, 1e-4]"),
                (
                    "choices = [16, 32] },\n    { name = \"model.hidden.2\"",
                    "choices = [16, 3.5] },\n    { name = \"model.hidden.2\"",
                ),
                ("\"training.batch_size\" = 128", "\"training.batch_sise\" = 128"),
            ][..],
            &[
                "unknown key `epoch`",
                "did you mean `epochs`?",
                "batch_sise",
                "did you mean `batch_size`?",
                "unknown key `sed`",
                "did you mean `seed`?",
                "swap them",
                "model.hidden",
                "tuning.toml: 5 mistakes",
            ][..],
        ),
        (
            &[
                ("trials = 4", "trials = 0"),
                ("model = \"fcn\"", "model = \"fcm\""),
                ("\"parameters\"]", "\"parametres\"]"),
                ("log = true", "log = \"yes\""),
                ("at_least = 2", "at_leest = 2"),
            ],
            &[
                "`trials` is 0, expected at least 1",
                "did you mean `fcn`?",
                "did you mean `parameters`?",
                "`log` is \"yes\", expected true or false",
                "at_least = NUMBER",
                "tuning.toml: 5 mistakes",
            ],
        ),
    ] {
        let mut text = FILE.to_string();
        for (from, to) in replacements {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        let error = read(&text).expect_err("refused");
        for words in shown {
            assert!(error.contains(words), "`{words}` is not in:\n{error}");
        }
        assert_eq!(error.matches("tuning.toml:").count(), replacements.len() + 1, "{error}");
    }
}

#[test]
fn what_cannot_be_read_hides_only_what_may_follow_from_it() {
    let said = |replacements: &[(&str, &str)]| {
        let mut text = FILE.to_string();
        for (from, to) in replacements {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        let error = read(&text).expect_err("refused");
        assert_eq!(
            error.matches("tuning.toml:").count(),
            replacements.len() + usize::from(replacements.len() > 1),
            "{error}"
        );
        error
    };
    let layers = r#"{ name = "model.hidden.layers", int = [1, 3] }"#;
    // A dimension without a name may be the one that others look at, and a number beyond all sizes is no dimension.
    said(&[(layers, "{ int = [1, 3] }")]);
    said(&[(layers, "1e400")]);
    said(&[("choices = [16, 32], when", "choices = [16, nan], when")]);
    said(&[("float = [1e-4, 0.1], log", "float = [1e-4, 0.1, 0.2], log")]);
    said(&[("[16, 32] },", "[16, 32] }, [1, 2, 3],")]);
    // What does not hang on the space is said all the same.
    said(&[(layers, "{ int = [1, 3] }"), ("epochs = 2", "epochs = 0"), ("name = \"fcn\"", "name = \"F\"")]);
    said(&[(layers, "{ name = 3, int = [1, 3] }"), ("model = \"fcn\"", "model = \"vgg\"")]);
    // A study that is none has no space, and without epochs nobody knows what a pruner does.
    let (head, _) = FILE.split_once("[study]").expect("study");
    let error = read(&format!("study = 3\n{head}")).expect_err("refused");
    assert_eq!(error.matches("-->").count(), 1, "{error}");
    let pruner = ("trials = 4", "trials = 4\npruner = { kind = \"median\", warmup_steps = 1 }");
    let objectives = ("\"validation-accuracy\", \"parameters\"", "\"validation-accuracy\"");
    let text =
        FILE.replace(pruner.0, pruner.1).replace(objectives.0, objectives.1).replace("epochs = 2\n", "");
    let error = read(&text).expect_err("refused");
    assert!(error.contains("`epochs` is missing") && !error.contains("pruner has no effect"), "{error}");
}

#[test]
fn every_point_of_a_file_that_is_not_refused_makes_a_configuration() {
    let (mut refused, mut accepted) = (0, 0);
    for number in 0..1000 {
        let text = drawn::file(number);
        let tuning = match read(&text) {
            Ok(tuning) => tuning,
            Err(error) => {
                assert!(error.contains("tuning.toml:") && error.contains('^'), "{text}{error}");
                refused += 1;
                continue;
            }
        };
        accepted += 1;
        for trial in 0..40 {
            let point = Random { seed: number }.sample(&tuning.study.space, &History::default(), trial);
            // A finite space ends.
            let Some(point) = point.expect("a point") else { break };
            if let Err(error) = tuning.configuration(&point, defaults()) {
                panic!("{text}{point:?}\n{error}");
            }
        }
    }
    assert!(refused >= 250 && accepted >= 250, "{refused} refused, {accepted} accepted");
}

#[test]
fn what_a_study_stores_is_what_its_workers_read() {
    let tuning = Tuning { source: None, ..read(FILE).unwrap() };
    let stored = json::stored(&tuning).unwrap();
    assert_eq!(serde_json::from_value::<Tuning>(stored).unwrap(), tuning);
    let infinite = Tuning {
        study: Settings {
            pruner: Some(Threshold { upper: Some(f64::INFINITY), ..Threshold::default() }.into()),
            ..tuning.study.clone()
        },
        ..tuning
    };
    assert!(json::stored(&infinite).is_err(), "null would be read as no bound");
}
