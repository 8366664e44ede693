//! Experiments of every kind, small: averages, perturbations, adversarial training, searches, claims, borrowed trials.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::desk::Desk;

/// Two networks and their average, asked again under noise and under attack.
pub(crate) const PAPER: &str = r#"
name = "paper"
part = "test"
title = "Two networks and their average"
statement = "Together they are better."
protocol = "official"
perturbations = [{ noise = 0.2 }, { fgsm = 0.1 }]

[profiles.quick]
seeds = 2
epochs = 3

[profiles.full]
seeds = 3
epochs = 3
pooled = true

[[arms]]
name = "narrow"
description = "256-16-10"
model = { kind = "fcn", hidden = [16] }

[[arms]]
name = "robust"
description = "trained against FGSM, half of the units dropped"
model = { kind = "fcn", hidden = [32], dropout = 0.5 }
training = { adversarial = { epsilon = 0.1 } }

[[arms]]
name = "both"
description = "mean of the two"
average = ["narrow", "robust"]
reported = { percent = 95.5, what = "table 1" }

[[claims]]
id = "both-above-each"
sentence = "Both together are better than each."
test.best = { arm = "both", margin = 0.2 }

[[claims]]
id = "training-helps"
sentence = "Adversarial training helps."
test.order = { arms = ["robust", "narrow"], measure = { under = { fgsm = 0.1 } }, margin = 5.0 }
"#;

/// A random search over six points, one of which `PAPER` has already.
pub(crate) const SEARCH: &str = r#"
name = "search"
part = "test"
title = "A small search"
statement = "One is the best."
protocol = "official"

[profiles.quick]
seeds = 2
epochs = 3
points = 4

[profiles.full]
seeds = 2
epochs = 3

[search]
model = { kind = "fcn", hidden = [16] }

[search.draw]
sampler = { kind = "random", seed = 1 }
name = "{learning_rate} / {batch_size}"
space = [
    { name = "training.learning_rate", choices = [0.001, 0.01, 0.1] },
    { name = "training.batch_size", choices = [32, 64] },
]
"#;

fn arm<'a>(numbers: &'a Value, experiment: usize, name: &str) -> &'a Value {
    let arms = numbers["experiments"][experiment]["arms"].as_array().expect("arms");
    arms.iter().find(|arm| arm["name"] == name).expect("an arm")
}

#[test]
fn an_average_is_made_of_records_and_trains_nothing() {
    let desk = Desk::new();
    desk.write("paper.toml", PAPER);
    let ended = desk.run("reproduce paper.toml --dataset stand-in").done();
    assert!(ended.err.contains("4 trials"), "{}", ended.err);
    let numbers = desk.numbers("runs");
    let parameters = |name: &str| arm(&numbers, 0, name)["parameters"].as_u64().expect("parameters");
    assert_eq!(parameters("both"), parameters("narrow") + parameters("robust"));
    assert_eq!(arm(&numbers, 0, "both")["trials"], 2);
    let accuracy = |name: &str| arm(&numbers, 0, name)["test_accuracy"]["mean"].as_f64().expect("a mean");
    let each = accuracy("narrow").max(accuracy("robust"));
    assert!(accuracy("both") > each - 0.05, "{} {each}", accuracy("both"));
}

#[test]
fn a_report_shows_digits_before_and_after_each_perturbation() {
    let desk = Desk::new();
    desk.write("paper.toml", PAPER);
    desk.run("reproduce paper.toml --dataset stand-in --seeds 1 --epochs 1").done();
    let page = std::fs::read_to_string(desk.run_folder("runs").join("report.html")).expect("a page");
    let rows = |arm: &str| {
        let table = page.split_once(&format!("Digits seen by {arm}, seed ")).expect("a table").1;
        let rows = table.split_once("</table>").expect("its end").0.split("<tr><th scope=\"row\">").skip(1);
        rows.map(|row| row.split('<').next().unwrap_or_default()).collect::<Vec<_>>()
    };
    for arm in ["narrow", "robust"] {
        assert_eq!(rows(arm), ["none", "noise, σ = 0.2", "FGSM, ε = 0.1"], "{arm}");
    }
    // Its members see the same noise, but each is attacked by itself.
    assert_eq!(rows("both"), ["none", "noise, σ = 0.2"]);
}

#[test]
fn stand_in_digits_never_get_a_verdict_on_the_paper() {
    let desk = Desk::new();
    desk.write("paper.toml", PAPER);
    desk.run("reproduce paper.toml --dataset stand-in --seeds 6 --epochs 2").done();
    let numbers = desk.numbers("runs");
    let claims = numbers["experiments"][0]["claims"].as_array().expect("claims");
    assert_eq!(claims.len(), 2);
    for claim in claims {
        assert_eq!(claim["verdict"], "not_judged", "{claim}");
        assert!(claim["reason"].as_str().expect("a reason").contains("stand-in"), "{claim}");
    }
}

