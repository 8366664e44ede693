//! The commands: only they print.

mod terminal;

mod outline;
mod overfit;
mod report;
mod reproduce;

mod search;
mod train;

mod attack;
mod evaluate;
mod predict;

mod data;
mod worker;

mod completions;
mod man;
mod schema;

mod duration;
mod events;
mod lessons;
mod progress;
mod summary;

mod called;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tinderbox::catalog::Catalog;

pub(crate) use called::command;
pub(crate) use search::{ADDRESS, DEFAULT as DEFAULT_ADDRESS};
pub(crate) use terminal::{Live, Row, note};
use terminal::{say, say_data};

/// Trains small image classifiers and tests the claims of a published paper.
#[derive(Debug, Parser)]
#[command(name = "tinderbox", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox reproduce --only architectures
  tinderbox search run searches/fcn.toml
  tinderbox train --model cnn --epochs 10 --output cnn.safetensors
  tinderbox evaluate cnn.safetensors
  tinderbox attack cnn.safetensors --with fgsm=0.1
  tinderbox predict cnn.safetensors digits.txt

Exit codes: 0 done, 1 a trial failed, 2 refused (bad input, or something is missing), 130 interrupted";

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the paper's experiments and makes the report; resumes a run that was stopped
    Reproduce(reproduce::Reproduce),
    /// Makes the report of a run again, without training
    Report(report::Report),
    /// Tunes settings of a network in studies that any machine can join and that survive a kill
    Search(search::Search),
    /// Trains one network and saves its weights
    Train(train::Train),
    /// Measures the accuracy of saved weights on the test images
    Evaluate(evaluate::Evaluate),
    /// Attacks saved weights and measures their accuracy on the perturbed test images
    Attack(attack::Attack),
    /// Checks that a network can learn: trains it on one batch until it knows that by heart
    #[command(name = "overfit-one-batch")]
    Overfit(overfit::Overfit),
    /// Classifies images given as rows of numbers
    Predict(predict::Predict),
    /// Lists, fetches and verifies datasets
    Data(data::Data),
    /// Leases trials of a run or a study and runs them; `reproduce` and `search` start workers themselves
    Worker(worker::Worker),
    /// Prints what a shell needs to complete the command line
    Completions(completions::Completions),
    /// Writes manual pages
    Man(man::Man),
    /// Prints the JSON schema of experiment or search files, for editors
    Schema(schema::Schema),
}

/// How a command ended that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// A trial failed; the output says which.
    Failed,
    /// The user stopped it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Interrupted => 130,
        })
    }
}

/// Why a command was refused.
pub(crate) type Refusal = Box<dyn Error>;

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// If it is refused: bad input, or something is missing on this machine.
    pub(crate) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        match self.command {
            Command::Reproduce(command) => command.run(catalog),
            Command::Report(command) => command.run(catalog),
            Command::Search(command) => command.run(catalog),
            Command::Train(command) => command.run(catalog),
            Command::Evaluate(command) => command.run(catalog),
            Command::Attack(command) => command.run(catalog),
            Command::Overfit(command) => command.run(catalog),
            Command::Predict(command) => command.run(catalog),
            Command::Data(command) => command.run(catalog),
            Command::Worker(command) => command.run(catalog),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
            Command::Schema(command) => command.run(catalog),
        }
    }
}
