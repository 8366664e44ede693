//! `tinderbox search run` and `resume`: run worker processes on this machine until the study ends.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use tinderbox_data::Dataset;
use tinderbox_search::{AttemptOutcome, Settings, State, Study, Trial};

use super::show::summary;
use super::{ADDRESS, StorageArguments, lag, say_idle_pruner, state_folder};
use crate::choice::choice;
use crate::commands::progress::Progress;
use crate::commands::terminal::ProgressArguments;
use crate::commands::{Exit, Refusal, note, say};
use crate::dataset::{DatasetArguments, arguments_of};
use tinderbox::backend::Backend;
use tinderbox::catalog::Catalog;
use tinderbox::crew::{Crew, LOST, is_of_crew, release_gone, stop_on_signals};
use tinderbox::environment::cores;
use tinderbox::estimate::at_once;
use tinderbox::state::{Seat, StateFolder, crew_name, identity};
use tinderbox::tuning::{MOST_TRIALS, Tuning, TuningRecord};
use tinderbox::worker::{LEASE, now};

#[derive(Debug, Args)]
pub(super) struct Run {
    /// TOML file that describes the study
    file: PathBuf,

    /// Compute backend
    #[arg(long, value_parser = choice(Backend::ALL), default_value_t)]
    backend: Backend,

    #[command(flatten)]
    team: Team,
}

#[derive(Debug, Args)]
pub(super) struct Resume {
    /// Name of the study
    name: String,

    /// New total of trials, including those that are done
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_TRIALS))]
    trials: Option<u64>,

    #[command(flatten)]
    team: Team,
}

/// Workers, images, and the storage of the results.
#[derive(Debug, Args)]
struct Team {
    #[command(flatten)]
    storage: StorageArguments,

    /// Worker processes on this machine, one thread each [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// Start no trial after this time, such as `30m` or `8h`; running trials finish
    #[arg(long, value_name = "TIME", value_parser = limit)]
    time_limit: Option<Duration>,

    #[command(flatten)]
    dataset: DatasetArguments,

    #[command(flatten)]
    progress: ProgressArguments,
}

impl Run {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        self.team.progress.apply();
        let tuning = Tuning::read(&self.file, self.team.dataset.defaults(catalog)?)?;
        self.backend.open()?;
        let dataset = self.team.dataset.load(&catalog.datasets)?;
        let name = tuning.name.clone();
        let study = tuning.open(self.team.storage.open()?, self.backend, catalog, &dataset)?;
        self.team.work(study, &name, self.backend, &dataset)
    }
}

impl Resume {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        self.team.progress.apply();
        let mut study = self.team.storage.study(&self.name)?;
        let record = TuningRecord::of(&study, &self.name)?;
        record.backend.open()?;
        let dataset = self.team.dataset.load(&catalog.datasets)?;
        record.check(catalog, &dataset)?;
        if self.trials.is_some() {
            let settings = Settings { trials: self.trials, ..study.settings().clone() };
            study = Study::open(study.storage().reopen()?, &self.name, settings)?;
        }
        self.team.work(study, &self.name, record.backend, &dataset)
    }
}

impl Team {
    /// Works on the study until it ends, and prints a summary.
    fn work(
        &self,
        mut study: Study,
        name: &str,
        backend: Backend,
        dataset: &Dataset,
    ) -> Result<Exit, Refusal> {
        let id = study.id();
        let total = study.settings().trials.or_else(|| study.settings().space.size().ok()).unwrap_or(0);
        let size = self.workers.map_or_else(cores, usize::from);
        if size > 0 {
            lag::settle_and_say(&mut study, size)?;
            say_idle_pruner(&study, name)?;
        }
        let stop = stop_on_signals()?;
        let crew_name = crew_name();
        let folder = state_folder(&identity(study.storage_mut(), id)?);
        let seat = folder.as_ref().and_then(|folder| folder.seat(&crew_name).ok());
        take_back(&mut study, folder.as_ref())?;
        retry_lost(&mut study)?;
        let until = self.time_limit.map(|limit| SystemTime::now() + limit);
        let crew = Crew {
            name: crew_name,
            size,
            program: std::env::current_exe()?,
            arguments: arguments(name, folder.as_ref(), dataset, until),
            variables: vec![
                ("BURN_DEVICE".to_string(), backend.to_string()),
                // Not an argument: those are for all to see, and an address may hold a password.
                (ADDRESS.to_string(), self.storage.storage.clone()),
            ],
        };
        let counts = study.storage().counts(id)?;
        let done = counts.complete + counts.pruned + counts.fail;
        let expected = seconds_a_trial(&study.trials()?).map(|seconds| at_once(size) / seconds);
        let mut progress =
            Progress::new(&[(name.to_string(), done, total as usize)], size, HashMap::new(), expected);
        let logs = seat.as_ref().map(Seat::path);
        let finished = crew
            .run(logs, study.storage_mut(), &[(name.to_string(), id)], &stop, |news| progress.show(&news));
        progress.end();
        let finished = finished?;
        if let Some(seat) = seat {
            seat.leave();
        }
        say(summary(&study, name)?)?;
        if study.settings().directions.len() == 1 && study.best()?.is_some() {
            let (best, train) = (self.storage.best(name), self.storage.train(name, None));
            say(format_args!("\n{best} prints the settings of the best trial, {train} trains it again"))?;
        }
        let resume = self.storage.resume(name);
        if !finished {
            note(format_args!("stopped; {resume} resumes it"));
            return Ok(Exit::Interrupted);
        }
        let counts = study.storage().counts(id)?;
        let done = (counts.complete + counts.pruned + counts.fail) as u64;
        if until.is_some_and(|until| SystemTime::now() >= until) && (total == 0 || done < total) {
            note(format_args!("time limit reached; {resume} resumes it"));
        }
        Ok(if counts.fail > 0 { Exit::Failed } else { Exit::Done })
    }
}

