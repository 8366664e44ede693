//! The program as a conductor and a user meet it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tinderbox_models::{FcnConfig, NetworkConfig};

fn bench() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tinderbox-bench"))
}

/// The embedded digits in the form that contestants read.
fn write_digits(path: &Path) {
    let digits = tinderbox_data::stand_in("a test").training;
    let header = json!({ "count": digits.labels().len(), "shape": [1, 16, 16], "classes": 10 });
    let mut bytes = format!("{header}\n").into_bytes();
    bytes.extend(digits.pixels().iter().flat_map(|pixel| pixel.to_le_bytes()));
    bytes.extend(digits.labels());
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn a_contestant_trains_an_epoch_whenever_it_is_asked_and_ends_with_its_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let images = folder.path().join("images");
    write_digits(&images);
    let network = fcn();
    let mut contestant = bench()
        .args(["contestant", "epochs", "--batch", "64", "--backend", "flex", "--network", &network])
        .arg("--images")
        .arg(&images)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut input = contestant.stdin.take().expect("piped");
    let mut lines = BufReader::new(contestant.stdout.take().expect("piped")).lines();
    let mut hear =
        || -> Value { serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("JSON") };
    let hello = hear();
    assert_eq!((&hello["ready"], &hello["versions"]["burn"]), (&json!(true), &json!("0.22.1")));
    let mut losses = Vec::new();
    for _ in 0..2 {
        writeln!(input, "epoch").expect("asked");
        let told = hear();
        assert!(told["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{told}");
        losses.push(told["loss"].as_f64().expect("a loss"));
    }
    assert!(losses[1] < losses[0] && losses[0] < 2.0, "it learns: {losses:?}");
    drop(input);
    assert!(contestant.wait().expect("ended").success());
}

#[test]
fn a_contestant_that_cannot_take_part_says_why_in_its_first_line() {
    let output = bench()
        .args(["contestant", "epochs", "--batch", "64", "--backend", "flex", "--images", "no/such/file"])
        .args(["--network", &fcn()])
        .stdin(Stdio::null())
        .output()
        .expect("started");
    let line: Value = serde_json::from_slice(&output.stdout).expect("a line of JSON");
    let reason = line["error"].as_str().expect("a reason");
    assert!(reason.starts_with("no/such/file: "), "{reason}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_benchmark_of_our_own_backend_prints_json_that_the_page_is_made_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = bench()
        .args(["models", "--model", "fcn", "--batch", "64", "--backend", "flex", "--rounds", "1", "--json"])
        .args(["--dataset", "stand-in", "--runs"])
        .arg(folder.path())
        .output()
        .expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let group = &printed["groups"][0];
    assert_eq!((&printed["name"], &group["name"]), (&json!("models"), &json!("fcn, batch 64")));
    let names: Vec<_> =
        group["entries"].as_array().expect("entries").iter().map(|entry| &entry["name"]).collect();
    assert_eq!(names, [&json!("tinderbox flex"), &json!("products")]);
    assert_eq!(group["entries"][0]["samples"].as_array().map(Vec::len), Some(1));
    let kept = std::fs::read_to_string(folder.path().join("bench/models.json")).expect("kept");
    assert_eq!(serde_json::from_str::<Value>(&kept).expect("JSON"), printed);
    let page = std::fs::read_to_string(folder.path().join("bench/index.html")).expect("a page");
    assert!(page.contains("fcn, batch 64"));
}

#[test]
fn what_cannot_be_measured_is_refused_before_anything_starts() {
    for (words, message) in [
        ("models --model vgg", "[possible values: fcn, cnn, local-net]"),
        ("models --against keras", "[possible values: pytorch, jax, burn-train]"),
        ("models --batch 0", "0 is not in 1..=65536"),
        ("models --rounds 0", "0 is not in 1..=1000"),
        ("models --python jax", "expected PEER=PYTHON, such as pytorch=/usr/bin/python3"),
        ("models --backend wgpu", "this program was built without wgpu"),
        ("study --share 2", "expected a number in (0, 1]"),
        (
            "study --only boosting --dataset stand-in",
            "--only boosting: no such experiment; there are architectures,",
        ),
        ("search --storage paper", "[possible values: memory, sqlite, postgres]"),
    ] {
        let output: Output = bench().args(words.split_whitespace()).output().expect("started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(message), "{words}: {said}");
        assert_eq!(output.status.code(), Some(2), "{words}");
    }
}

/// The settings of the paper's fully connected network.
fn fcn() -> String {
    let mut settings = serde_json::to_value(FcnConfig::default()).expect("plain data");
    settings["kind"] = FcnConfig::KIND.into();
    settings.to_string()
}
