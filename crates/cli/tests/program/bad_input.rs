//! Bad input gets one clear message and exit code 2, and leaves nothing half-written.

use std::fs;

use crate::desk::{Desk, SMALL};
use crate::experiments::{PAPER, SEARCH};

#[track_caller]
fn experiment_refused(text: &str, words: &[&str]) {
    let desk = Desk::new();
    desk.write("wrong.toml", text);
    desk.run("reproduce wrong.toml --dataset stand-in").refused(&["wrong.toml:"]).refused(words);
    assert!(!desk.path().join("runs").exists(), "nothing was started");
}

#[test]
fn an_experiment_file_is_refused_with_line_caret_and_nearest_word() {
    let change = |from: &str, to: &str| {
        assert!(SMALL.contains(from));
        SMALL.replacen(from, to, 1)
    };
    experiment_refused(
        &change("hidden = [32], dropout", "hiden = [32], dropout"),
        &["wrong.toml:19:", "^^^^^", "unknown key", "did you mean `hidden`?"],
    );
    experiment_refused(&change("part = ", "prat = "), &["wrong.toml:3:1", "did you mean `part`?"]);
    experiment_refused(
        &change("kind = \"cnn\"", "kind = \"cmn\""),
        &["wrong.toml:24:", "did you mean `cnn`?"],
    );
    experiment_refused(&change("dropout = 0.5", "dropout = 1.5"), &["wrong.toml:19:", "dropout", "1.5"]);
    experiment_refused(&change("[2, 4]", "[2, -4]"), &["wrong.toml:24:", "filters"]);
    experiment_refused(&change("seeds = 2", "seeds = 0"), &["wrong.toml:9:", "at least 1"]);
    experiment_refused(&change("name = \"Cnn\"", "name = \"Fcn\""), &["wrong.toml:22:", "two arms"]);
    for (name, words) in
        [("\\u0000", "invisible"), ("a\\nb", "invisible"), (&*"n".repeat(201), "at most 200")]
    {
        let named = change("name = \"Cnn\"", &format!("name = \"{name}\""));
        experiment_refused(&named, &["wrong.toml:22:", words]);
    }
    let two = "[[arms]]\nname = \"both\"\ndescription = \"both\"\naverage = [\"Fcn\", \"Cnn\"]\n\
               ensemble = { rule = \"mean\", members = [\"Fcn\", \"Cnn\"] }\n";
    experiment_refused(&(SMALL.to_string() + two), &["wrong.toml:29:1", "`average` too; remove one of them"]);
    experiment_refused(&change("title", "[[arms"), &["wrong.toml:4:"]);
    experiment_refused(&change("name = \"small\"", "name = \"../small\""), &["wrong.toml:2:1", "lower-case"]);
    let epochs = change("[[arms]]", "[training]\nepochs = 3\n\n[[arms]]");
    experiment_refused(&epochs, &["wrong.toml:17:1", "set by the profiles"]);
}

#[test]
fn claims_and_searches_are_refused_at_their_place() {
    let change = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from));
        text.replacen(from, to, 1)
    };
    let claim = |from: &str, to: &str| change(PAPER, from, to);
    experiment_refused(&claim("arm = \"both\"", "arm = \"bot\""), &["did you mean `both`?"]);
    experiment_refused(&claim("margin = 0.2", "margin = -0.2"), &["wrong.toml:", "-0.2"]);
    experiment_refused(&claim("fgsm = 0.1 } }", "fgsm = 0.3 } }"), &["`fgsm = 0.3`"]);
    experiment_refused(&claim("id = \"training-helps\"", "id = \"both-above-each\""), &["both-above-each"]);
    experiment_refused(
        &claim("\"narrow\", \"robust\"]", "\"narow\", \"robust\"]"),
        &["did you mean `narrow`?"],
    );
    experiment_refused(
        &claim("epsilon = 0.1", "epsilon = 1.5"),
        &["epsilon = 1.5", "is 1.5, expected in [0, 1]"],
    );
    let search = |from: &str, to: &str| change(SEARCH, from, to);
    experiment_refused(&search("training.batch_size", "training.batch_sise"), &["batch_sise"]);
    experiment_refused(&search("training.batch_size", "training.learning_rate"), &["training.learning_rate"]);
    experiment_refused(&search("training.batch_size", "training.epochs"), &["set by the profiles"]);
    experiment_refused(
        &search("training.batch_size", "model.hidden.layers"),
        &["the width `model.hidden.1` is missing"],
    );
    experiment_refused(
        &search("{learning_rate} / {batch_size}", "{learning_rate}"),
        &["two points have the name"],
    );
    experiment_refused(&search("points = 4", "points = 0"), &["at least 1"]);
}

#[test]
fn a_command_line_is_refused_before_anything_starts() {
    let desk = Desk::new();
    let run = |words: &str| desk.run(&format!("reproduce small.toml --dataset stand-in {words}"));
    run("--set training.learning_rat=0.1")
        .refused(&["training.learning_rat", "did you mean `training.learning_rate`?"]);
    run("--set training.learning_rate=-1")
        .refused(&["`training.learning_rate`: is -1, expected a finite number above 0"]);
    run("--set learning_rate").refused(&["expected key=value"]);
    run("--set model.pixels=100").refused(&["takes images of 100 pixels", "these images are 1x16x16"]);
    run("--set model.kind=fcn --set model.dropout=0.1 --set model.hidden=[9]")
        .refused(&["identical to arm `Fcn`"]);
    run("--data-dir nowhere").refused(&["--data-dir: nowhere is not a folder"]);
    run("--only smal").refused(&["--only smal", "small (test)"]);
    run("--seeds 0").refused(&["--seeds", "1..=10000"]);
    let ended = run("--storage memory: --runs others").refused(&["memory: cannot be shared with workers"]);
    assert!(!ended.err.contains("died"), "{}", ended.err);
    run("--backend cuda").refused(&["flex", "ndarray", "wgpu"]);
    desk.run("reproduce nowhere.toml").refused(&["nowhere.toml: No such file"]);
    assert!(!desk.path().join("runs").exists());
}