/// Puts the trials of this user's crews that are gone back in the queue, and says what others hold. A crew that nobody
/// here knows may be another user's or another machine's: its trials come back when their leases run out.
fn take_back(study: &mut Study, folder: Option<&StateFolder>) -> Result<(), Refusal> {
    let id = study.id();
    for crew in folder.map(StateFolder::gone).unwrap_or_default() {
        release_gone(study.storage_mut(), id, |worker| is_of_crew(worker, &crew))?;
        folder.inspect(|folder| folder.forget(&crew));
    }
    // What another program runs has no worker, and nobody takes it over.
    let is_held = |trial: &&Trial| trial.state == State::Running && trial.worker.is_some();
    let held = study.trials()?.iter().filter(is_held).count();
    if held > 0 {
        note(format_args!(
            "note: other workers are running {held} of the trials; this run joins them, and takes over a trial \
             when its worker has been silent for {} s",
            LEASE.length.as_secs()
        ));
    }
    Ok(())
}

/// The mean time of the trials that are complete, in seconds; `None` without any.
fn seconds_a_trial(trials: &[Trial]) -> Option<f64> {
    let complete = trials.iter().filter(|trial| trial.state == State::Complete);
    let times = complete.filter_map(|trial| {
        let [started, finished] = [trial.started?, trial.finished?].map(SystemTime::from);
        // Clocks may have been set back.
        finished.duration_since(started).ok()
    });
    let (sum, count) = times.fold((0.0, 0), |(sum, count), time| (sum + time.as_secs_f64(), count + 1));
    (sum > 0.0).then(|| sum / f64::from(count))
}

/// Puts trials back in the queue that failed only because their workers died.
///
/// The sampler may have chosen later trials knowing of the failure, so the table can differ from that of a study without
/// dead workers. Check the machine first if it killed three workers at one trial.
fn retry_lost(study: &mut Study) -> Result<(), Refusal> {
    let id = study.id();
    let mut lost = Vec::new();
    for trial in study.trials()?.into_iter().filter(|trial| trial.state == State::Fail) {
        // Another program's, which nobody here can try.
        let Some(key) = trial.key else { continue };
        // Not by number: other programs may give two trials one.
        let attempts = study.storage().attempts_of(id, &key)?;
        let told = attempts.last().is_some_and(|last| last.outcome == AttemptOutcome::Fail);
        // Of a later attempt, which failed by itself, the mark says nothing.
        let lost_last = trial.attributes.get(LOST).is_some_and(|attempt| *attempt == trial.attempt);
        if lost_last || !(told || attempts.is_empty()) {
            lost.push(key);
        }
    }
    match study.storage_mut().retry(id, &lost, now())? {
        0 => {}
        retried => note(format_args!("trials retried because their workers died: {retried}")),
    }
    Ok(())
}

/// Arguments of each worker of the study.
fn arguments(
    name: &str,
    folder: Option<&StateFolder>,
    dataset: &Dataset,
    until: Option<SystemTime>,
) -> Vec<OsString> {
    // A value that is a word of its own might be read as an option.
    let mut arguments: Vec<OsString> =
        vec!["worker".into(), "--supervised".into(), format!("--study={name}").into()];
    if let Some(folder) = folder {
        let mut checkpoints = OsString::from("--checkpoints=");
        checkpoints.push(folder.path());
        arguments.push(checkpoints);
    }
    arguments.extend(arguments_of(dataset));
    if let Some(until) = until {
        arguments.push(format!("--until={}", humantime::format_rfc3339_millis(until)).into());
    }
    arguments
}

/// A limit that ends in a year of four digits: workers are told a date.
fn limit(word: &str) -> Result<Duration, String> {
    let limit = humantime::parse_duration(word).map_err(|error| error.to_string())?;
    if limit <= LONGEST { Ok(limit) } else { Err("expected at most 1000 years".to_string()) }
}

/// 1000 years.
const LONGEST: Duration = Duration::from_hours(1000 * 366 * 24);
