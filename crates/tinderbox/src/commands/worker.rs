//! `tinderbox worker`: one process of a run's crew.

use std::path::PathBuf;

use clap::Args;
use tinderbox_data::Checksum;

use super::{Exit, Refusal};
use crate::dataset::{DatasetArguments, of_run};
use crate::run::RunFolder;
use crate::worker::{self, end_with_parent};

#[derive(Debug, Args)]
#[command(
    after_help = "Messages are lines of JSON on standard output. The worker ends when nothing is left to claim, \
or when its standard input is closed."
)]
pub(super) struct Worker {
    /// Folder of a run
    run: PathBuf,

    /// A name of its own among all workers
    #[arg(long)]
    name: String,

    /// The run's own copy of the images, if it has this checksum, in place of the dataset
    #[arg(long, value_name = "SHA256")]
    snapshot: Option<Checksum>,

    #[command(flatten)]
    dataset: DatasetArguments,
}

impl Worker {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        end_with_parent();
        let folder = RunFolder::open(&self.run)?;
        let dataset = of_run(&folder.snapshot_path(), self.snapshot, || self.dataset.load())?;
        let mut worker = worker::Worker { name: self.name, folder, dataset, out: std::io::stdout() };
        worker.run()?;
        Ok(Exit::Done)
    }
}
