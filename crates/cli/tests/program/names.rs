//! Names of studies: refused at the door where they are none, and never more than a name where they come from elsewhere.

use std::fs;
use std::path::Path;

use rusqlite::params;

use crate::desk::Desk;
use crate::small_study::{RUN, STUDY, completed, database, desk};

const NOT_NAMES: [&str; 14] = [
    r"mnist/fcn",
    r"../../escape",
    r"..",
    r".hidden",
    r"-fast",
    r"--storage",
    r"it's",
    r"q'$(touch escape)'",
    r"",
    r"a b",
    r"a\u001b[31mb",
    r"a\nb",
    r"a\u202eb",
    r"Fcn",
];

#[test]
fn what_is_not_a_name_is_refused_with_its_place_before_a_study_is_stored() {
    let desk = Desk::new();
    let long = "x".repeat(600);
    for name in NOT_NAMES.into_iter().chain([long.as_str()]) {
        desk.write("s.toml", STUDY.replacen("name = \"s\"", &format!("name = \"{name}\""), 1));
        for command in ["run", "create"] {
            let ended = desk.run(&format!("search {command} s.toml --dataset stand-in"));
            let ended = ended.refused(&["s.toml:2:8", "^", "a name has 1 to 64 lower-case letters, digits"]);
            assert!(!ended.err.contains('\u{1b}') && !ended.err.contains('\u{202e}'), "{:?}", ended.err);
        }
        assert!(!desk.path().join("studies.sqlite").exists(), "{name}");
    }
    assert_eq!(named_escape(desk.path()), Vec::<String>::new());
}

#[test]
fn an_experiment_has_a_name_by_the_same_rule() {
    for name in ["../../escape", "-fast", "", &"x".repeat(65)] {
        let desk = Desk::new();
        let text = crate::desk::SMALL.replacen("name = \"small\"", &format!("name = \"{name}\""), 1);
        desk.write("wrong.toml", text);
        desk.run("reproduce wrong.toml --dataset stand-in")
            .refused(&["wrong.toml:2:1", "a name has 1 to 64"]);
        assert!(!desk.path().join("runs").exists(), "{name}");
    }
}

#[test]
fn a_name_that_another_program_gave_is_shown_and_gone_on_with_and_is_no_path_option_or_shell_text() {
    let desk = desk(1, 2);
    desk.run("search create s.toml --dataset stand-in").done();
    for (trials, name) in (2..).zip([
        "it's",
        "../../escape",
        "/escape",
        "-fast",
        "--workers",
        "q'$(touch escape)'",
        "a b",
        "Fcn",
        ".",
    ]) {
        database(&desk).execute("UPDATE studies SET study_name = ?1", params![name]).expect("renamed");
        let run = |words: &str| {
            let mut command = desk.command(words);
            command.args(["--", name]);
            crate::desk::Ended::from(command.output().expect("the program starts"))
        };
        run("search show").done();
        run(&format!("search resume --dataset stand-in --workers 1 --trials {trials}")).done();
        assert_eq!(completed(&desk), trials, "{name}");
        let mut worker = desk.command("worker --dataset stand-in");
        worker.arg(format!("--study={name}"));
        assert!(worker.output().expect("the program starts").status.success(), "{name}");
    }
    assert_eq!(named_escape(desk.path()), Vec::<String>::new());
}

#[test]
fn a_runs_folder_may_begin_with_a_dash() {
    let desk = Desk::new();
    let mut command =
        desk.command("reproduce small.toml --dataset stand-in --epochs 1 --seeds 1 --workers 1");
    command.arg("--runs=-runs");
    crate::desk::Ended::from(command.output().expect("the program starts")).done();
    assert!(desk.path().join("-runs").is_dir());
}

#[test]
fn a_study_is_created_without_a_training_and_says_its_lag() {
    let desk = desk(1, 2);
    let text = fs::read_to_string(desk.path().join("s.toml")).expect("a file");
    assert!(text.contains("lag = 3\n"));
    desk.write("s.toml", text.replacen("lag = 3\n", "", 1));
    let created = desk.run("search create s.toml --dataset stand-in").done().out;
    assert!(created.contains("study s: 2 trials, lag "), "{created}");
    assert!(created.contains("`tinderbox search resume s`"), "{created}");
    assert_eq!(completed(&desk), 0);
    let again = desk.run("search create s.toml --workers 5 --dataset stand-in").done().out;
    assert!(again.contains("lag 4: up to 5 workers are busy at a time"), "{again}");
    let again = desk.run("search create s.toml --workers 9 --dataset stand-in").done().out;
    assert!(again.contains("lag 4: "), "a lag stays: {again}");
    desk.run(RUN).done();
    assert_eq!(completed(&desk), 2);
}

#[test]
fn a_lag_that_leaves_the_pruner_nothing_to_do_is_said() {
    let desk = desk(3, 6);
    let text = fs::read_to_string(desk.path().join("s.toml")).expect("a file");
    let open = text.replacen("lag = 3\n", "pruner = { kind = \"median\", startup_trials = 2 }\n", 1);
    desk.write("s.toml", open);
    let useless = "this pruner has no effect: with a lag of 5 it stops no trial before number 7";
    for (place, workers, said) in [("few", 2, false), ("many", 6, true), ("many", 1, true), ("few", 6, false)]
    {
        for command in ["create", "run"] {
            let words =
                format!("search {command} s.toml --storage sqlite:{place}.sqlite --workers {workers}");
            let ended = desk.run(&format!("{words} --dataset stand-in")).done();
            assert_eq!(ended.err.contains(useless), said, "{words}: {}", ended.err);
        }
    }
}

#[test]
fn a_command_that_is_shown_finds_the_study_again() {
    let desk = desk(1, 2);
    let create = "search create s.toml --dataset stand-in";
    let place = "sqlite:other.sqlite";
    let created = desk.run(&format!("{create} --storage {place}")).done().out;
    for shown in
        ["search resume --storage sqlite:other.sqlite s", "worker --storage sqlite:other.sqlite --study s"]
    {
        assert!(created.contains(&format!("`tinderbox {shown}`")), "{created}");
        desk.run(&format!("{shown} --dataset stand-in")).done();
    }
    // Where the environment has the address, it finds it there.
    let mut command = desk.command(create);
    let output = command.env("TINDERBOX_STORAGE", place).output().expect("the program starts");
    let created = crate::desk::Ended::from(output).done().out;
    assert!(created.contains("`tinderbox search resume s`"), "{created}");
    let limited =
        "search run s.toml --dataset stand-in --workers 1 --time-limit 0s --storage sqlite:third.sqlite";
    let ended = desk.run(limited).done().err;
    assert!(
        ended.contains("`tinderbox search resume --storage sqlite:third.sqlite s` resumes it"),
        "{ended}"
    );
}

/// Files below `folder` and beside it that a name would have made if it had been a path or run.
fn named_escape(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    let beside = ["../escape", "../../escape", "/escape"].map(|path| folder.join(path));
    found.extend(beside.iter().filter(|path| path.exists()).map(|path| path.display().to_string()));
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            found.extend(name.contains("escape").then(|| entry.path().display().to_string()));
            folders.extend(entry.path().is_dir().then(|| entry.path()));
        }
    }
    found
}
