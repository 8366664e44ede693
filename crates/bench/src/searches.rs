//! Our contestant of the search: for each line a new study of so many trials, asked and told, that try nothing.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tinderbox_search::{
    AnySampler, Asked, Distribution, History, LeaseTerms, Memory, NewTrial, Random, Sampler, Settings, Space,
    Sqlite, Storage, Study, Tpe, TrialResult,
};

use crate::commands::Refusal;
use crate::contestant::{Clock, Told, say};

/// A line that asks for a study.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// How many trials it has.
    pub(crate) trials: u64,
    /// What chooses their points.
    pub(crate) sampler: Chooser,
    /// How many trials were told before the clock starts.
    pub(crate) told: u64,
}

/// Where studies live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Place {
    /// In the memory of the process.
    Memory,
    /// In a file of SQLite.
    Sqlite,
    /// In a database of PostgreSQL.
    Postgres,
}

/// Where contestants find the address of their database: in the environment, for others can read a command line.
pub(crate) const DATABASE: &str = "TINDERBOX_BENCH_DATABASE";

impl Place {
    /// As a command line has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
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

/// Runs a study for each line, in a file in `folder` or in the database of the environment if it needs one.
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
    for (turn, question) in questions.lines().map_while(Result::ok).enumerate() {
        let question: Question = serde_json::from_str(&question)?;
        for file in ["tinderbox.db", "tinderbox.db-wal", "tinderbox.db-shm"] {
            _ = std::fs::remove_file(folder.join(file));
        }
        let storage: Box<dyn Storage> = match place {
            Place::Memory => Box::new(Memory::new()),
            Place::Sqlite => Box::new(Sqlite::open(&path)?),
            Place::Postgres => tinderbox_search::open(&std::env::var(DATABASE)?)?,
        };
        say(&mut answers, &study(storage, &format!("bench {turn}"), question)?)?;
    }
    Ok(())
}

/// The time of the trials alone: the storage is open by then, and holds what was told before.
fn study(
    storage: Box<dyn Storage>,
    name: &str,
    Question { trials, sampler, told }: Question,
) -> Result<Told, Refusal> {
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
    let settings = Settings { lag: Some(0), ..Settings::new(space, sampler) };
    let mut study = Study::open(storage, name, settings)?;
    if told > 0 {
        tell_before(&mut study, told)?;
        // It reads them all, once.
        try_points(&mut study, 1)?;
    }
    let clock = Clock::start();
    try_points(&mut study, trials)?;
    Ok(clock.stop())
}

/// Asks and tells so many trials, as a worker does.
fn try_points(study: &mut Study, trials: u64) -> Result<(), Refusal> {
    for _ in 0..trials {
        let Asked::Trial(lease) = study.ask(SystemTime::now().into())? else { return Err("no trial".into()) };
        study.tell(&lease, &TrialResult::complete(value(lease.number)), SystemTime::now().into())?;
    }
    Ok(())
}

/// Tells so many trials at points at random, whatever the sampler.
fn tell_before(study: &mut Study, told: u64) -> Result<(), Refusal> {
    let space = study.settings().space.clone();
    let (id, now, terms) = (study.id(), SystemTime::now().into(), LeaseTerms::new(Duration::from_mins(1)));
    for number in 0..told {
        let point = Random { seed: 3 }.sample(&space, &History::default(), number)?;
        let parameters = point.ok_or("the space is used up")?;
        let trial = NewTrial { key: format!("told {number}"), parameters, ..NewTrial::default() };
        let lease = study.storage_mut().start(id, number, &trial, "bench", now, terms)?;
        let lease = lease.ok_or("another program adds trials to this study")?;
        study.storage_mut().tell(&lease, &TrialResult::complete(value(number)), now)?;
    }
    Ok(())
}

/// What comes of a trial that tries nothing.
fn value(number: u64) -> f64 {
    (number * 7919 % 1000) as f64
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
            let question = |sampler, told| Question { trials: 5, sampler, told };
            let questions = [question(Chooser::Random, 0), question(Chooser::Tpe, 20)]
                .map(|question| serde_json::to_string(&question).expect("plain data") + "\n");
            answer(place, folder.path(), questions.concat().as_bytes(), &mut answers).expect("answered");
            assert_eq!(String::from_utf8_lossy(&answers).lines().count(), 2);
        }
        let mut kept = Sqlite::open(folder.path().join("tinderbox.db")).expect("opened");
        let study = kept.open_study("bench 1", &[Direction::Minimize]).expect("there");
        assert_eq!(kept.counts(study).expect("counted").complete, 20 + 1 + 5);
    }
}
