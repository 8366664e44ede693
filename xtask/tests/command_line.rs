//! What a user sees who types something that needs no build.

use std::process::{Command, Output};

fn xtask(words: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(words.split_whitespace()).output().expect("xtask starts")
}

#[track_caller]
fn refuses(words: &str, message: &str) {
    let output = xtask(words);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("xtask: {message}\n"));
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
    refuses(
        "publish",
        "no command `publish`; there are reproduce, report, search, worker, train, evaluate, attack, predict, data, test, bench, \
         ci; see `cargo xtask --help`",
    );
    refuses("ci --fast", "ci: unexpected `--fast`, expected no arguments");
    refuses(
        "test --only",
        "test: unexpected `--only`, expected --only and a step: fmt, clippy, alone, bare, test, doc",
    );
}
