//! What each command prints and leaves, on the digits that are embedded in the program.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::desk::Desk;
use serde_json::Value;

#[test]
fn stand_in_digits_are_said_in_terminal_head_and_tables() {
    let desk = Desk::new();
    let ended = desk.run("reproduce small.toml --dataset stand-in --epochs 1 --seeds 2").done();
    assert!(ended.err.contains("stand-in digits, not USPS"), "{}", ended.err);
    assert!(ended.out.contains("stand-in digits, not USPS"), "{}", ended.out);
    let page = fs::read_to_string(desk.run_folder("runs").join("report.html")).expect("a page");
    let head = &page[..page.find("<h2").expect("a section")];
    assert!(head.contains("stand-in digits, not USPS"), "the head");
    let tables = page.split("<table").skip(1);
    assert!(tables.clone().count() >= 2);
    for table in tables {
        let caption = &table[..table.find("</caption>").expect("a caption")];
        assert!(caption.contains("stand-in"), "{caption}");
    }
}

#[test]
fn without_files_and_without_a_network_auto_stands_in_and_usps_does_not() {
    let desk = Desk::new();
    // A proxy that refuses everybody: no download gets through, on any machine.
    let offline = |words: &str| {
        let mut command = desk.command(words);
        command.env("ALL_PROXY", "http://127.0.0.1:9").env("HTTPS_PROXY", "http://127.0.0.1:9");
        crate::desk::Ended::from(command.output().expect("the program starts"))
    };
    let ended = offline("reproduce small.toml --epochs 1 --seeds 1").done();
    assert!(ended.err.contains("stand-in digits, not USPS: "), "{}", ended.err);
    offline("reproduce small.toml --dataset usps").refused(&["usps is not in", "could not be downloaded"]);
}

#[test]
fn a_dry_run_shows_the_plan_and_leaves_nothing() {
    let desk = Desk::new();
    let ended = desk.run("reproduce small.toml --dataset stand-in --profile full --dry-run").done();
    assert!(ended.out.contains("6 trials"), "{}", ended.out);
    assert!(ended.out.contains("3 seeds x 6 epochs"), "{}", ended.out);
    assert!(!desk.path().join("runs").exists());
}

#[test]
fn a_damaged_file_of_measured_times_changes_nothing() {
    let desk = Desk::new();
    let list = "reproduce --list --dataset stand-in";
    let before = desk.run(list).done().out;
    assert!(before.ends_with("Times are estimates from another machine.\n"), "{before}");
    let file = desk.path().join("cache/tinderbox/pace.json");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    for damaged in ["{", "[1]", "\u{0}"] {
        fs::write(&file, damaged).expect("written");
        let ended = desk.run(list).done();
        assert_eq!(
            (ended.out.as_str(), ended.err.contains("pace")),
            (before.as_str(), false),
            "{}",
            ended.err
        );
    }
    desk.run("reproduce small.toml --dataset stand-in --epochs 1 --seeds 1").done();
}

#[test]
fn a_report_is_made_again_from_the_storage_alone() {
    let desk = Desk::new();
    desk.run("reproduce small.toml --dataset stand-in --epochs 1").done();
    let folder = desk.run_folder("runs");
    let page = fs::read(folder.join("report.html")).expect("a page");
    fs::remove_file(folder.join("report.html")).expect("removed");
    let ended = desk.run(&format!("report {} --json", folder.display())).done();
    assert_eq!(fs::read(folder.join("report.html")).expect("a page"), page);
    let numbers: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(numbers["experiments"][0]["arms"].as_array().expect("arms").len(), 2);
}

#[test]
fn train_evaluate_and_predict_agree() {
    let desk = Desk::new();
    let ended =
        desk.run("train --model fcn --epochs 8 --dataset stand-in --output fcn.safetensors --json").done();
    let last: Value = serde_json::from_str(ended.out.lines().last().expect("epochs")).expect("JSON");
    let ended = desk.run("evaluate fcn.safetensors --dataset stand-in --json").done();
    let measured: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(measured["accuracy"], last["test_accuracy"]);
    let accuracy = measured["accuracy"].as_f64().expect("a number");
    assert!(accuracy > 0.85, "{accuracy}");

    let digits = tinderbox_data::stand_in("a test");
    let rows: String = (0..50)
        .map(|image| digits.test.image(image).iter().map(f32::to_string).collect::<Vec<_>>().join(" ") + "\n")
        .collect();
    let mut child = desk
        .command("predict fcn.safetensors --json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(rows.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("waited for");
    let answers: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), 50);
    let right = answers
        .iter()
        .zip(digits.test.labels())
        .filter(|(answer, label)| answer["digit"].as_u64() == Some(u64::from(**label)))
        .count();
    assert!(right as f64 >= 50.0 * (accuracy - 0.15), "{right} of 50 right, {accuracy} of all");
    for answer in &answers {
        let sum: f64 =
            answer["probabilities"].as_array().expect("ten").iter().filter_map(Value::as_f64).sum();
        assert!((sum - 1.0).abs() < 1e-4);
    }
}

#[test]
fn divergence_is_reported_not_a_failure() {
    let desk = Desk::new();
    let run = "reproduce small.toml --dataset stand-in --epochs 2 --seeds 1";
    desk.run(&format!("{run} --set training.learning_rate=1e30 --set training.optimizer.kind=sgd")).done();
    let page = fs::read_to_string(desk.run_folder("runs").join("report.html")).expect("a page");
    assert!(page.contains("diverged"));
}

#[test]
fn data_is_listed_and_verified() {
    let desk = Desk::new();
    let ended = desk.run("data list --json").done();
    let list: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(list[0]["name"], "usps");
    assert_eq!(list[0]["training"], 7291);
    let ended = desk.run("data verify --data-dir .");
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("usps is not in"), "{}", ended.out);
}

#[test]
fn every_command_has_help_with_an_example() {
    let desk = Desk::new();
    for command in ["reproduce", "report", "train", "evaluate", "predict", "data"] {
        let ended = desk.run(&format!("{command} --help")).done();
        assert!(ended.out.contains(&format!("tinderbox {command}")), "{}", ended.out);
        assert!(ended.out.contains("Example"), "{}", ended.out);
    }
}

#[test]
fn one_batch_is_learnt_by_heart_or_the_exit_code_says_that_it_is_not() {
    let desk = Desk::new();
    let learnt = desk.run("overfit-one-batch --model fcn --dataset stand-in --json").done();
    let shown: serde_json::Value = serde_json::from_str(&learnt.out).expect("JSON");
    assert_eq!((&shown["learnt"], &shown["images"]), (&true.into(), &64.into()), "{shown}");
    assert!(shown["loss"].as_f64().is_some_and(|loss| loss <= 0.01), "{shown}");
    assert!(shown["steps"].as_u64().is_some_and(|steps| steps < 300), "{shown}");
    for hopeless in ["1e-9", "1e30"] {
        let words = format!(
            "overfit-one-batch --model fcn --dataset stand-in --steps 5 --set training.learning_rate={hopeless}"
        );
        let ended = desk.run(&words);
        assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
        assert!(ended.err.contains("learning rate"), "{}", ended.err);
    }
    let words = "overfit-one-batch --dataset stand-in --set training.epochs=2";
    desk.run(words).refused(&["use --steps to set the number of steps"]);
    assert!(!desk.path().join("model.safetensors").exists(), "it saves no weights");
}
