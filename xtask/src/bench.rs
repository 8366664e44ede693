//! `cargo xtask bench`: builds the benchmarks, then becomes them.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::Error;
use crate::cargo::{cargo, root, target};
use crate::forecast::{Backend, is_cold, notice};
use crate::program::{become_program, wants_help, with_runs};

const HELP: &str = "\
Measures Tinderbox beside its peers on this machine, alternately, as ratios of the same round.

Usage: cargo xtask bench models [--against pytorch,jax] ...   seconds an epoch of the three networks
       cargo xtask bench ops ...                              microseconds a call of the tensor operations
       cargo xtask bench study [--share 0.1] ...              the trials of `reproduce`, beside PyTorch workers
       cargo xtask bench search ...                           seconds a trial of the storages, beside Optuna
       cargo xtask bench COMMAND --help                       all arguments

Examples:
  cargo xtask bench models --against pytorch,jax
  cargo xtask bench models --against pytorch --model cnn --batch 32 --rounds 11
  cargo xtask bench ops --backend flex,ndarray
  cargo xtask bench study --share 0.1

Peers need Python 3.11 or later; their packages are installed once, under target/bench. Results are in runs/bench.
";

/// Runs the benchmark that `arguments` name and hands back its exit code.
pub(crate) fn run(arguments: &[OsString]) -> Result<ExitCode, Error> {
    match arguments {
        [] => print!("{HELP}"),
        [word] if word == "--help" || word == "-h" || word == "help" => print!("{HELP}"),
        [_, ..] if wants_help(arguments) && is_cold(&target(), Backend::Flex) => print!("{HELP}"),
        [_, ..] => {
            if is_cold(&target(), Backend::Flex) {
                eprintln!("{}", notice(Backend::Flex));
            }
            return become_program(invocation(arguments));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The bench depends on the program, so that both share one build of Burn.
fn invocation(arguments: &[OsString]) -> Command {
    let mut run = cargo("run --quiet --release --package tinderbox-bench --manifest-path");
    run.arg(root().join("Cargo.toml")).arg("--").args(with_runs("bench", arguments));
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_pass_through_and_results_go_to_the_root() {
        let words: Vec<OsString> = ["models", "--against", "jax"].map(OsString::from).to_vec();
        let run = invocation(&words);
        let all: Vec<_> = run.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(all[..5], ["run", "--quiet", "--release", "--package", "tinderbox-bench"]);
        let runs = root().join("runs").display().to_string();
        assert_eq!(all[7..], ["--", "models", "--against", "jax", "--runs", &runs]);
    }
}
