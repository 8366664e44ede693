//! `tinderbox reproduce`: experiments become a run, the run a report.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use tinderbox_data::Dataset;
use tinderbox_search::{Storage, StudyId, Timestamp};

use super::progress::Progress;
use super::{Exit, Refusal, note, say};
use crate::backend::Backend;
use crate::crew::{Crew, CrewError};
use crate::dataset::{DatasetArguments, arguments_of};
use crate::environment::{revision, rfc3339};
use crate::experiment::{Experiment, Setting};
use crate::page::{self, Written};
use crate::plan::{Plan, ProfileName, Wishes};
use crate::run::{ArmHeading, Heading, RunError, RunFolder, enqueue, release_all, stand_in};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Reproduce {
    /// Experiment files of your own; without any, the paper's
    files: Vec<PathBuf>,

    /// Only experiments of this name or part of the paper; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// `quick` answers in minutes, `full` over night
    #[arg(long, value_enum, default_value_t)]
    profile: ProfileName,

    /// Seeds of each arm, in place of the profile's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: Option<u32>,

    /// Epochs of each trial, in place of the profile's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    epochs: Option<u32>,

    /// A setting for every arm, such as `training.batch_size=32`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Setting>,

    /// Worker processes, one thread each [default: the cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// Where tensors live
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,

    #[command(flatten)]
    dataset: DatasetArguments,

    /// Folder of all runs; a run lies in it under the hash of its plan
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs: PathBuf,

    /// Show the plan and stop
    #[arg(long)]
    dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox reproduce --only architectures
  tinderbox reproduce --profile full --workers 2
  tinderbox reproduce --only task-1 --seeds 3 --epochs 2 --set training.learning_rate=0.01
  tinderbox reproduce my-experiment.toml --dry-run

A run that was stopped goes on when the same command is given again. Results are in
runs/<hash of the plan>/report.html.";

const OTHER_REVISION: &str = "note: another revision of the program ran some of these trials; \
                              with another folder for --runs this one runs them anew";

impl Reproduce {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let experiments = self.experiments()?;
        self.backend.open()?;
        let dataset = self.dataset.load()?;
        let wishes = Wishes {
            profile: self.profile,
            seeds: self.seeds.map(|seeds| seeds as usize),
            epochs: self.epochs.map(|epochs| epochs as usize),
            settings: self.settings.clone(),
            backend: self.backend,
        };
        let plan = Plan::new(experiments, &wishes, &dataset)?;
        let workers = self
            .workers
            .map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
        print_plan(&plan, &dataset, workers)?;
        if self.dry_run {
            return Ok(Exit::Done);
        }
        let folder = RunFolder::create(&self.runs, &plan)?;
        let _lock = folder.lock()?;
        folder.sweep()?;
        let mut storage = folder.storage()?;
        let studies = enqueue_all(&mut storage, &plan, &wishes, &dataset)?;
        let finished = train(&folder, &mut storage, &studies, &plan, &dataset, workers);

        // Scratch files that stay only take space; why the run broke off matters more.
        _ = folder.sweep();
        let mut failed = 0;
        let mut waiting = 0;
        for &study in &studies {
            let counts = storage.counts(study)?;
            failed += counts.fail;
            waiting += counts.waiting + counts.running;
        }
        // The page shows what there is, even of a run that broke off; what broke it off matters more than the page.
        let written = page::write(&folder);
        let (finished, Written { numbers, revisions }) = (finished?, written?);
        say(format_args!("\n{}", tinderbox_report::summary(&numbers)))?;
        let report = std::path::absolute(folder.report_path()).unwrap_or(folder.report_path());
        say(format_args!("report: {}", report.display()))?;
        if let (Some(ours), _) = revision()
            && revisions.iter().any(|revision| *revision != ours)
        {
            note(OTHER_REVISION);
        }
        if !finished && waiting > 0 {
            say(format_args!(
                "stopped with {waiting} trials to go; the same command goes on where this one stopped"
            ))?;
            return Ok(Exit::Interrupted);
        }
        if failed > 0 {
            say(format_args!(
                "{failed} trials failed; the report says why, and the same command tries them again"
            ))?;
            return Ok(Exit::Failed);
        }
        Ok(Exit::Done)
    }

    /// The experiments that were asked for, all of them checked.
    fn experiments(&self) -> Result<Vec<Experiment>, Refusal> {
        let all = if self.files.is_empty() {
            Experiment::paper()?
        } else {
            self.files.iter().map(|path| Experiment::read(path)).collect::<Result<_, _>>()?
        };
        for (position, experiment) in all.iter().enumerate() {
            if all[..position].iter().any(|other| other.name == experiment.name) {
                return Err(format!("two experiments are called `{}`", experiment.name).into());
            }
        }
        let asked = |experiment: &Experiment| {
            self.only.iter().any(|name| *name == experiment.name || *name == experiment.part)
        };
        for name in &self.only {
            if !all.iter().any(|experiment| *name == experiment.name || *name == experiment.part) {
                let known: Vec<_> = all
                    .iter()
                    .map(|experiment| format!("{} ({})", experiment.name, experiment.part))
                    .collect();
                return Err(
                    format!("--only {name}: no such experiment; there are {}", known.join(", ")).into()
                );
            }
        }
        Ok(all.into_iter().filter(|experiment| self.only.is_empty() || asked(experiment)).collect())
    }
}

