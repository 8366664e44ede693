//! The same code on wgpu and on flex: `cargo xtask test --backend wgpu` builds the GPU stack and runs this.
//!
//! Tolerances: equal weights score equal images with a loss within 1e-4 and at most one of 500 answers apart. Trainings
//! draw their weights from the backend's own generator, so they agree as two seeds do: after two epochs, means over two
//! seeds within 10 points on the embedded digits. These are few, so that a driver that computes on the CPU can do it;
//! `LocalNet` is asked, not trained: its generic body takes hours there.
#![cfg(feature = "wgpu")]

const NETWORKS: &str = r#"
name = "networks"
part = "test"
title = "Two networks"
statement = "The same on every backend."
protocol = "official"
profiles.quick = { seeds = 2, epochs = 2 }
profiles.full = { seeds = 2, epochs = 2 }
arms = [
    { name = "Fcn", description = "", model = { kind = "fcn" } },
    { name = "Cnn", description = "", model = { kind = "cnn" } },
]
"#;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tinderbox::catalog::Catalog;

/// What the program prints, which must succeed.
fn program(folder: &Path, words: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tinderbox"));
    let output = command.args(words.split_whitespace()).current_dir(folder).output().expect("it starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{words}\n{out}\n{err}");
    out.into_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn equal_weights_give_equal_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    for model in Catalog::default().networks.kinds() {
        program(
            folder.path(),
            &format!("train --model {model} --epochs 1 --dataset stand-in --output {model}"),
        );
        let measured = |backend: &str| {
            let words = format!("evaluate {model} --dataset stand-in --backend {backend} --json");
            json(&program(folder.path(), &words))
        };
        let (flex, wgpu) = (measured("flex"), measured("wgpu"));
        let apart = |key: &str| (flex[key].as_f64().expect("flex") - wgpu[key].as_f64().expect("wgpu")).abs();
        assert!(apart("loss") < 1e-4, "{model}: {flex} {wgpu}");
        assert!(apart("accuracy") <= 1.01 / 500.0, "{model}: {flex} {wgpu}");
    }
}

#[test]
fn trainings_agree_as_two_seeds_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let means = |backend: &str| -> Vec<(String, f64)> {
        std::fs::write(folder.path().join("networks.toml"), NETWORKS).expect("written");
        let words = "reproduce networks.toml --dataset stand-in --workers 1";
        program(folder.path(), &format!("{words} --backend {backend} --runs {backend}"));
        let runs = std::fs::read_dir(folder.path().join(backend)).expect("runs");
        let run = runs.flatten().next().expect("a run").path();
        let numbers = json(&std::fs::read_to_string(run.join("report.json")).expect("report.json"));
        let arms = numbers["experiments"][0]["arms"].as_array().expect("arms").clone();
        let mean = |arm: &Value| arm["test_accuracy"]["mean"].as_f64().expect("a mean");
        arms.iter().map(|arm| (arm["name"].to_string(), mean(arm))).collect()
    };
    for ((arm, flex), (_, wgpu)) in means("flex").into_iter().zip(means("wgpu")) {
        eprintln!("{arm}: flex {flex:.4}, wgpu {wgpu:.4}");
        assert!((flex - wgpu).abs() < 0.1, "{arm}: flex {flex}, wgpu {wgpu}");
    }
}
