//! The program: what was typed becomes a command, its end an exit code.

use std::process::ExitCode;

use clap::Parser;
use tinderbox::commands::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("tinderbox: {error}");
            ExitCode::from(2)
        }
    }
}
