//! What is checked before anything runs: every point that a space can give trains, every setting has an effect, every
//! number is one that can be stored. What does not is refused at its place in the file, before a study is stored.

use crate::desk::{Desk, Ended};
use crate::drawn;

const SEARCH: &str = r#"name = "s"
model = "fcn"
epochs = 2
EXTRA
settings = { SETTINGS }
[study]
trials = 6
STUDY
sampler = { kind = "random", seed = 7 }
space = [
    SPACE
]
"#;

/// The parts of a file that a test is about.
#[derive(Clone, Copy)]
struct Parts<'a> {
    extra: &'a str,
    settings: &'a str,
    study: &'a str,
    space: &'a str,
}

const PARTS: Parts = Parts {
    extra: "",
    settings: "\"model.hidden\" = [8]",
    study: "",
    space: "{ name = \"training.learning_rate\", float = [1e-4, 0.03], log = true }",
};

impl Parts<'_> {
    fn run(self, desk: &Desk) -> Ended {
        let text = SEARCH.replace("EXTRA", self.extra).replace("SETTINGS", self.settings);
        desk.write("s.toml", text.replace("STUDY", self.study).replace("SPACE", self.space));
        desk.run("search run s.toml --dataset stand-in --workers 1 --storage sqlite:s.sqlite")
    }

    /// Refused at a place of the file that `words` are about, with no study left behind.
    #[track_caller]
    fn refused(self, words: &[&str]) {
        let desk = Desk::new();
        self.run(&desk).refused(&["s.toml:", "^"]).refused(words);
        assert_eq!(studies(&desk, "s.sqlite"), 0, "a study was stored that was refused");
    }
}

fn studies(desk: &Desk, file: &str) -> i64 {
    let Ok(storage) = open(desk, file) else { return 0 };
    storage.query_row("SELECT count(*) FROM studies", [], |row| row.get(0)).unwrap_or(0)
}