fn print_plan(plan: &Plan, dataset: &Dataset, workers: usize) -> io::Result<()> {
    let trials = plan.tasks().count();
    say(format_args!("plan {}: {trials} trials on {}", plan.hash(), dataset.title))?;
    for planned in &plan.experiments {
        let experiment = &planned.experiment;
        say(format_args!(
            "  {} ({}, {} split): {}",
            experiment.name, experiment.part, experiment.protocol, experiment.title
        ))?;
        for arm in &experiment.arms {
            let seeds = planned.tasks.iter().filter(|task| task.arm == arm.name).count();
            let epochs = arm.configuration.training.epochs;
            say(format_args!("    {:<10} {seeds} seeds x {epochs} epochs   {}", arm.name, arm.description))?;
        }
    }
    say(format_args!("{workers} worker processes on {}, one thread each", plan.backend))
}

fn enqueue_all(
    storage: &mut dyn Storage,
    plan: &Plan,
    wishes: &Wishes,
    dataset: &Dataset,
) -> Result<Vec<StudyId>, RunError> {
    let mut studies = Vec::new();
    for (position, planned) in plan.experiments.iter().enumerate() {
        let experiment = &planned.experiment;
        let shape = dataset.test.shape();
        let heading = Heading {
            plan: plan.hash(),
            profile: plan.profile,
            backend: plan.backend,
            seeds: (1..=planned.tasks.iter().map(|task| task.seed).max().unwrap_or(0)).collect(),
            epochs: wishes.epochs,
            command: command(),
            created: rfc3339(SystemTime::now()),
            stand_in: stand_in(dataset),
            position,
            name: experiment.name.clone(),
            part: experiment.part.clone(),
            title: experiment.title.clone(),
            statement: experiment.statement.clone(),
            protocol: experiment.protocol,
            arms: experiment
                .arms
                .iter()
                .map(|arm| ArmHeading {
                    name: arm.name.clone(),
                    description: arm.description.clone(),
                    reported: arm.reported.clone(),
                })
                .collect(),
            image: [shape.height, shape.width],
        };
        let study = enqueue(storage, planned, &heading, dataset)?;
        let now = Timestamp::from(SystemTime::now());
        release_all(storage, study, now)?;
        storage.retry_failed(study, now)?;
        studies.push(study);
    }
    Ok(studies)
}

/// Runs the waiting trials; `false` if the user stopped them.
fn train(
    folder: &RunFolder,
    storage: &mut dyn Storage,
    studies: &[StudyId],
    plan: &Plan,
    dataset: &Dataset,
    workers: usize,
) -> Result<bool, Refusal> {
    let mut todo = 0;
    for &study in studies {
        let counts = storage.counts(study)?;
        todo += counts.waiting + counts.running;
    }
    if todo == 0 {
        say(format_args!("everything is done already"))?;
        return Ok(true);
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let mut arguments = vec!["worker".to_string(), folder.path().display().to_string()];
    arguments.extend(arguments_of(dataset));
    let crew = Crew {
        size: workers.min(todo),
        program: std::env::current_exe()?,
        arguments,
        // Burn loads an optimiser's state through its default device, which must be one that is there.
        variables: vec![("BURN_DEVICE".to_string(), plan.backend.to_string())],
    };
    let total = plan.tasks().count();
    let mut progress = Progress::new(total, total - todo, crew.size);
    let started = Instant::now();
    let finished = crew.run(folder, storage, studies, &stop, |news| progress.show(&news));
    progress.end(started.elapsed());
    Ok(finished.map_err(|error: CrewError| Box::new(error))?)
}

/// What was typed, and at which revision, so that a reader can type it again.
fn command() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).map(|argument| quote(&argument)).collect();
    let command = format!("cargo xtask {}", arguments.join(" "));
    match revision() {
        (Some(revision), _) => format!("git checkout {} && {command}", &revision[..12.min(revision.len())]),
        (None, _) => command,
    }
}

/// An argument as a shell takes it.
fn quote(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_string();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn arguments_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quote("--seeds=3"), "--seeds=3");
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
        let echo = Command::new("sh").arg("-c").arg(format!("printf %s {}", quote("it's $HOME"))).output();
        assert_eq!(echo.expect("a shell").stdout, b"it's $HOME");
    }
}
