//! `bench search`: what asking and telling costs a trial, beside Optuna.

use std::process::Command;

use clap::Args;
use tinderbox_report::benchmark::{Benchmark, Entry, Group};

use super::{Exit, Refusal};
use crate::contestant::ContestantError;
use crate::peer::{EnvironmentError, Peer, Ready};
use crate::publish;
use crate::searches::{Chooser, DATABASE, Place, Question};
use crate::server::Server;
use crate::stage::{Stage, StageArguments, is_piped, own};
use crate::turns::{entry, take_turns};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Search {
    /// Trials of a study
    #[arg(long, value_delimiter = ',', default_value = "1000", value_name = "NUMBERS",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    trials: Vec<u32>,

    /// Where studies live: `memory`, `sqlite`, `postgres`
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "memory,sqlite,postgres",
        value_name = "PLACES"
    )]
    storage: Vec<Place>,

    /// Trials that were told before the clock starts
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    told: u32,

    /// What chooses points: `random`, `tpe`
    #[arg(long, value_enum, value_delimiter = ',', default_value = "random,tpe", value_name = "SAMPLERS")]
    sampler: Vec<Chooser>,

    /// Rounds that count
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,

    #[command(flatten)]
    stage: StageArguments,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench search                                    some minutes, nearly all of them Optuna's on the disk
  cargo xtask bench search --trials 1000,10000 --storage memory --sampler random
  cargo xtask bench search --told 10000 --trials 100 --storage memory --sampler tpe

A trial of five parameters is asked for, stored and told a value; nothing is computed, and each point is chosen by all \
results before it. Both write to the disk as \
they do for everybody: ours is durable once `tell` returns. PostgreSQL is a new server of the bench's own, where one is \
installed.";

impl Search {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let stage = Stage::open(self.stage.clone())?;
        let mut benchmark =
            publish::begin("search", "Microseconds a trial of the search", stage.threads(), self.rounds);
        let peers = match stage.prepare(&[Peer::Optuna], &mut benchmark.notes) {
            Err(EnvironmentError::Interrupted) => return Ok(Exit::Interrupted),
            peers => peers?,
        };
        let server = self.storage.contains(&Place::Postgres);
        let server = server.then(|| Server::start(&stage.folder.join("postgres")));
        let server = match server.transpose() {
            Ok(server) => server,
            Err(error) => {
                stage.miss(&mut benchmark, &error.to_string());
                None
            }
        };
        let turns = (1 + peers.len()) * (usize::from(self.rounds) + 1);
        let there = self.storage.iter().filter(|place| **place != Place::Postgres || server.is_some());
        let places = there.flat_map(|place| self.sampler.iter().map(move |sampler| (*place, *sampler)));
        let places: Vec<_> = places.collect();
        stage.expect(places.len() * self.trials.len() * turns);
        'all: for (place, sampler) in places {
            for &trials in &self.trials {
                match self.measure(
                    place,
                    Question { trials: trials.into(), sampler, told: self.told.into() },
                    &stage,
                    &peers,
                    server.as_ref(),
                    &mut benchmark,
                ) {
                    Ok(group) => benchmark.groups.push(group),
                    Err(ContestantError::Interrupted) => break 'all,
                    // What was measured is kept.
                    Err(error) => stage.miss(&mut benchmark, &format!("not measured: {error}")),
                }
            }
        }
        stage.close(&benchmark)
    }

    fn measure(
        &self,
        place: Place,
        question: Question,
        stage: &Stage,
        peers: &[Ready],
        server: Option<&Server>,
        benchmark: &mut Benchmark,
    ) -> Result<Group, ContestantError> {
        let word = place.word();
        let Question { trials, sampler, told } = question;
        let after = if told > 0 { format!(" after {told}") } else { String::new() };
        let name = format!("{}, {word}, {trials} trials{after}", sampler.word());
        // A database for each, in which a study follows the other.
        let with_database =
            |who: &str, mut command: Command| match server.filter(|_| place == Place::Postgres) {
                Some(server) => {
                    let database = format!("{who} {name}");
                    let url = server.database(&database.replace([' ', ','], "_"));
                    let url = url.map_err(|error| ContestantError::Refused {
                        name: who.to_string(),
                        reason: error.to_string(),
                    })?;
                    command.env(DATABASE, url);
                    Ok(command)
                }
                None => Ok(command),
            };
        let folder = stage.folder.display().to_string();
        let ours = own(&["search", "--storage", word, "--folder", &folder])?;
        let mut contestants = vec![stage.start("tinderbox", with_database("tinderbox", ours)?)?];
        for peer in peers {
            let who = peer.peer.name();
            let command = with_database(who, peer.search(word, &stage.folder))?;
            match stage.start(who, command) {
                Ok(contestant) => contestants.push(contestant),
                Err(ContestantError::Interrupted) => return Err(ContestantError::Interrupted),
                Err(error) => benchmark.notes.push(format!("{name}: {error}")),
            }
        }
        for contestant in &contestants {
            benchmark.versions.extend(contestant.hello.versions.clone());
        }
        let question = serde_json::to_string(&question).expect("plain data");
        let told = take_turns(&mut contestants, &question, self.rounds.into(), &stage.stop, |who| {
            stage.done(&format!("{name}: {who}"));
        })?;
        if is_piped() {
            stage.line(&format!("measured {name}"));
        }
        let micro = 1e6 / trials as f64;
        let entries = contestants.iter().zip(&told).map(|(contestant, told)| {
            let whole = entry(contestant.name(), told);
            let samples = whole.samples.iter().map(|seconds| seconds * micro).collect();
            Entry { cores: whole.cores, ..Entry::new(contestant.name(), samples) }
        });
        let entries = entries.collect();
        Ok(Group::new(name, "µs a trial", None, entries, |entry| entry.name == Peer::Optuna.name()))
    }
}
