//! `tinderbox search create`: a study without trials, for workers that are started elsewhere.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::{StorageArguments, say_idle_pruner};
use crate::choice::choice;
use crate::commands::{Exit, Refusal, say};
use crate::dataset::DatasetArguments;
use tinderbox::backend::Backend;
use tinderbox::catalog::Catalog;
use tinderbox::state::identity;
use tinderbox::tuning::Tuning;

#[derive(Debug, Args)]
pub(super) struct Create {
    /// TOML file that describes the study
    file: PathBuf,

    /// Number of workers of the study; sets the lag to one less, unless the file sets it
    #[arg(long, value_name = "N")]
    workers: Option<NonZeroUsize>,

    /// Compute backend
    #[arg(long, value_parser = choice(Backend::ALL), default_value_t)]
    backend: Backend,

    #[command(flatten)]
    storage: StorageArguments,

    #[command(flatten)]
    dataset: DatasetArguments,
}

impl Create {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        let tuning = Tuning::read(&self.file, self.dataset.defaults(catalog)?)?;
        self.backend.open()?;
        let dataset = self.dataset.load(&catalog.datasets)?;
        let name = tuning.name.clone();
        let mut study = tuning.open(self.storage.open()?, self.backend, catalog, &dataset)?;
        let id = study.id();
        identity(study.storage_mut(), id)?;
        let trials = match study.settings().trials {
            Some(trials) => format!("{trials} trials"),
            None => "as many trials as its sampler finds".to_string(),
        };
        let lag = match (self.workers, study.lag()) {
            (None, None) => "decided by the first workers; give `--workers` to decide it now".to_string(),
            (workers, _) => {
                let lag = study.settle_lag(workers.map_or(1, usize::from))?;
                say_idle_pruner(&study, &name)?;
                format!("{lag}: up to {} workers are busy at a time", lag.saturating_add(1))
            }
        };
        say(format_args!(
            "study {name}: {trials}, lag {lag}\n\
             {} starts workers here, {} anywhere",
            self.storage.resume(&name),
            self.storage.worker(&name)
        ))?;
        Ok(Exit::Done)
    }
}
