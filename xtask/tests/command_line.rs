//! What a user sees who types something that needs no build.

use std::process::{Command, Output};

fn xtask(words: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(words.split_whitespace()).output().expect("xtask starts")
}

#[track_caller]
fn refuses(words: &str, message: &str) {
    let output = xtask(words);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("error: {message}\n"));
    assert!(output.stdout.is_empty(), "{words}");
}

#[test]
fn help_is_asked_for_in_four_ways() {
    let help = xtask("--help");
    assert!(String::from_utf8_lossy(&help.stdout).contains("Usage: cargo xtask <COMMAND> [ARGUMENTS]"));
    for words in ["", "help", "-h"] {
        let same = xtask(words);
        assert_eq!((same.status.code(), &same.stdout), (Some(0), &help.stdout), "{words}");
    }
}

#[test]
fn the_workspace_commands_have_help_of_their_own() {
    for (words, first) in [
        ("test --help", "Checks the workspace: formatting"),
        ("bench --help", "Measures Tinderbox beside its peers"),
        ("ci --help", "Checks the workspace as on a new machine"),
    ] {
        let help = String::from_utf8(xtask(words).stdout).expect("help is text");
        assert!(help.starts_with(first), "{help}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_starts() {
    let listed = "`cargo xtask help` lists all commands";
    refuses("publish", &format!("unknown command `publish`\nhelp: {listed}"));
    refuses("help publish", &format!("unknown command `publish`\nhelp: {listed}"));
    refuses("ci --fast", "ci: unexpected `--fast`; expected no arguments");
    refuses(
        "test --only",
        "test: unexpected `--only`; expected --only and a step: fmt, clippy, alone, bare, test, doc",
    );
}

#[test]
fn a_misspelt_word_is_answered_with_the_nearest_one() {
    for (typed, nearest) in [
        ("reproduse", "reproduce"),
        ("repot", "report"),
        ("serach run", "search"),
        ("trian --model cnn", "train"),
        ("evalute", "evaluate"),
        ("perdict", "predict"),
        ("completion bash", "completions"),
        ("tset", "test"),
        ("hlep", "help"),
        ("help trian", "train"),
        ("test --onyl fmt", "--only"),
        ("test --only clipy", "clippy"),
        ("test --backend ndarry", "ndarray"),
    ] {
        let output = xtask(typed);
        assert_eq!(output.status.code(), Some(2), "{typed}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.starts_with("error: "), "{error}");
        assert!(error.contains(&format!("\nhelp: did you mean `{nearest}`?")), "{typed}: {error}");
    }
}

#[test]
fn the_version_is_that_of_the_workspace() {
    for words in ["--version", "-V"] {
        let output = xtask(words);
        let version = format!("tinderbox {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(String::from_utf8_lossy(&output.stdout), version);
    }
}

#[test]
fn help_of_a_command_is_that_of_its_flag() {
    for command in ["test", "bench", "ci"] {
        let help = xtask(&format!("help {command}"));
        assert_eq!((help.status.code(), help.stdout), (Some(0), xtask(&format!("{command} --help")).stdout));
    }
}