#[test]
fn a_search_draws_its_points_and_borrows_what_is_trained_already() {
    let desk = Desk::new();
    desk.write("paper.toml", PAPER);
    desk.write("search.toml", SEARCH);
    desk.run("reproduce search.toml --dataset stand-in --profile full --runs all").done();
    let all = desk.numbers("all");
    let names: BTreeSet<&str> = all["experiments"][0]["arms"]
        .as_array()
        .expect("arms")
        .iter()
        .filter_map(|arm| arm["name"].as_str())
        .collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert_eq!(all["experiments"][0]["trials"].as_array().expect("trials").len(), 12);

    // As a dashboard sees them: with their parameters.
    let storage = desk.run_folder("all").join("study.sqlite");
    let storage = rusqlite::Connection::open(storage).expect("a storage");
    let count = "SELECT count(*) FROM trial_params WHERE param_name IN ('learning_rate', 'batch_size')";
    assert_eq!(storage.query_row(count, [], |row| row.get::<_, u64>(0)).expect("a count"), 24);

    // `narrow` is the point 0.001 / 64.
    let run = "reproduce paper.toml search.toml --dataset stand-in --profile full --seeds 2 --epochs 2";
    let ended = desk.run(run).done();
    assert!(ended.err.contains("0.001 / 64  narrow of paper"), "{}", ended.err);
    let numbers = desk.numbers("runs");
    assert_eq!(arm(&numbers, 0, "narrow")["test_accuracy"], arm(&numbers, 1, "0.001 / 64")["test_accuracy"]);
}

#[test]
fn an_arm_with_a_reported_number_is_run_under_both_protocols() {
    let desk = Desk::new();
    desk.write("paper.toml", PAPER);
    let ended =
        desk.run("reproduce paper.toml --dataset stand-in --profile full --seeds 2 --epochs 1").done();
    // Two members, two seeds, two protocols.
    assert!(ended.err.contains("8 trials"), "{}", ended.err);
    let numbers = desk.numbers("runs");
    let trials = numbers["experiments"][0]["trials"].as_array().expect("trials");
    let pooled = trials.iter().filter(|trial| trial["arm"] == "both" && trial["protocol"] == "pooled");
    assert_eq!(pooled.count(), 2, "{trials:#?}");
    // Other digits say nothing of a number of the paper's.
    assert!(arm(&numbers, 0, "both")["placement"].is_null());
}

#[test]
fn settings_of_the_command_line_are_named_in_the_report() {
    let desk = Desk::new();
    let run = "reproduce small.toml --dataset stand-in --epochs 1 --seeds 1";
    let ended = desk.run(&format!("{run} --set training.learning_rate=0.01")).done();
    assert!(ended.out.contains("but with training.learning_rate=0.01"), "{}", ended.out);
    desk.run(&format!("{run} --set training.epochs=3")).refused(&["epochs are set by --epochs"]);
}

#[test]
fn claims_that_change_after_the_first_trials_are_told() {
    let desk = Desk::new();
    desk.write("paper.toml", PAPER);
    let run = "reproduce paper.toml --dataset stand-in --epochs 1 --seeds 1";
    let first = desk.run(run).done();
    assert!(!first.out.contains("claims were changed"), "{}", first.out);
    desk.write("paper.toml", PAPER.replace("test.best", "caution = \"It may mislead.\"\ntest.best"));
    let cautious = desk.run(run).done();
    assert!(!cautious.out.contains("claims were changed"), "a caution decides nothing: {}", cautious.out);
    let page = std::fs::read_to_string(desk.run_folder("runs").join("report.html")).expect("a page");
    assert!(page.contains("<strong>Caution:</strong> It may mislead."));
    desk.write("paper.toml", PAPER.replace("margin = 5.0", "margin = 0.5"));
    let second = desk.run(run).done();
    assert!(second.err.contains("everything is done already"), "{}", second.err);
    assert!(second.out.contains("claims were changed after the first trials of paper"), "{}", second.out);
}

#[test]
fn the_papers_experiments_are_listed_with_their_cost() {
    let desk = Desk::new();
    let ended = desk.run("reproduce --list --dataset stand-in").done();
    for name in ["architectures", "ensemble", "random-search", "architecture-grid"] {
        assert!(ended.out.contains(name), "{}", ended.out);
    }
    let ended = desk.run("reproduce --list --dataset stand-in --json").done();
    let list: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(list["experiments"].as_array().expect("experiments").len(), 8);
    assert!(list["claims"].as_u64().expect("claims") >= 20);
    assert!(!desk.path().join("runs").exists());
}
