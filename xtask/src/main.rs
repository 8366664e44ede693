//! `cargo xtask`: the commands of the README, which answer before anything heavy is built.
//!
//! Invariant: depends on no Burn crate, and compiles in seconds.

mod bench;
mod ci;
mod program;
mod test;

mod cargo;
mod forecast;
mod nearest;
mod skipped;

use std::ffi::{OsStr, OsString};
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
  overfit-one-batch --model KIND          check that a network can learn
  predict MODEL.safetensors [FILE]        classify rows of pixels
  data list|fetch|verify                  list, download and verify datasets
  completions SHELL                       complete `tinderbox` in bash, zsh, fish or PowerShell
  man [FOLDER]                            manual pages
  schema experiment|search                JSON schema of such files, for editors

  Arguments pass through. `--backend ndarray` and `--backend wgpu` build the program with these backends.
  All of a command's arguments: cargo xtask help COMMAND

The workspace:
  test [--only STEP] [--keep-going]       format, lints, tests, documentation
  test --backend ndarray|wgpu             another backend compared with flex
  bench models|ops|study|search           Tinderbox beside PyTorch, JAX, Optuna and plain Burn
  ci                                      test, then a short reproduction, twice
";

/// The commands that check and measure the workspace.
const WORKSPACE: [&str; 3] = ["test", "bench", "ci"];

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let command = words.next().unwrap_or_else(|| "--help".into());
    let arguments: Vec<OsString> = words.collect();
    run(&command, &arguments).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        if let Some(help) = error.help() {
            eprintln!("help: {help}");
        }
        ExitCode::from(2)
    })
}

fn run(command: &OsStr, arguments: &[OsString]) -> Result<ExitCode, Error> {
    match (command.to_str(), arguments) {
        (Some("help"), [asked, rest @ ..]) if asked.to_str().is_some_and(|word| !word.starts_with('-')) => {
            // `help search run` asks for the same as `search run --help`.
            run(asked, &[rest, &["--help".into()]].concat())
        }
        (Some("help" | "--help" | "-h"), _) => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        (Some("--version" | "-V"), _) => {
            println!("tinderbox {}", env!("CARGO_PKG_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
        (Some("test"), _) => test::run(arguments),
        (Some("bench"), _) => bench::run(arguments),
        (Some("ci"), _) => ci::run(arguments),
        (Some(name), _) if program::COMMANDS.contains(&name) => program::run(name, arguments),
        _ => Err(Error::Command(command.to_owned())),
    }
}

/// Why a command did not run at all.
#[derive(Debug)]
enum Error {
    Command(OsString),
    Argument { command: &'static str, argument: OsString, expected: String, nearest: Option<&'static str> },
    Start(std::io::Error),
    Folder { path: std::path::PathBuf, source: std::io::Error },
}

impl Error {
    /// What to do about it, where that is known.
    fn help(&self) -> Option<String> {
        match self {
            Self::Command(name) => {
                let known = program::COMMANDS.into_iter().chain(WORKSPACE).chain(["help"]);
                Some(match nearest::nearest(&name.to_string_lossy(), known) {
                    Some(nearest) => {
                        format!("did you mean `{nearest}`? `cargo xtask help` lists all commands")
                    }
                    None => "`cargo xtask help` lists all commands".to_string(),
                })
            }
            Self::Argument { nearest, .. } => nearest.map(|word| format!("did you mean `{word}`?")),
            Self::Start(_) | Self::Folder { .. } => None,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Command(name) => write!(f, "unknown command `{}`", name.display()),
            Self::Argument { command, argument, expected, .. } => {
                write!(f, "{command}: unexpected `{}`; expected {expected}", argument.display())
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
        for command in program::COMMANDS.iter().chain(&WORKSPACE) {
            assert!(HELP.lines().any(|line| line.trim_start().starts_with(command)), "{command} has no help");
        }
    }
}
