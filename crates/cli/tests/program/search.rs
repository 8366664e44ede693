//! Studies of trainings: the same table for any number of workers, killed or not; shown, resumed, refused.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::desk::Desk;

const TUNING: &str = r#"
name = "tiny"
model = "fcn"
epochs = 3

[study]
trials = 12
lag = 3
sampler = { kind = "tpe", seed = 7, startup = 4 }
pruner = { kind = "median", startup_trials = 2 }
space = [
    { name = "training.learning_rate", float = [1e-5, 0.1], log = true },
    { name = "model.hidden.layers", int = [1, 2] },
    { name = "model.hidden.1", choices = [8, 16] },
    { name = "model.hidden.2", choices = [8, 16], when = { "model.hidden.layers" = { at_least = 2 } } },
]
"#;

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("tiny.toml", TUNING);
    desk
}

/// The rows of a study in the file `FILE.sqlite`, without times.
fn table(desk: &Desk, file: &str) -> String {
    let words = format!("search export tiny --storage sqlite:{file}.sqlite --format csv --without-times");
    desk.run(&words).done().out
}

fn run(file: &str, workers: usize) -> String {
    format!("search run tiny.toml --dataset stand-in --storage sqlite:{file}.sqlite --workers {workers}")
}

#[test]
fn a_study_is_the_same_for_one_worker_and_three_and_after_a_kill() {
    let desk = desk();
    let ended = desk.run(&run("one", 1)).done();
    assert!(ended.out.contains("tiny: "), "{}", ended.out);
    assert!(ended.err.contains("12 of 12 trials done"), "{}", ended.err);
    let one = table(&desk, "one");
    assert_eq!(one.lines().count(), 13, "{one}");
    assert!(one.contains(",complete,") || one.contains("0,complete"), "{one}");
    desk.run(&run("three", 3)).done();
    assert_eq!(table(&desk, "three"), one);

    // The whole crew dies with its head; the next run takes its trials back at once.
    let mut command = desk.command(&run("killed", 2));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a program");
    thread::sleep(Duration::from_millis(700));
    child.kill().expect("killed");
    child.wait().expect("ended");
    desk.run(&run("killed", 2)).done();
    assert_eq!(table(&desk, "killed"), one);

    // A run whose time is up starts nothing more, and can be resumed.
    let stopped = desk.run(&format!("{} --time-limit 0s", run("limited", 2))).done();
    assert!(stopped.out.contains("tiny: 0 complete\n"), "{}", stopped.out);
    assert!(stopped.err.contains("time limit reached"), "{}", stopped.err);
    desk.run(&run("limited", 2)).done();
    assert_eq!(table(&desk, "limited"), one);
}

#[test]
fn a_study_is_gone_on_with_and_looked_at() {
    let desk = desk();
    desk.run(&run("study", 2)).done();
    let storage = "--storage sqlite:study.sqlite";
    desk.run(&format!("search resume tiny {storage} --dataset stand-in --trials 14")).done();
    let shown = desk.run(&format!("search show tiny {storage} --json")).done().out;
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    let count = |what: &str| shown[what].as_u64().expect("a count");
    assert_eq!(count("complete") + count("pruned"), 14, "{shown}");
    assert_eq!(shown["best"].as_array().expect("trials").len(), 5);
    assert!(desk.run(&format!("search show {storage}")).done().out.contains("tiny"));

    let page = desk.run(&format!("search export tiny {storage} --format html")).done().out;
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"), "{}", &page[..60]);
    for words in [
        "validation accuracy, %",
        "TPE, the tree-structured Parzen estimator: 4 random trials first",
        "median: stops a trial",
        "3: each trial is chosen without the results of the 3 trials just before it",
        "needs at least 30 complete trials",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let json = desk.run(&format!("search export tiny {storage}")).done().out;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["trials"].as_array().expect("trials").len(), 14);

    // A worker that somebody starts finds nothing left, and says so by its end.
    let worker = format!("worker --study tiny {storage} --dataset stand-in");
    desk.run(&worker).done();
}

#[test]
fn what_cannot_be_searched_is_refused_before_anything_runs() {
    let desk = desk();
    let changed = |from: &str, to: &str, words: &[&str]| {
        assert!(TUNING.contains(from));
        desk.write("wrong.toml", TUNING.replacen(from, to, 1));
        desk.run("search run wrong.toml --dataset stand-in --storage sqlite:wrong.sqlite").refused(words);
    };
    changed("epochs = 3", "epoch = 3", &["wrong.toml:4:1", "did you mean `epochs`?"]);
    changed("\"tpe\"", "\"tpi\"", &["wrong.toml:9:", "did you mean `tpe`?"]);
    changed("training.learning_rate", "training.learning_rat", &["did you mean `learning_rate`?"]);
    changed("lag = 3", "lags = 3", &["wrong.toml:8:1", "did you mean `lag`?"]);
    changed("startup_trials = 2", "percentile = 2", &["percentile"]);

    desk.run(&run("study", 1)).done();
    desk.write("tiny.toml", TUNING.replacen("epochs = 3", "epochs = 4", 1));
    desk.run(&run("study", 1)).refused(&["study `tiny` already exists", "`epochs`"]);
    desk.write("tiny.toml", TUNING.replacen("seed = 7", "seed = 8", 1));
    desk.run(&run("study", 1)).refused(&["already exists with sampler", "choose another name"]);
    let storage = "--storage sqlite:study.sqlite";
    desk.run(&format!("search show other {storage}")).refused(&["no study `other`", "it has tiny"]);
    desk.run("search show tiny --storage mysql://me@host/x").refused(&["mysql:", "expected `memory:`"]);
    desk.run(&format!("search slurm tiny {storage}")).refused(&["postgres://"]);
}
