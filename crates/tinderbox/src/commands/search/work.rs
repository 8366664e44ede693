//! `tinderbox search run` and `resume`: worker processes on this machine until the study is over.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use tinderbox_data::Dataset;
use tinderbox_search::{Settings, Study};

use super::StorageArguments;
use super::show::summary;
use crate::backend::Backend;
use crate::commands::progress::Progress;
use crate::commands::{Exit, Refusal, say};
use crate::crew::{Crew, stop_on_signals};
use crate::dataset::{DatasetArguments, arguments_of};
use crate::environment::cores;
use crate::run::release_all;
use crate::tuning::{Brief, Tuning};
use crate::worker::now;

#[derive(Debug, Args)]
pub(super) struct Run {
    /// A TOML file: what is tuned, and how
    file: PathBuf,

    /// Where tensors live
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,

    #[command(flatten)]
    team: Team,
}

#[derive(Debug, Args)]
pub(super) struct Resume {
    /// Name of the study
    name: String,

    /// How many trials there are to be from now on, those that are done included
    #[arg(long, value_name = "N")]
    trials: Option<u64>,

    #[command(flatten)]
    team: Team,
}

/// Who works, on which images, and where results go.
#[derive(Debug, Args)]
struct Team {
    #[command(flatten)]
    storage: StorageArguments,

    /// Worker processes on this machine, one thread each [default: the cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// Begin no trial after so long, such as `30m` or `8h`; those that run end
    #[arg(long, value_name = "TIME", value_parser = limit)]
    time_limit: Option<Duration>,

    #[command(flatten)]
    dataset: DatasetArguments,
}

impl Run {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let tuning = Tuning::read(&self.file)?;
        self.backend.open()?;
        let dataset = self.team.dataset.load()?;
        let name = tuning.name.clone();
        let study = tuning.open(self.team.storage.open()?, self.backend, &dataset)?;
        self.team.work(study, &name, self.backend, &dataset)
    }
}

impl Resume {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let mut study = self.team.storage.study(&self.name)?;
        let brief = Brief::of(&study, &self.name)?;
        brief.backend.open()?;
        let dataset = self.team.dataset.load()?;
        brief.check_images(&dataset)?;
        if self.trials.is_some() {
            let settings = Settings { trials: self.trials, ..study.settings().clone() };
            study = Study::open(study.storage().reopen()?, &self.name, settings)?;
        }
        self.team.work(study, &self.name, brief.backend, &dataset)
    }
}

impl Team {
    /// Works on the study until it is over, and says what came of it.
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
        let stop = stop_on_signals()?;
        // Of this machine's crews alone: one on another machine may be at work.
        if size > 0 && self.storage.storage.starts_with("sqlite:") {
            release_all(study.storage_mut(), id, now())?;
        }
        let logs = std::env::temp_dir().join(format!("tinderbox-{name}"));
        std::fs::create_dir_all(&logs)?;
        let mut arguments: Vec<String> =
            ["worker", "--study", name].into_iter().map(str::to_string).collect();
        arguments.extend(["--checkpoints".to_string(), logs.display().to_string()]);
        arguments.extend(arguments_of(dataset));
        let until = self.time_limit.map(|limit| SystemTime::now() + limit);
        if let Some(until) = until {
            arguments.extend(["--until".to_string(), humantime::format_rfc3339_millis(until).to_string()]);
        }
        let crew = Crew {
            size,
            program: std::env::current_exe()?,
            arguments,
            variables: vec![
                ("BURN_DEVICE".to_string(), backend.to_string()),
                // Not an argument: those are for all to see, and an address may hold a password.
                ("TINDERBOX_STORAGE".to_string(), self.storage.storage.clone()),
            ],
        };
        let counts = study.storage().counts(id)?;
        let done = counts.complete + counts.pruned + counts.fail;
        let mut progress = Progress::new(&[(name.to_string(), done, total as usize)], size);
        let started = Instant::now();
        let finished = crew.run(&logs, study.storage_mut(), &[id], &stop, |news| progress.show(&news));
        progress.end(started.elapsed());
        let finished = finished?;
        say(summary(&study, name)?)?;
        if !finished {
            say(format_args!("stopped; `tinderbox search resume {name}` goes on where this one stopped"))?;
            return Ok(Exit::Interrupted);
        }
        let counts = study.storage().counts(id)?;
        let done = (counts.complete + counts.pruned + counts.fail) as u64;
        if until.is_some_and(|until| SystemTime::now() >= until) && (total == 0 || done < total) {
            say(format_args!("the time is up; `tinderbox search resume {name}` goes on"))?;
        }
        Ok(if counts.fail > 0 { Exit::Failed } else { Exit::Done })
    }
}

/// A limit that ends in a year of four digits: workers are told a date.
fn limit(word: &str) -> Result<Duration, String> {
    let limit = humantime::parse_duration(word).map_err(|error| error.to_string())?;
    if limit <= LONGEST { Ok(limit) } else { Err("expected at most 1000 years".to_string()) }
}

/// 1000 years.
const LONGEST: Duration = Duration::from_hours(1000 * 366 * 24);
