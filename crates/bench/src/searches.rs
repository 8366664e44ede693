//! Our contestant of the search: for each line a new study of so many trials, sampled, claimed and told, that try nothing.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tinderbox_search::{
    Direction, Distribution, History, Lease, Memory, NewTrial, Random, Sampler, Space, Sqlite, Storage,
    Told as Outcome,
};

use crate::commands::Refusal;
use crate::contestant::{Clock, say};

/// A line that asks for a study.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// How many trials it has.
    pub(crate) trials: u64,
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

const LEASE: Lease = Lease::new(Duration::from_mins(1));

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
        let Question { trials } = serde_json::from_str(&question)?;
        for file in ["tinderbox.db", "tinderbox.db-wal", "tinderbox.db-shm"] {
            _ = std::fs::remove_file(folder.join(file));
        }
        let clock = Clock::start();
        match place {
            Place::Memory => study(&mut Memory::new(), trials)?,
            Place::Sqlite => study(&mut Sqlite::open(&path)?, trials)?,
        }
        say(&mut answers, &clock.stop())?;
    }
    Ok(())
}

fn study(storage: &mut impl Storage, trials: u64) -> Result<(), Refusal> {
    let space = Space::new([
        ("learning_rate", Distribution::log_uniform(1e-5, 1e-1)),
        ("dropout", Distribution::uniform(0.0, 0.9)),
        ("units", Distribution::int(16, 512)),
        ("activation", Distribution::choice(["relu", "sigmoid"])),
    ])?;
    let study = storage.open_study("bench", &[Direction::Minimize])?;
    let sampler = Random { seed: 7 };
    for number in 0..trials {
        let parameters = sampler.sample(&space, &History::default(), number)?.unwrap_or_default();
        storage.enqueue(study, &NewTrial { key: number.to_string(), parameters, ..NewTrial::default() })?;
        let claim = storage.claim(study, "bench", SystemTime::now().into(), LEASE)?;
        let claim = claim.ok_or("a trial that was enqueued cannot be claimed")?;
        storage.tell(&claim, &Outcome::complete(number as f64), SystemTime::now().into())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_keeps_a_study_of_as_many_trials_as_were_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        for place in [Place::Memory, Place::Sqlite] {
            let mut answers = Vec::new();
            let questions = &b"{\"trials\":3}\n{\"trials\":5}\n"[..];
            answer(place, folder.path(), questions, &mut answers).expect("answered");
            assert_eq!(String::from_utf8_lossy(&answers).lines().count(), 2);
        }
        let mut kept = Sqlite::open(folder.path().join("tinderbox.db")).expect("opened");
        let study = kept.open_study("bench", &[Direction::Minimize]).expect("there");
        assert_eq!(kept.counts(study).expect("counted").complete, 5);
    }
}
