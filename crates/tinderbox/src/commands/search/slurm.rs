//! `tinderbox search slurm`: a batch script for a cluster's workers.

use clap::Args;

use super::StorageArguments;
use crate::commands::{Exit, Refusal, say};
use crate::environment::THREADS;

#[derive(Debug, Args)]
#[command(
    after_help = "Slurm passes the environment on: with TINDERBOX_STORAGE set, no address and no password \
stands in the script."
)]
pub(super) struct Slurm {
    /// Name of a study that is in the storage
    name: String,

    #[command(flatten)]
    storage: StorageArguments,

    /// How many workers
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    workers: u16,

    /// How long each may take, as Slurm writes it
    #[arg(long, value_name = "TIME", default_value = "04:00:00")]
    time: String,

    /// Memory of each, as Slurm writes it
    #[arg(long, value_name = "SIZE", default_value = "1G")]
    memory: String,
}

impl Slurm {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        if !self.storage.storage.starts_with("postgres") {
            return Err(
                "--storage: workers on several machines need a postgres:// storage; a file's locks do \
                        not hold on a network file system"
                    .into(),
            );
        }
        let study = self.storage.shown_study(&self.name)?;
        drop(study);
        let program = std::env::current_exe()?;
        let Self { name, workers, time, memory, .. } = self;
        say(format_args!(
            "#!/bin/sh\n\
             #SBATCH --job-name=tinderbox-{name}\n\
             #SBATCH --array=1-{workers}\n\
             #SBATCH --cpus-per-task=1\n\
             #SBATCH --mem={memory}\n\
             #SBATCH --time={time}\n\
             # A worker that is cut off loses nothing: its trial goes to another, or to the next job.\n\
             : \"${{TINDERBOX_STORAGE:?set it to the address of the storage}}\"\n\
             export {THREADS}=1\n\
             exec '{}' worker --study '{name}' --name \"$(hostname)-$SLURM_ARRAY_JOB_ID-$SLURM_ARRAY_TASK_ID\"",
            program.display()
        ))?;
        Ok(Exit::Done)
    }
}
