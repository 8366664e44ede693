//! Completions, manual pages and schemas, as the program hands them out.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::desk::{Desk, Ended};
use crate::small_study;

#[test]
fn every_shell_gets_a_script_that_asks_this_program() {
    let desk = Desk::new();
    for (shell, checker) in [
        ("bash", Some(("bash", &["-n"][..]))),
        ("zsh", Some(("zsh", &["-n"]))),
        ("fish", Some(("fish", &["--no-execute"]))),
        ("powershell", None),
    ] {
        let script = desk.run(&format!("completions {shell}")).done().out;
        assert!(script.contains(env!("CARGO_BIN_EXE_tinderbox")), "{script}");
        assert!(script.contains("TINDERBOX_COMPLETE"), "{script}");
        let path = desk.write(shell, &script);
        let Some((program, arguments)) = checker else { continue };
        match Command::new(program).args(arguments).arg(&path).stderr(Stdio::piped()).output() {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            Err(_) => eprintln!("SKIPPED: the syntax of the completions for {shell}; install {shell}"),
        }
    }
}

/// What bash would offer after these words.
fn offered(desk: &Desk, words: &[&str]) -> Vec<String> {
    let mut command = desk.command("");
    command
        .env("TINDERBOX_COMPLETE", "bash")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true")
        .arg("--")
        .arg("tinderbox")
        .args(words);
    let answer = Ended::from(command.output().expect("the program starts")).done();
    answer.out.lines().map(|line| line.trim().to_string()).collect()
}

#[test]
fn studies_of_the_storage_are_completed() {
    let desk = small_study::desk(1, 2);
    desk.run("search create s.toml --dataset stand-in").done();
    assert_eq!(offered(&desk, &["search", "show", ""]).first().map(String::as_str), Some("s"));
    assert_eq!(offered(&desk, &["train", "--model", "lo"]), ["local-net"]);
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let desk = Desk::new();
    let first = desk.run("man").done().out;
    assert!(first.contains(".TH tinderbox 1"), "{first}");
    desk.run("man pages").done();
    for page in ["tinderbox.1", "tinderbox-reproduce.1", "tinderbox-search-run.1", "tinderbox-man.1"] {
        let text = fs::read_to_string(desk.path().join("pages").join(page)).unwrap_or_default();
        assert!(text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
}

#[test]
fn a_schema_is_json_with_the_keys_of_a_file() {
    let desk = Desk::new();
    let schema = |of: &str| -> Value {
        serde_json::from_str(&desk.run(&format!("schema {of}")).done().out).expect("JSON")
    };
    assert!(schema("experiment")["properties"]["arms"].is_object());
    assert!(schema("search")["properties"]["study"]["properties"]["space"].is_object());
}
