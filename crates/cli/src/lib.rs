//! The `tinderbox` program: parses the command line, runs the command and returns its exit code.

pub mod dataset;

pub mod choice;
pub mod set;

mod commands;
mod completion;
mod errors;

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use clap::FromArgMatches;
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
            note(errors::shown(error));
            return ExitCode::from(2);
        }
    };
    if completion::answer(&catalog) {
        return ExitCode::SUCCESS;
    }
    let words: Vec<OsString> = std::env::args_os().collect();
    let mut command = commands::command();
    let matches = match command.try_get_matches_from_mut(&words) {
        Ok(matches) => matches,
        Err(error) if error.use_stderr() => {
            // Without colours: the message quotes what was typed.
            note(errors::of_arguments(&error, &command, words.get(1..).unwrap_or_default()));
            return ExitCode::from(2);
        }
        Err(help) => match help.print().and_then(|()| std::io::stdout().flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                note(errors::shown(error));
                return ExitCode::from(2);
            }
            _ => return ExitCode::SUCCESS,
        },
    };
    let run = Cli::from_arg_matches(&matches).map_err(Into::into).and_then(|cli| cli.run(&catalog));
    match run {
        Ok(exit) => exit.into(),
        Err(error) => {
            note(errors::of_command(&*error));
            ExitCode::from(2)
        }
    }
}

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
