//! The `tinderbox` program: what was typed becomes a command, its end an exit code.

pub mod dataset;

pub mod choice;
mod commands;

use std::process::ExitCode;

use clap::Parser;

use commands::{Cli, note};

/// Does what the command line of this process asks for, and says how it ended: 0 done, 1 a trial failed, 2 refused,
/// 130 interrupted.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            // Without colours: the message quotes what was typed.
            note(error.render().to_string().trim_end());
            return ExitCode::from(2);
        }
        Err(help) => help.exit(),
    };
    match cli.run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            note(format_args!("tinderbox: {error}"));
            ExitCode::from(2)
        }
    }
}

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
