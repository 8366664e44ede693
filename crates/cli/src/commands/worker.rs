//! `tinderbox worker`: one process of a crew, or one of the many that work on a run or a study.

use std::fs::create_dir_all;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use tinderbox_data::Checksum;
use tinderbox_search::open_existing;

use super::search::{StorageArguments, state_folder};
use super::{Exit, Refusal, note};
use crate::dataset::{DatasetArguments, of_run};
use tinderbox::catalog::Catalog;
use tinderbox::machine;
use tinderbox::run::{Run, RunFolder, RunTrials};
use tinderbox::shell::shown;
use tinderbox::state::{crew_name, folder_name, identity};
use tinderbox::tuning::{TuningRecord, trials::StudyTrials};
use tinderbox::worker::{self, LEASE, Trials, end_with_parent};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinderbox worker --storage postgres://me@host/studies --study fcn
  tinderbox worker --storage postgres://me@host/runs --run 0123456789ab

Messages are lines of JSON on standard output. The worker ends when nothing is left to do, or, started by `reproduce` \
or `search`, when its standard input is closed.")]
pub(super) struct Worker {
    /// Folder of a run on this machine
    #[arg(required_unless_present_any = ["study", "run"], conflicts_with = "study")]
    folder: Option<PathBuf>,

    /// Hash of a run in the storage, in place of the folder's own
    #[arg(long, value_name = "HASH", conflicts_with = "study")]
    run: Option<String>,

    /// Name of a study in the storage, in place of a run
    #[arg(long, value_name = "NAME")]
    study: Option<String>,

    #[command(flatten)]
    storage: StorageArguments,

    /// Name of this worker, different from all others [default: the machine's name and random digits]
    #[arg(long)]
    name: Option<String>,

    /// Read the images from the folder's snapshot, if it has this checksum, in place of the dataset
    #[arg(long, value_name = "SHA256", requires = "folder")]
    snapshot: Option<Checksum>,

    /// Folder for the checkpoints of trials, with a folder below it for each study or run [default: the run's folder, or a
    /// private folder of the user]
    #[arg(long, value_name = "DIR", conflicts_with = "folder")]
    checkpoints: Option<PathBuf>,

    /// Ends with the program that started it
    #[arg(long, hide = true)]
    supervised: bool,

    /// Start no trial after this time, such as `2030-01-31T18:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_rfc3339)]
    until: Option<SystemTime>,

    #[command(flatten)]
    dataset: DatasetArguments,
}

impl Worker {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        // A worker that somebody started by hand or in a batch lives on its own.
        if self.supervised {
            end_with_parent();
        }
        let name = self.name.clone().unwrap_or_else(|| format!("{}-{}", machine::name(), crew_name()));
        let folder = self.folder.as_deref().map(RunFolder::at);
        let load = || self.dataset.load(&catalog.datasets);
        // What is worked on has an identity, under which checkpoints lie where there is no folder.
        let (dataset, trials, identity, place): (_, Box<dyn Trials>, _, _) = if let Some(called) = &self.study
        {
            let mut study = self.storage.study(called)?.worker(name.clone()).lease_terms(LEASE);
            let record = TuningRecord::of(&study, called)?;
            let dataset = load()?;
            record.check(catalog, &dataset)?;
            let id = study.id();
            let identity = identity(study.storage_mut(), id)?;
            (dataset, Box::new(StudyTrials { study, record }), identity, format!("study {}", shown(called)))
        } else {
            let mut run = match (&self.run, &folder) {
                (None, Some(folder)) => RunFolder::open(folder.path())?.run()?,
                (hash, _) => {
                    Run::find(open_existing(&self.storage.storage)?, hash.as_deref().unwrap_or_default())?
                }
            };
            let dataset = match &folder {
                Some(folder) => of_run(&folder.snapshot_path(), self.snapshot, load)?,
                None => load()?,
            };
            let identity = run.identity()?;
            let place = run.place().to_string();
            (dataset, Box::new(RunTrials::new(run)?), identity, place)
        };
        if !self.supervised {
            note(format_args!("worker {name} on {place}"));
        }
        // Dropped at the end: of a study that is over no folder is left.
        let state;
        let mut seat = None;
        let checkpoints = match (&self.checkpoints, &folder) {
            (_, Some(folder)) => Some(folder.checkpoints()),
            // That of this study alone.
            (checkpoints, None) if self.supervised => checkpoints.clone(),
            (Some(checkpoints), None) => {
                let own = checkpoints.join(folder_name(&identity));
                let failed = |error| format!("--checkpoints {}: {error}", checkpoints.display());
                create_dir_all(&own).map_err(failed)?;
                Some(own)
            }
            (None, None) => {
                state = state_folder(&identity);
                // So that another one that ends leaves the folder, before anything is in it.
                seat = state.as_ref().and_then(|folder| folder.seat(&crew_name()).ok());
                state.as_ref().map(|folder| folder.path().to_path_buf())
            }
        };
        let (catalog, until, out) = (catalog.clone(), self.until, std::io::stdout());
        let ended = worker::Worker { name, trials, catalog, dataset, checkpoints, until, out }.run();
        if let Some(seat) = seat {
            seat.leave();
        }
        ended?;
        Ok(Exit::Done)
    }
}
