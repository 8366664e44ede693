//! `tinderbox search create`: a study without trials, for workers that are started elsewhere.

use std::path::PathBuf;

use clap::Args;

use super::StorageArguments;
use crate::backend::Backend;
use crate::commands::{Exit, Refusal, say};
use crate::dataset::DatasetArguments;
use crate::state::identity;
use crate::tuning::Tuning;

#[derive(Debug, Args)]
pub(super) struct Create {
    /// A TOML file: what is tuned, and how
    file: PathBuf,

    /// Where tensors live
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,

    #[command(flatten)]
    storage: StorageArguments,

    #[command(flatten)]
    dataset: DatasetArguments,
}

impl Create {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let tuning = Tuning::read(&self.file)?;
        self.backend.open()?;
        let dataset = self.dataset.load()?;
        let name = tuning.name.clone();
        let mut study = tuning.open(self.storage.open()?, self.backend, &dataset)?;
        let id = study.id();
        identity(study.storage_mut(), id)?;
        let trials = match study.settings().trials {
            Some(trials) => format!("{trials} trials"),
            None => "as many trials as its sampler finds".to_string(),
        };
        let lag = study.settings().lag;
        say(format_args!(
            "study {name}: {trials}, lag {lag}: up to {} workers are busy at a time\n\
             `tinderbox search resume {name}` starts workers here, `tinderbox worker --study {name}` anywhere",
            lag.saturating_add(1)
        ))?;
        Ok(Exit::Done)
    }
}
