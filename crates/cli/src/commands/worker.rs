//! `tinderbox worker`: one process of a run's crew, or one of the many that work on a study.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use tinderbox_data::Checksum;

use super::search::{StorageArguments, state_folder};
use super::{Exit, Refusal, note};
use crate::dataset::{DatasetArguments, of_run};
use tinderbox::catalog::Catalog;
use tinderbox::machine;
use tinderbox::run::RunFolder;
use tinderbox::shell;
use tinderbox::state::{crew_name, folder_name, identity};
use tinderbox::tuning::TuningRecord;
use tinderbox::tuning::worker::TuningWorker;
use tinderbox::worker::{self, end_with_parent};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinderbox worker --storage postgres://me@host/studies --study fcn

Messages are lines of JSON on standard output. The worker ends when nothing is left to do, or, started by `reproduce` \
or `search`, when its standard input is closed.")]
pub(super) struct Worker {
    /// Folder of a run
    #[arg(required_unless_present = "study", conflicts_with = "study")]
    run: Option<PathBuf>,

    /// Name of a study in the storage, in place of a run
    #[arg(long, value_name = "NAME")]
    study: Option<String>,

    #[command(flatten)]
    storage: StorageArguments,

    /// A name of its own among all workers [default: of a study's worker, the machine's name and random digits]
    #[arg(long, required_unless_present = "study")]
    name: Option<String>,

    /// The run's own copy of the images, if it has this checksum, in place of the dataset
    #[arg(long, value_name = "SHA256")]
    snapshot: Option<Checksum>,

    /// Folder where trials leave their checkpoints, each study in its own below it [default: a private one of the user's]
    #[arg(long, value_name = "DIR", requires = "study")]
    checkpoints: Option<PathBuf>,

    /// Ends with the program that started it
    #[arg(long, hide = true, requires = "study")]
    supervised: bool,

    /// Start no trial of the study after this time, such as `2030-01-31T18:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_rfc3339, requires = "study")]
    until: Option<SystemTime>,

    #[command(flatten)]
    dataset: DatasetArguments,
}

impl Worker {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        match (&self.run, &self.study) {
            (Some(run), _) => self.of_run(run, catalog),
            (None, Some(study)) => self.of_study(study, catalog),
            (None, None) => Err("expected the folder of a run, or --study".into()),
        }
    }

    fn of_run(&self, run: &std::path::Path, catalog: &Catalog) -> Result<Exit, Refusal> {
        end_with_parent();
        let folder = RunFolder::open(run)?;
        let dataset =
            of_run(&folder.snapshot_path(), self.snapshot, || self.dataset.load(&catalog.datasets))?;
        let name = self.name.clone().unwrap_or_default();
        worker::Worker { name, folder, catalog: catalog.clone(), dataset, out: std::io::stdout() }.run()?;
        Ok(Exit::Done)
    }

    fn of_study(&self, study_name: &str, catalog: &Catalog) -> Result<Exit, Refusal> {
        // A worker that somebody started by hand or in a batch lives on its own.
        if self.supervised {
            end_with_parent();
        }
        let name = self.name.clone().unwrap_or_else(|| format!("{}-{}", machine::name(), crew_name()));
        let study = self.storage.study(study_name)?.worker(name.clone()).lease_terms(tinderbox::run::LEASE);
        let record = TuningRecord::of(&study, study_name)?;
        let dataset = self.dataset.load(&catalog.datasets)?;
        record.check_images(&dataset)?;
        note(format_args!("worker {name} on study {}", shell::shown(study_name)));
        let mut worker = TuningWorker {
            name,
            study,
            record,
            catalog: catalog.clone(),
            dataset,
            checkpoints: None,
            until: self.until,
            out: std::io::stdout(),
        };
        // Dropped at the end: of a study that is over no folder is left.
        let folder;
        let mut seat = None;
        worker.checkpoints = match &self.checkpoints {
            // That of this study alone.
            Some(checkpoints) if self.supervised => Some(checkpoints.clone()),
            Some(checkpoints) => {
                let id = worker.study.id();
                let own = checkpoints.join(folder_name(&identity(worker.study.storage_mut(), id)?));
                let failed = |error| format!("--checkpoints {}: {error}", checkpoints.display());
                std::fs::create_dir_all(&own).map_err(failed)?;
                Some(own)
            }
            None if self.supervised => None,
            None => {
                folder = state_folder(&mut worker.study)?;
                // So that another one that ends leaves the folder, before anything is in it.
                seat = folder.as_ref().and_then(|folder| folder.seat(&crew_name()).ok());
                folder.as_ref().map(|folder| folder.path().to_path_buf())
            }
        };
        let ended = worker.run();
        if let Some(seat) = seat {
            seat.leave();
        }
        ended?;
        Ok(Exit::Done)
    }
}