fn open(desk: &Desk, file: &str) -> rusqlite::Result<rusqlite::Connection> {
    rusqlite::Connection::open_with_flags(desk.path().join(file), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
}

const KINDS: &str = "{ name = \"training.optimizer.kind\", choices = [\"adam\", \"sgd\"] },";

#[test]
fn a_setting_that_only_some_choices_have_is_searched_where_they_are() {
    for (dimension, condition) in [
        ("training.optimizer.momentum\", float = [0.0, 0.9]", "\"training.optimizer.kind\" = [\"sgd\"]"),
        ("training.optimizer.beta_1\", float = [0.8, 0.9]", "\"training.optimizer.kind\" = [\"adam\"]"),
        ("training.adversarial.epsilon\", float = [0.0, 0.2]", "\"training.optimizer.kind\" = [\"adam\"]"),
    ] {
        let space = format!("{KINDS} {{ name = \"{dimension}, when = {{ {condition} }} }}");
        Parts { space: &space, ..PARTS }.run(&Desk::new()).done();
    }
}

#[test]
fn a_setting_that_some_choices_lack_is_refused_with_the_condition_to_add() {
    let refused = |dimension: &str, words: &[&str]| {
        Parts { space: &format!("{KINDS} {dimension}"), ..PARTS }.refused(words);
    };
    let beta = "{ name = \"training.optimizer.beta_1\", float = [0.8, 0.99] }";
    refused(beta, &["\"sgd\" of `training.optimizer.kind` has no `beta_1`"]);
    refused(beta, &["add when = { \"training.optimizer.kind\" = [\"adam\"] }"]);
    let momentum = "{ name = \"training.optimizer.momentum\", float = [0.0, 0.9] }";
    refused(momentum, &["\"adam\" of `training.optimizer.kind` has no `momentum`"]);
    let wrong = "{ name = \"training.optimizer.momentum\", float = [0.0, 0.9], when = { \"training.optimizer.kind\" = \
                 [\"adam\"] } }";
    refused(wrong, &["has no `momentum`"]);
}

#[test]
fn layers_and_widths_that_do_not_fit_are_refused() {
    let refused = |space: &str, words: &[&str]| Parts { settings: "", space, ..PARTS }.refused(words);
    let layers = |range: &str| format!("{{ name = \"model.hidden.layers\", int = {range} }}");
    let width = |place: u8| format!("{{ name = \"model.hidden.{place}\", choices = [8, 16] }}");
    refused(&format!("{}, {}", layers("[1, 5]"), width(1)), &["the width `model.hidden.2` is missing"]);
    refused(&format!("{}, {}, {}", layers("[1, 2]"), width(1), width(2)), &["`model.hidden.2`", "add when"]);
    refused(&format!("{}, {}", width(1), width(3)), &["the width `model.hidden.2` is missing"]);
    refused("{ name = \"model.hidden.units\", choices = [8] }", &["no effect without `model.hidden.layers`"]);
    Parts { space: &width(1), ..PARTS }.refused(&["`model.hidden`", "in `settings` too"]);
}

#[test]
fn a_pruner_that_cannot_act_is_refused() {
    let threshold = "pruner = { kind = \"threshold\", upper = -2.0 }";
    let two = "objectives = [\"validation-accuracy\", \"parameters\"]";
    Parts { extra: two, study: threshold, ..PARTS }.refused(&["pruner", "has no effect"]);
    Parts { extra: "objectives = [\"parameters\"]", study: threshold, ..PARTS }
        .refused(&["pruner", "no effect"]);
    let refused = |study: &str, words: &[&str]| Parts { study, ..PARTS }.refused(words);
    refused("pruner = { kind = \"median\", warmup_steps = 2 }", &["pruner", "no trial before epoch 2"]);
    refused("pruner = { kind = \"median\", startup_trials = 6 }", &["pruner", "before 6 have finished"]);
    let late = "lag = 4\npruner = { kind = \"median\", startup_trials = 2 }";
    refused(late, &["pruner", "with a lag of 4 it stops no trial before number 6"]);
    refused("pruner = { kind = \"patience\", patience = 2 }", &["pruner", "no trial before epoch 4"]);
    refused("pruner = { kind = \"threshold\" }", &["pruner", "`lower` is missing"]);
    refused(
        "pruner = { kind = \"patience\", patience = 2, min_delta = inf }",
        &["min_delta", "finite number"],
    );
}

#[test]
fn a_pruner_that_the_workers_or_the_trials_leave_without_effect_is_named() {
    let desk = Desk::new();
    let open = Parts { study: "pruner = { kind = \"median\", startup_trials = 2 }", ..PARTS };
    let late = "this pruner has no effect: with a lag of 4 it stops no trial before number 6 (the first is 0), and there";
    let err = open.run(&desk).done().err;
    assert!(!err.contains("pruner"), "one worker, lag 0: {err}");
    let create = "search create s.toml --dataset stand-in --storage sqlite:c.sqlite --workers 5";
    let err = desk.run(create).done().err;
    assert!(err.contains(&format!("note: {late} are 6")), "{err}");
    let resume = |trials: u32| {
        let words = "search resume s --dataset stand-in --storage sqlite:c.sqlite --workers 2";
        desk.run(&format!("{words} --trials {trials}")).done().err
    };
    assert!(resume(5).contains(&format!("note: {late} are 5")));
    assert!(!resume(7).contains("pruner"));
}

#[test]
fn steps_numbers_and_counts_out_of_bounds_are_refused() {
    for step in ["inf", "nan", "1e300", "1e19", "0", "-1", "200", "1.5"] {
        let space = format!("{{ name = \"training.batch_size\", int = [32, 128], step = {step} }}");
        Parts { space: &space, ..PARTS }.refused(&["step"]);
    }
    let refused = |study: &str, words: &[&str]| Parts { study, ..PARTS }.refused(words);
    refused("patience = 0", &["patience", "at least 1"]);
    refused("directions = [\"minimize\"]", &["directions", "`objectives`"]);
    Parts { settings: "\"training.epochs\" = 3", ..PARTS }.refused(&["set by `epochs`"]);
    Parts { settings: "\"model.kind\" = \"cnn\"", ..PARTS }.refused(&["set by `model`"]);
    Parts { settings: "\"training.patience\" = nan", ..PARTS }.refused(&["patience", "finite number"]);
    Parts { extra: "objectives = [\"parameters\", \"parameters\"]", ..PARTS }.refused(&["duplicate"]);
    Parts { settings: "\"training.learning_rate\" = 0.1", ..PARTS }.refused(&["in `settings` too"]);
    Parts { settings: "\"model.pixels\" = 100", ..PARTS }.refused(&["takes images of 100 pixels"]);
    Parts { settings: "\"validation_fraction\" = 1e-9", ..PARTS }.refused(&["no image for validation"]);
}

#[test]
fn an_experiment_with_more_seeds_than_anyone_has_is_refused_at_once() {
    let desk = Desk::new();
    for (from, to, word) in [
        ("seeds = 2", "seeds = 1000000000000000000", "seeds"),
        ("seeds = 2", "seeds = 10001", "at most 10000"),
        ("epochs = 4", "epochs = 1000000000000000000", "epochs"),
    ] {
        desk.write("many.toml", crate::desk::SMALL.replacen(from, to, 1));
        desk.run("reproduce many.toml --dry-run --dataset stand-in").refused(&["many.toml:", "^", word]);
    }
}

#[test]
fn a_setting_of_the_command_line_is_one_finite_value_and_the_only_answer() {
    let desk = Desk::new();
    let refused = |setting: &str, words: &[&str]| {
        let both = ["train --model fcn --epochs 1", "reproduce small.toml --seeds 1 --epochs 1"];
        for words_before in both {
            let mut command = desk.command(&format!("{words_before} --dataset stand-in --set"));
            Ended::from(command.arg(setting).output().expect("the program starts")).refused(words);
        }
    };
    for value in ["nan", "inf", "-inf"] {
        refused(&format!("training.patience={value}"), &["patience", "finite number"]);
    }
    refused("training.patience=3\nseed = 4", &["is not a single TOML value"]);
    refused(
        "model.initializer={ normal = { standard_deviation = 0.1, standart_deviation = 9 } }",
        &["standart_deviation"],
    );
    refused("training.optimizer=sgd", &["write `training.optimizer.kind=sgd`"]);
    let train = "train --model fcn --epochs 1 --dataset stand-in";
    desk.run(&format!("{train} --set model.kind=cnn")).refused(&["kind", "--model"]);
    desk.run(&format!("{train} --set training.epochs=3")).refused(&["epochs are set by --epochs"]);
    assert!(!desk.path().join("model.safetensors").exists() && !desk.path().join("runs").exists());
}

#[test]
fn a_trial_that_diverged_failed_and_is_on_no_front() {
    let desk = Desk::new();
    let parts = Parts {
        extra: "objectives = [\"validation-accuracy\", \"parameters\"]",
        settings: "\"training.optimizer.kind\" = \"sgd\"",
        space: "{ name = \"training.learning_rate\", choices = [0.01, 1e30] }, { name = \"model.hidden.1\", int = [8, 64] }",
        ..PARTS
    };
    let ended = parts.run(&desk);
    assert_eq!(ended.code, Some(1), "a trial failed: {}\n{}", ended.out, ended.err);
    let shown = desk.run("search show s --storage sqlite:s.sqlite --json").done().out;
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let failed = shown["failed"].as_u64().expect("a count");
    assert!((1..6).contains(&failed), "{shown}");
    assert!(
        !shown["best"].to_string().contains("1e+30") && !shown["best"].to_string().contains("1e30"),
        "{shown}"
    );
    assert_eq!(
        failures(&desk, "s.sqlite"),
        vec!["diverged in epoch 1: a loss was not finite"; failed as usize]
    );
}

/// Why trials failed.
fn failures(desk: &Desk, file: &str) -> Vec<String> {
    let storage = open(desk, file).expect("a storage");
    let mut reasons =
        storage.prepare("SELECT reason FROM tinderbox_attempts WHERE outcome = 'FAIL'").expect("attempts");
    let reasons = reasons.query_map([], |row| row.get(0)).expect("rows");
    reasons.collect::<Result<_, _>>().expect("reasons")
}

#[test]
fn every_file_that_is_drawn_is_refused_at_its_place_or_each_of_its_trials_trains() {
    let desk = Desk::new();
    let (mut refused, mut trained) = (0, 0);
    for number in 0..40 {
        let text = drawn::file(number);
        desk.write("drawn.toml", &text);
        let storage = format!("{number}.sqlite");
        let ended = desk
            .run(&format!("search run drawn.toml --dataset stand-in --workers 1 --storage sqlite:{storage}"));
        let shown = format!("file {number}:\n{text}\n{}\n{}", ended.out, ended.err);
        match ended.code {
            Some(2) => {
                assert!(ended.err.contains("drawn.toml:") && ended.err.contains('^'), "{shown}");
                assert!(!ended.err.contains("panicked"), "{shown}");
                assert_eq!(studies(&desk, &storage), 0, "{shown}");
                refused += 1;
            }
            Some(0 | 1) => {
                let reasons = failures(&desk, &storage);
                assert!(
                    reasons.iter().all(|reason| reason.starts_with("diverged in epoch")),
                    "{reasons:?} {shown}"
                );
                assert_eq!(ended.code, Some(i32::from(!reasons.is_empty())), "{shown}");
                trained += 1;
            }
            _ => panic!("{shown}"),
        }
    }
    assert!(
        refused >= 10 && trained >= 10,
        "{refused} refused, {trained} trained: the draw is too one-sided"
    );
}
