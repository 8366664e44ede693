//! `--from-study`: the network of a trial of a search, trained again to the same bits.

use clap::Args;

use super::Training;
use crate::commands::Refusal;
use crate::commands::search::StorageArguments;
use tinderbox::experiment::Defaults;
use tinderbox::tuning::Chosen;

/// A trial of a study.
#[derive(Debug, Args)]
pub(super) struct FromStudy {
    /// Train the best trial of this study again: same network, settings, seed, split and backend
    #[arg(
        id = "from_study",
        long = "from-study",
        value_name = "NAME",
        conflicts_with_all = ["model", "epochs", "seed", "set", "protocol", "backend"]
    )]
    name: Option<String>,

    /// A complete trial of that study, in place of the best
    #[arg(long, value_name = "N", requires = "from_study")]
    trial: Option<u64>,

    /// Where that study is, as for `search` [default: `TINDERBOX_STORAGE`, then sqlite:studies.sqlite]
    #[arg(long, value_name = "URL", requires = "from_study")]
    storage: Option<String>,
}

impl FromStudy {
    /// The trial, if a study is given.
    pub(super) fn chosen(&self) -> Result<Option<Chosen>, Refusal> {
        let Some(name) = &self.name else { return Ok(None) };
        let study = StorageArguments::of(self.storage.clone()).shown_study(name)?;
        Ok(Some(Chosen::of(&study, name, self.trial)?))
    }
}

/// What was trained in the trial.
pub(super) fn training(chosen: &Chosen, defaults: Defaults) -> Result<Training, Refusal> {
    let tuning = &chosen.record.tuning;
    Ok(Training {
        configuration: chosen.configuration(defaults)?,
        seed: tuning.seed,
        protocol: tuning.protocol,
        backend: chosen.record.backend,
    })
}
