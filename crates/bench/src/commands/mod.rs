//! The commands of the bench: only they print.

mod models;
mod ops;
mod search;
mod study;

mod contestant;

use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures Tinderbox beside its peers on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench models --against pytorch,jax
  cargo xtask bench models --model cnn --batch 32 --rounds 11 --json
  cargo xtask bench ops --backend flex,ndarray
  cargo xtask bench study --share 0.1
  cargo xtask bench search

Everybody is measured once in each round, in an order that rotates, after a round that is not counted; ratios are those
of the same round. Peers run from environments that are made under target/bench. Results are in runs/bench.

Exit codes: 0 done, 2 refused (bad input, or something is missing), 130 interrupted";

#[derive(Debug, Subcommand)]
enum Command {
    #[command(about = "Seconds an epoch of the three networks, beside PyTorch and JAX")]
    Models(models::Models),
    /// Microseconds a call of our tensor operations, beside Burn's own
    Ops(ops::Ops),
    #[command(about = "Seconds of whole trials by worker processes, beside PyTorch's")]
    Study(study::Study),
    /// Microseconds a trial of asking and telling, beside Optuna
    Search(search::Search),
    /// One of those who are measured; the other commands start it
    #[command(hide = true)]
    Contestant(contestant::Contestant),
}

/// How a command that was not refused ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is measured.
    Done,
    /// The user stopped it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Interrupted => 130,
        })
    }
}

/// Why a command was refused.
pub(crate) type Refusal = Box<dyn Error>;

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// If it was refused: bad input, or a machine that lacks something.
    pub(crate) fn run(self) -> Result<Exit, Refusal> {
        match self.command {
            Command::Models(command) => command.run(),
            Command::Ops(command) => command.run(),
            Command::Study(command) => command.run(),
            Command::Search(command) => command.run(),
            Command::Contestant(command) => command.run(),
        }
    }
}

/// Prints a line. A closed pipe is not an error.
pub(crate) fn say(text: impl Display) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Tells the user something beside the output; nothing hangs on whether it arrives.
pub(crate) fn note(text: impl Display) {
    _ = writeln!(io::stderr(), "{text}");
}
