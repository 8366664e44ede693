//! `cargo xtask`: the commands of the README, which answer before anything heavy is built.
//!
//! Invariant: depends on no Burn crate, and compiles in seconds.

mod bench;
mod ci;
mod program;
mod test;

mod cargo;
mod forecast;
mod skipped;

use std::ffi::OsString;
use std::process::ExitCode;

const HELP: &str = "\
Runs and checks Tinderbox.

Usage: cargo xtask <COMMAND> [ARGUMENTS]

The program, built first if it has to be:
  reproduce [FILES] [--only NAME] ...     run the experiments, make the report
  report RUN_FOLDER                       make the report again; nothing is trained
  search run|resume|show|export|slurm     tune settings of a network in a study
  worker --storage URL --study NAME       join a study, or a run with --run HASH
  train --model KIND ...                  train one network, save it
  evaluate MODEL.safetensors [--json]     test a saved model
  attack MODEL.safetensors --with KIND=ε  test it on perturbed images
  predict MODEL.safetensors [FILE]        classify rows of pixels
  data list|fetch|verify                  list, download and verify datasets

  Arguments pass through. `--backend ndarray` and `--backend wgpu` build the program with these backends.
  All of a command's arguments: cargo xtask COMMAND --help

The workspace:
  test [--only STEP] [--keep-going]       format, lints, tests, documentation
  test --backend ndarray|wgpu             another backend compared with flex
  bench models|ops|study|search           Tinderbox beside PyTorch, JAX, Optuna and plain Burn
  ci                                      test, then a short reproduction, twice
";

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let command = words.next().unwrap_or_else(|| "--help".into());
    let arguments: Vec<OsString> = words.collect();

    let outcome = match command.to_str() {
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Some("test") => test::run(&arguments),
        Some("bench") => bench::run(&arguments),
        Some("ci") => ci::run(&arguments),
        Some(name) if program::COMMANDS.contains(&name) => program::run(name, &arguments),
        _ => Err(Error::Command(command)),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::from(2)
    })
}

/// Why a command did not run at all.
#[derive(Debug)]
enum Error {
    Command(OsString),
    Argument { command: &'static str, argument: OsString, expected: String },
    Start(std::io::Error),
    Folder { path: std::path::PathBuf, source: std::io::Error },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Command(name) => write!(
                f,
                "no command `{}`; there are {}, test, bench, ci; see `cargo xtask --help`",
                name.display(),
                program::COMMANDS.join(", ")
            ),
            Self::Argument { command, argument, expected } => {
                write!(f, "{command}: unexpected `{}`, expected {expected}", argument.display())
            }
            Self::Start(source) => write!(f, "cannot start cargo: {source}"),
            Self::Folder { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_the_help() {
        for command in program::COMMANDS.iter().chain(&["test", "bench", "ci"]) {
            assert!(HELP.lines().any(|line| line.trim_start().starts_with(command)), "{command} has no help");
        }
    }

    #[test]
    fn an_unknown_command_is_told_the_known_ones() {
        let message = Error::Command("reprduce".into()).to_string();
        assert!(message.starts_with("no command `reprduce`; there are reproduce, report"), "{message}");
    }
}
