//! The program: what was typed becomes a command, its end an exit code.

use std::process::ExitCode;

use clap::Parser;
use tinderbox::commands::{Cli, note};

fn main() -> ExitCode {
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