#[cfg(not(any(feature = "ndarray", feature = "wgpu")))]
#[test]
fn a_backend_that_was_not_built_is_refused_in_one_line() {
    for backend in ["ndarray", "wgpu"] {
        let run = format!("reproduce --backend {backend}");
        let ended = Desk::new().run(&run).refused(&[&format!("cargo xtask {run}")]);
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    }
}

#[test]
fn wrong_digits_are_never_replaced_silently() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("usps")).expect("made");
    desk.write("usps/zip.train.gz", b"not the digits");
    let ended = desk.run("reproduce small.toml --data-dir .");
    ended.refused(&["zip.train.gz", "66ebf231ab51f2cf6ac1a892d0f98ccffee1079d7a5db638c1f11f366046ca16"]);
    desk.run("reproduce small.toml --dataset mnist").refused(&["mnist", "usps"]);
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let desk = Desk::new();
    desk.run("evaluate nowhere.safetensors --dataset stand-in").refused(&["nowhere.safetensors"]);
    desk.run("train --model fcn --epochs 1 --dataset stand-in --output good.safetensors").done();
    let good = fs::read(desk.path().join("good.safetensors")).expect("weights");
    desk.write("cut.safetensors", &good[..good.len() / 2]);
    desk.run("evaluate cut.safetensors --dataset stand-in").refused(&["cut.safetensors"]);
    let ended = desk.run("train --epochs 1 --dataset stand-in --output no/such/folder/x.safetensors");
    ended.refused(&["there is no folder no/such/folder"]);
}

#[test]
fn a_row_that_is_no_image_is_named_by_line_and_value() {
    let desk = Desk::new();
    desk.run("train --model fcn --epochs 1 --dataset stand-in").done();
    let good = vec!["0.5"; 256].join(" ");
    desk.write("rows.txt", format!("{good}\n{good} 0.5\n"));
    desk.run("predict model.safetensors rows.txt").refused(&["rows.txt, line 2: 257 values, expected 256"]);
    desk.write("rows.txt", good.replacen("0.5", "NaN", 1));
    desk.run("predict model.safetensors rows.txt")
        .refused(&["rows.txt, line 1: value 1: NaN, expected 0 to 1"]);
}

#[test]
fn a_record_that_was_changed_makes_report_refuse_and_name_it() {
    let desk = Desk::new();
    desk.run("reproduce small.toml --dataset stand-in --epochs 1 --seeds 1 --workers 1").done();
    let folder = desk.run_folder("runs");
    // One digit of every record.
    let storage = rusqlite::Connection::open(folder.join("study.sqlite")).expect("a storage");
    let change = "UPDATE tinderbox_trial_attachments SET content = \
                  CAST(replace(CAST(content AS TEXT), '\"training_accuracy\":0.', '\"training_accuracy\":0.9') AS BLOB)";
    assert_eq!(storage.execute(change, []).expect("changed"), 2);
    drop(storage);
    let ended = desk.run(&format!("report {}", folder.display()));
    ended.refused(&["study.sqlite: study `small`, trial ", "it was changed after it was written"]);
}

#[test]
fn test_images_that_were_changed_make_report_refuse_and_name_them() {
    let desk = Desk::new();
    desk.run("reproduce small.toml --dataset stand-in --epochs 1 --seeds 1").done();
    let folder = desk.run_folder("runs");
    let storage = rusqlite::Connection::open(folder.join("study.sqlite")).expect("a storage");
    // The first pixel, one grey level on.
    let change = "UPDATE tinderbox_study_attachments SET content = \
                  CAST(X'01' || substr(content, 2) AS BLOB) WHERE name = 'test-pixels'";
    assert_eq!(storage.execute(change, []).expect("changed"), 1);
    drop(storage);
    let ended = desk.run(&format!("report {}", folder.display()));
    ended.refused(&["study.sqlite: study `small`: its test images were changed"]);
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let desk = Desk::new();
    let train = "train --model fcn --epochs 1 --dataset stand-in --checkpoint a.checkpoint";
    desk.run(train).done();
    desk.run(train).done();
    for other in
        ["--set model.dropout=0.5", "--set model.activation=sigmoid", "--protocol pooled", "--seed 2"]
    {
        desk.run(&format!("{train} {other}")).refused(&["a.checkpoint", "belongs to another training"]);
    }
}

#[cfg(unix)]
#[test]
fn a_closed_output_is_no_crash() {
    let desk = Desk::new();
    desk.run("train --model fcn --epochs 1 --dataset stand-in").done();
    for words in [
        "data list",
        "evaluate model.safetensors --dataset stand-in",
        "reproduce --dataset stand-in --dry-run",
    ] {
        let mut child = desk
            .command(words)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("waited for");
        assert_eq!(output.status.code(), Some(0), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_folder_without_a_run_is_refused() {
    let desk = Desk::new();
    desk.run("report .").refused(&["no study.sqlite in it"]);
    desk.write(
        "study.sqlite",
        "this is no database, though it has its name and is long enough to be looked into",
    );
    desk.run("report .").refused(&["study.sqlite"]);
}
