//! The best trial of a study: shown, pasted, and trained again to the same bits.

use std::fs;
use std::path::Path;
use std::process::Command;

use burn::prelude::Device;
use serde_json::Value;
use tinderbox::catalog::Catalog;
use tinderbox::trial::examples;
use tinderbox::worker::RECORD;
use tinderbox_data::stand_in;
use tinderbox_report::Record;
use tinderbox_search::Study;
use tinderbox_training::evaluate;

use crate::desk::{Desk, SMALL};
use crate::small_study::{RUN, desk};

/// A finished study of four trials.
fn searched() -> Desk {
    let desk = desk(2, 4);
    let ended = desk.run(RUN).done();
    for words in ["best trials, by validation accuracy:", "test accuracy of the best trial: "] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    assert!(ended.out.contains("`tinderbox train --from-study=s` trains it again"), "{}", ended.out);
    assert!(
        !ended.err.contains("test accuracy"),
        "no trial's line may show what chooses nothing: {}",
        ended.err
    );
    desk
}

fn best(desk: &Desk) -> Value {
    let shown = desk.run("search best s --json").done().out;
    serde_json::from_str(&shown).expect("JSON")
}

/// What the study stored of trial `number`.
fn record(desk: &Desk, number: u64) -> Record {
    let address = format!("sqlite:{}", desk.path().join("studies.sqlite").display());
    let study = Study::look(tinderbox_search::open_read_only(&address).expect("a storage"), "s").expect("s");
    let stored = study.storage().attachment(study.id(), number, RECORD).expect("read").expect("a record");
    Record::from_bytes(&stored).expect("a record")
}

/// What saved weights say of each test image.
fn probabilities(weights: &Path) -> Vec<f32> {
    let device = Device::flex();
    let (_, trained) = Catalog::default().networks.load(weights, &device).expect("weights");
    let dataset = stand_in("a test");
    evaluate(&trained.victim(), &examples("test", &dataset.test).expect("images"), &device).probabilities
}

#[test]
fn the_best_trial_is_trained_again_to_the_same_predictions_and_by_its_flags_to_the_same_weights() {
    let desk = searched();
    let best = best(&desk);
    let number = best["trial"].as_u64().expect("a number");
    let of_trial = |number| record(&desk, number).results.test.expect("predictions").probabilities;

    desk.run("train --from-study s --dataset stand-in --output again.safetensors").done();
    let again = desk.path().join("again.safetensors");
    assert!(probabilities(&again) == of_trial(number), "the predictions of trial {number}");

    let other = (number + 1) % 4;
    desk.run(&format!("train --from-study s --trial {other} --dataset stand-in -o other.safetensors")).done();
    let predicted = probabilities(&desk.path().join("other.safetensors"));
    assert!(predicted == of_trial(other) && predicted != of_trial(number));

    // Through a shell, as they would be pasted.
    let flags = desk.run("search best s --flags").done().out;
    let script =
        format!("{} train {} --output pasted.safetensors", env!("CARGO_BIN_EXE_tinderbox"), flags.trim());
    let pasted = Command::new("sh").args(["-c", &script]).current_dir(desk.path()).output().expect("a shell");
    assert!(pasted.status.success(), "{flags}: {}", String::from_utf8_lossy(&pasted.stderr));
    let bytes = |name: &str| fs::read(desk.path().join(name)).expect("weights");
    assert!(bytes("pasted.safetensors") == bytes("again.safetensors"), "{flags}");
}

#[test]
fn its_settings_are_shown_rounded_and_kept_with_all_digits() {
    let desk = searched();
    let best = best(&desk);
    let rate = best["point"]["training.learning_rate"].as_f64().expect("a rate");
    let kept = record(&desk, best["trial"].as_u64().expect("a number")).results;
    assert_eq!(kept.configuration["training"]["learning_rate"].as_f64(), Some(rate));
    assert_eq!(best["test_accuracy"].as_f64(), kept.test.expect("predictions").accuracy());
    assert_eq!((&best["model"], &best["epochs"]), (&"fcn".into(), &2.into()));

    let text = desk.run("search best s").done().out;
    let line = text.lines().find(|line| line.contains("training.learning_rate")).expect("a line");
    let shown = line.split_whitespace().last().expect("a number");
    assert!(
        shown.len() < 10 && (shown.parse::<f64>().expect("a number") / rate - 1.0).abs() < 1e-3,
        "{text}"
    );
    assert!(text.contains("validation accuracy ") && text.contains("test accuracy "), "{text}");

    let toml = desk.run("search best s --toml").done().out;
    let arm: toml::Table = toml.parse().expect("TOML");
    assert_eq!(arm["training"]["learning_rate"].as_float(), Some(rate));
    let model = r#"model = { kind = "fcn", hidden = [32], dropout = 0.5 }"#;
    assert!(SMALL.contains(model));
    desk.write("pasted.toml", SMALL.replacen(model, &toml, 1));
    desk.run("reproduce pasted.toml --dataset stand-in --dry-run").done();
}

#[test]
fn a_trial_that_is_not_there_or_contradicts_a_flag_is_refused() {
    let desk = searched();
    desk.run("train --from-study s --epochs 3").refused(&["--from-study", "--epochs"]);
    desk.run("train --trial 3").refused(&["--from-study"]);
    desk.run("train --from-study s --trial 9 --dataset stand-in")
        .refused(&["study `s` has no complete trial 9"]);
    desk.run("train --from-study t --dataset stand-in").refused(&["no study `t`", "it has s"]);
    desk.run("search best s --json --toml").refused(&["--json", "--toml"]);
    desk.write("other.toml", crate::small_study::STUDY.replacen("name = \"s\"", "name = \"empty\"", 1));
    desk.run("search create other.toml --dataset stand-in").done();
    desk.run("search best empty").refused(&["study `empty` has no complete trial yet"]);
}
