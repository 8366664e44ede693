//! Our contestant of the search: for each line a new study of so many trials, asked and told, that try nothing.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tinderbox_search::{
    AnySampler, Asked, Distribution, Memory, Random, Settings, Space, Sqlite, Storage, Study,
    Told as Outcome, Tpe,
};

use crate::commands::Refusal;
use crate::contestant::{Clock, say};

/// A line that asks for a study.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// How many trials it has.
    pub(crate) trials: u64,
    /// What chooses their points.
    pub(crate) sampler: Chooser,
}

/// Where studies live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Place {
    /// In the memory of the process.
    Memory,
    /// In a file of SQLite.
    Sqlite,
}

impl Place {
    /// As a command line has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
        }
    }
}

/// What chooses points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Chooser {
    /// At random.
    Random,
    /// The Parzen estimator.
    Tpe,
}

impl Chooser {
    /// As a reader has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Tpe => "TPE",
        }
    }
}

/// Runs a study for each line, in a file in `folder` if it needs one.
///
/// # Errors
/// If a line asks for none, or the storage refuses.
pub(crate) fn answer(
    place: Place,
    folder: &Path,
    questions: impl BufRead,
    mut answers: impl Write,
) -> Result<(), Refusal> {
    let path = folder.join("tinderbox.db");
    for question in questions.lines().map_while(Result::ok) {
        let question: Question = serde_json::from_str(&question)?;
        for file in ["tinderbox.db", "tinderbox.db-wal", "tinderbox.db-shm"] {
            _ = std::fs::remove_file(folder.join(file));
        }
        let clock = Clock::start();
        match place {
            Place::Memory => study(Box::new(Memory::new()), question)?,
            Place::Sqlite => study(Box::new(Sqlite::open(&path)?), question)?,
        }
        say(&mut answers, &clock.stop())?;
    }
    Ok(())
}

fn study(storage: Box<dyn Storage>, Question { trials, sampler }: Question) -> Result<(), Refusal> {
    let space = Space::new([
        ("learning_rate", Distribution::log_uniform(1e-5, 1e-1)),
        ("dropout", Distribution::uniform(0.0, 0.9)),
        ("units", Distribution::int(16, 512)),
        ("activation", Distribution::choice(["relu", "sigmoid"])),
        ("momentum", Distribution::uniform(0.0, 0.99)),
    ])?;
    let sampler: AnySampler = match sampler {
        Chooser::Random => Random { seed: 7 }.into(),
        Chooser::Tpe => Tpe::new(7).into(),
    };
    // As Optuna does: each point is chosen by all results before it.
    let settings = Settings { trials: Some(trials), lag: 0, ..Settings::new(space, sampler) };
    let mut study = Study::open(storage, "bench", settings)?;
    while let Asked::Trial(claim) = study.ask(SystemTime::now().into())? {
        let value = (claim.number * 7919 % 1000) as f64;
        study.tell(&claim, &Outcome::complete(value), SystemTime::now().into())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tinderbox_search::Direction;

    use super::*;

    #[test]
    fn every_place_keeps_a_study_of_as_many_trials_as_were_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        for place in [Place::Memory, Place::Sqlite] {
            let mut answers = Vec::new();
            let questions =
                &b"{\"trials\":3,\"sampler\":\"random\"}\n{\"trials\":5,\"sampler\":\"tpe\"}\n"[..];
            answer(place, folder.path(), questions, &mut answers).expect("answered");
            assert_eq!(String::from_utf8_lossy(&answers).lines().count(), 2);
        }
        let mut kept = Sqlite::open(folder.path().join("tinderbox.db")).expect("opened");
        let study = kept.open_study("bench", &[Direction::Minimize]).expect("there");
        assert_eq!(kept.counts(study).expect("counted").complete, 5);
    }
}
