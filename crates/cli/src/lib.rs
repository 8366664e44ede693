//! The `tinderbox` program: parses the command line, runs the command and returns its exit code.

pub mod dataset;

pub mod choice;
mod commands;

use std::process::ExitCode;

use clap::Parser;
use tinderbox::catalog::{Catalog, CatalogError};

use commands::{Cli, note};

/// Runs the command line of this process with the kinds of `catalog` and returns the exit code: 0 done, 1 a trial
/// failed, 2 refused, 130 interrupted.
///
/// A program of your own needs its kinds and this `main`:
///
/// ```no_run
/// use tinderbox::catalog::Catalog;
///
/// fn main() -> std::process::ExitCode {
///     tinderbox_cli::main(Ok(Catalog::default())) // .and_then(|catalog| catalog.network::<MyConfig>())
/// }
/// ```
///
/// Workers are this same executable started again, so `main` must do nothing else.
pub fn main(catalog: Result<Catalog, CatalogError>) -> ExitCode {
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => {
            note(format_args!("tinderbox: {error}"));
            return ExitCode::from(2);
        }
    };
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            // Without colours: the message quotes what was typed.
            note(error.render().to_string().trim_end());
            return ExitCode::from(2);
        }
        Err(help) => help.exit(),
    };
    match cli.run(&catalog) {
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
