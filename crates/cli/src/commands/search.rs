//! `tinderbox search`: studies of trainings: create, resume, show and export them.

mod address;
mod best;
mod create;
mod csv;
mod export;
mod lag;
mod readers;
mod show;
mod slurm;
mod work;

use clap::{Args, Subcommand};
use tinderbox_search::Study;

use super::{Exit, Refusal, note};
use tinderbox::catalog::Catalog;
use tinderbox::state::StateFolder;
use tinderbox::tuning::TuningRecord;

pub(super) use address::StorageArguments;
pub(crate) use address::{ADDRESS, DEFAULT};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Search {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox search run searches/fcn.toml --workers 2
  tinderbox search run searches/fcn.toml --storage postgres://me@host/studies
  tinderbox search resume fcn --trials 100
  tinderbox search show fcn
  tinderbox search best fcn
  tinderbox search export fcn --format html > fcn.html
  tinderbox search create searches/fcn.toml --storage postgres://me@host/studies --workers 16
  tinderbox search slurm fcn --storage postgres://me@host/studies --workers 16 | sbatch

Any number of machines work on one study: `tinderbox worker --storage URL --study NAME` on each.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Creates the study that a file describes, or resumes it
    Run(work::Run),
    /// Creates the study that a file describes, without training, for workers that are started elsewhere
    Create(create::Create),
    /// Resumes a stored study
    Resume(work::Resume),
    /// Shows a study: counts, the best trials, which parameters matter
    Show(show::Show),
    /// Prints the settings of the best trial
    Best(best::Best),
    /// Prints every trial of a study
    Export(export::Export),
    /// Prints a Slurm batch script that starts workers on a study
    Slurm(slurm::Slurm),
}

/// The private folder of the study or run with this identity, if one can be made. Its contents only save time.
pub(super) fn state_folder(identity: &str) -> Option<StateFolder> {
    match StateFolder::new(identity) {
        Ok((folder, None)) => Some(folder),
        Ok((folder, Some(trouble))) => {
            note(format_args!("note: {trouble}; checkpoints go to a temporary folder"));
            Some(folder)
        }
        Err(trouble) => {
            note(format_args!("note: {trouble}; trials leave no checkpoints"));
            None
        }
    }
}

/// Notes that the pruner of a study stops no trial, if so. The file may leave open what decides this.
fn say_idle_pruner(study: &Study, name: &str) -> Result<(), Refusal> {
    if let Some(reason) = TuningRecord::of(study, name)?.tuning.idle_pruner(study.settings()) {
        note(format_args!("note: {reason}"));
    }
    Ok(())
}

impl Search {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        match self.command {
            Command::Run(command) => command.run(catalog),
            Command::Create(command) => command.run(catalog),
            Command::Resume(command) => command.run(catalog),
            Command::Show(command) => command.run(),
            Command::Best(command) => command.run(catalog),
            Command::Export(command) => command.run(),
            Command::Slurm(command) => command.run(),
        }
    }
}
