//! `tinderbox reproduce`: experiments become a run, the run a report.

mod again;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use tinderbox_data::{Choice, Dataset, write_snapshot};
use tinderbox_search::StudyId;

use super::events::Event;
use super::lessons::{Lessons, pace};
use super::outline::{Outline, counted};
use super::progress::Progress;
use super::search::{ADDRESS, StorageArguments};
use super::summary::say_summary;
use super::terminal::output_width;
use super::terminal::{ProgressArguments, Tone, emit, note_in, streams_events};
use super::{Exit, Refusal, note, say, say_data};
use crate::choice::choice;
use crate::dataset::{DatasetArguments, arguments_of};
use crate::set::SetArguments;
use tinderbox::backend::Backend;
use tinderbox::catalog::Catalog;
use tinderbox::crew::{Crew, CrewError, release_gone, stop_on_signals};
use tinderbox::environment::{cores, revision, rfc3339};
use tinderbox::estimate::{Estimator, at_once};
use tinderbox::experiment::{Experiment, Setting};
use tinderbox::json;
use tinderbox::nearest::nearest;
use tinderbox::page::{self, ReportFiles, Written};
use tinderbox::plan::{LAYOUT, Overrides, Plan, Planned, ProfileName};
use tinderbox::run::{Heading, Run, RunError, RunFolder, stand_in};
use tinderbox::state::crew_name;
use tinderbox::worker::now;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Reproduce {
    /// Experiment files of your own; without any, the paper's
    files: Vec<PathBuf>,

    /// Only experiments of this name or part of the paper; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// How much to train: `quick` takes minutes, `full` about ten times as long
    #[arg(long, value_parser = choice(ProfileName::ALL), default_value_t)]
    profile: ProfileName,

    /// Seeds of each arm, in place of the profile's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: Option<u32>,

    /// Epochs of each trial, in place of the profile's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    epochs: Option<u32>,

    #[command(flatten)]
    set: SetArguments,

    /// Worker processes, one thread each [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// Compute backend
    #[arg(long, value_parser = choice(Backend::ALL), default_value_t)]
    backend: Backend,

    #[command(flatten)]
    dataset: DatasetArguments,

    /// Folder of all runs; a run lies in it under the hash of its plan
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs: PathBuf,

    /// Storage of the run, which workers on other machines can join: `postgres://USER@HOST/DATABASE` or `sqlite:FILE`
    /// [default: a file in the run's folder]
    #[arg(long, value_name = "URL", env = ADDRESS, hide_env_values = true)]
    storage: Option<String>,

    /// Show the plan, arm by arm, and stop
    #[arg(long)]
    dry_run: bool,

    /// List the experiments with their trials, claims and estimated time, and stop
    #[arg(long)]
    list: bool,

    /// Print the plan as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    progress: ProgressArguments,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox reproduce --only architectures
  tinderbox reproduce --profile full --workers 2
  tinderbox reproduce --only task-1 --seeds 3 --epochs 2 --set training.learning_rate=0.01
  tinderbox reproduce my-experiment.toml --dry-run
  tinderbox reproduce --list --profile full
  tinderbox reproduce --profile full --storage postgres://me@host/runs

A run that was stopped resumes when the same command is given again. Results are in
runs/<hash of the plan>/report.html.";

const OTHER_REVISION: &str = "note: another revision of the program, or changes that were not committed, ran some of \
                              these trials; with another folder for --runs this one runs them anew";

impl Reproduce {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        self.progress.apply();
        if self.json && !(self.list || self.dry_run) {
            return Err(
                "--json goes with --list or --dry-run; the numbers of a run are in its report.json".into()
            );
        }
        if let Some(help) = self.set.help(None, self.dataset.defaults(catalog)?) {
            say(help)?;
            return Ok(Exit::Done);
        }
        let settings = self.set.settings();
        if settings.iter().any(|setting| setting.sets("training.epochs")) {
            return Err("--set: epochs are set by --epochs, or by the profile".into());
        }
        let experiments = self.experiments(catalog)?;
        self.backend.open()?;
        let dataset = self.dataset_of(&experiments)?.load(&catalog.datasets)?;
        let overrides = Overrides {
            profile: self.profile,
            seeds: self.seeds.map(|seeds| seeds as usize),
            epochs: self.epochs.map(|epochs| epochs as usize),
            settings,
            backend: self.backend,
        };
        let plan = Plan::new(experiments, &overrides, catalog, &dataset)?;
        let pace = pace();
        let images = [dataset.training.len(), dataset.test.len()];
        let estimator = Estimator { catalog, images, pace: &pace };
        let outline = Outline::new(&plan, &estimator, &dataset, self.workers());
        if self.json {
            say_data(json::pretty(&outline))?;
            return Ok(Exit::Done);
        }
        if self.dry_run || self.list {
            say(if self.list { outline.list(output_width()) } else { outline.arms() })?;
            return Ok(Exit::Done);
        }
        if streams_events() {
            emit(&Event::Plan(json::value(&outline)));
        } else {
            note(outline.arms());
        }
        let folder = RunFolder::create(&self.runs, &plan)?;
        let _lock = folder.lock()?;
        let files = ReportFiles::new(folder.path())?;
        folder.sweep()?;
        let mut run = match &self.storage {
            Some(url) => Run::new(StorageArguments { storage: url.clone() }.open()?, &plan.hash()),
            None => folder.run()?,
        };
        let studies = self.enqueue_all(&mut run, &plan, &dataset)?;
        let mut lessons = Lessons::of(&plan, &estimator);
        let finished = self.train(&folder, &mut run, &studies, &plan, &dataset, &mut lessons);
        lessons.keep();

        // Scratch files that stay only take space; why the run broke off matters more.
        _ = folder.sweep();
        let mut failed = 0;
        let mut waiting = 0;
        for (_, study) in &studies {
            let counts = run.storage().counts(*study)?;
            failed += counts.fail;
            waiting += counts.waiting + counts.running;
        }
        // The page shows what there is, even of a run that broke off; what broke it off matters more than the page.
        let written = page::write(&run, &files, &catalog.kinds);
        let (finished, Written { numbers, revisions }) = (finished?, written?);
        let stopped = !finished && waiting > 0;
        let report = std::path::absolute(files.page()).unwrap_or(files.page().to_owned());
        if stopped {
            // Of claims that nobody has judged there is nothing to say.
            say(format_args!("report so far: {}", report.display()))?;
        } else {
            say_summary(&numbers)?;
            say(format_args!("\nreport: {}", report.display()))?;
        }
        let (ours, _) = revision();
        // Changes that were not committed can be any: they are another revision each time.
        if ours.is_some_and(|ours| revisions.iter().any(|(theirs, changed)| *theirs != ours || *changed)) {
            note(OTHER_REVISION);
        }
        if stopped {
            let trials = counted(waiting, "trial");
            note(format_args!("stopped with {trials} to go; run the same command to resume"));
            return Ok(Exit::Interrupted);
        }
        if failed > 0 {
            note_in(
                Tone::Bad,
                format_args!(
                    "{} failed; the report says why, and the same command tries again",
                    counted(failed, "trial"),
                ),
            );
            return Ok(Exit::Failed);
        }
        Ok(Exit::Done)
    }

    /// The experiments that were asked for, all of them checked. Those beyond the paper are run only if they are named.
    fn experiments(&self, catalog: &Catalog) -> Result<Vec<Experiment>, Refusal> {
        let defaults = self.dataset.defaults(catalog)?;
        let all = if self.files.is_empty() {
            Experiment::built_in(defaults)?
        } else {
            Experiment::read_all(&self.files, defaults)?
        };
        for (position, experiment) in all.iter().enumerate() {
            if all[..position].iter().any(|other| other.name() == experiment.name()) {
                return Err(format!("two experiments are called `{}`", experiment.name()).into());
            }
        }
        let is = |experiment: &Experiment, name: &String| {
            name == experiment.name() || *name == experiment.facts.part
        };
        if let Some(name) = self.only.iter().find(|name| !all.iter().any(|experiment| is(experiment, name))) {
            let known: Vec<_> = all
                .iter()
                .map(|experiment| format!("{} ({})", experiment.name(), experiment.facts.part))
                .collect();
            let names = all.iter().flat_map(|experiment| [experiment.name(), experiment.facts.part.as_str()]);
            let meant =
                nearest(name, names).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            return Err(
                format!("--only {name}: no such experiment; there are {}{meant}", known.join(", ")).into()
            );
        }
        let asked = |experiment: &Experiment| {
            let by_default = self.only.is_empty() && (!self.files.is_empty() || experiment.is_of_paper());
            by_default || self.only.iter().any(|name| is(experiment, name))
        };
        Ok(all.into_iter().filter(asked).collect())
    }

    /// Where the images of these experiments are: those that the command names, else those that the experiments name.
    fn dataset_of(&self, experiments: &[Experiment]) -> Result<DatasetArguments, Refusal> {
        let mut arguments = self.dataset.clone();
        for experiment in experiments {
            let Some(name) = &experiment.dataset else { continue };
            if arguments.dataset == Choice::Auto {
                arguments.dataset = Choice::Named(name.clone());
            }
            if arguments.dataset != Choice::Named(name.clone()) {
                return Err(format!(
                    "experiment `{}` is for the dataset {name}, not {}; run it on its own",
                    experiment.name(),
                    arguments.dataset
                )
                .into());
            }
        }
        Ok(arguments)
    }

    fn enqueue_all(
        &self,
        run: &mut Run,
        plan: &Plan,
        dataset: &Dataset,
    ) -> Result<Vec<(String, StudyId)>, RunError> {
        let mut studies = Vec::new();
        for (position, planned) in plan.experiments.iter().enumerate() {
            let heading = self.heading(plan, planned, position, dataset);
            let study = run.enqueue(planned, &heading, dataset)?;
            // Elsewhere other machines may be at work: what is left of a crew that is gone comes back when its leases run out.
            if self.storage.is_none() {
                release_gone(run.storage_mut(), study, |_| true)?;
            }
            run.storage_mut().retry_failed(study, now())?;
            studies.push((planned.experiment.facts.name.clone(), study));
        }
        Ok(studies)
    }

    fn heading(&self, plan: &Plan, planned: &Planned, position: usize, dataset: &Dataset) -> Heading {
        let experiment = &planned.experiment;
        let shape = dataset.test.shape();
        Heading {
            layout: LAYOUT,
            plan: plan.hash(),
            profile: plan.profile,
            backend: plan.backend,
            epochs: self.epochs.map(|epochs| epochs as usize),
            settings: self.set.settings().iter().map(Setting::to_string).collect(),
            command: self.command(&self.only),
            own_command: self.command(std::slice::from_ref(&experiment.facts.name)),
            created: rfc3339(SystemTime::now()),
            stand_in: stand_in(dataset),
            experiments: plan
                .experiments
                .iter()
                .map(|planned| planned.experiment.facts.name.clone())
                .collect(),
            position,
            facts: experiment.facts.clone(),
            arms: experiment.arms.iter().map(|arm| arm.facts.clone()).collect(),
            claims_changed: false,
            reported_changed: false,
            image: [shape.height, shape.width],
            images_sha256: String::new(),
            seal: None,
        }
    }

    fn workers(&self) -> usize {
        self.workers.map_or_else(cores, usize::from)
    }

    /// Runs the waiting trials; `false` if the user stopped them.
    fn train(
        &self,
        folder: &RunFolder,
        run: &mut Run,
        studies: &[(String, StudyId)],
        plan: &Plan,
        dataset: &Dataset,
        lessons: &mut Lessons,
    ) -> Result<bool, Refusal> {
        let (mut todo, mut shares) = (0, Vec::new());
        for (planned, (name, study)) in plan.experiments.iter().zip(studies) {
            let counts = run.storage().counts(*study)?;
            let (open, total) = (counts.waiting + counts.running, planned.tasks.len());
            shares.push((name.clone(), total.saturating_sub(open), total));
            todo += open;
        }
        if todo == 0 {
            note("everything is done already");
            if streams_events() {
                let trials = shares.iter().map(|(_, _, total)| total).sum();
                emit(&Event::Ended { done: trials, trials, seconds: 0.0 });
            }
            return Ok(true);
        }
        let stop = stop_on_signals()?;
        // An absolute path is never read as an option.
        let path = std::path::absolute(folder.path())?;
        let mut arguments = vec!["worker".into(), path.into_os_string(), OsString::from("--supervised")];
        arguments.extend(arguments_of(dataset));
        // Where it cannot be written, workers read the dataset's own files.
        if let Ok(sha256) = write_snapshot(dataset, &folder.snapshot_path()) {
            arguments.push(format!("--snapshot={sha256}").into());
        }
        // Burn loads an optimiser's state through its default device, which must be one that is there.
        let mut variables = vec![("BURN_DEVICE".to_string(), plan.backend.to_string())];
        if let Some(url) = &self.storage {
            let (hash, storage) = (plan.hash(), StorageArguments { storage: url.clone() });
            note(format_args!("run {hash}: {} joins it from any machine", storage.worker_of_run(&hash)));
            arguments.push(format!("--run={hash}").into());
            // Not an argument: those are for all to see, and an address may hold a password.
            variables.push((ADDRESS.to_string(), url.clone()));
        }
        let size = self.workers().min(todo);
        let program = std::env::current_exe()?;
        let crew = Crew { name: crew_name(), size, program, arguments, variables };
        // The work is in seconds of one worker. Without estimates all trials count the same.
        let work = lessons.seconds();
        let expected = (!work.is_empty()).then(|| at_once(size));
        let mut progress = Progress::new(&shares, size, work, expected);
        let logs = Some(folder.path());
        let finished = crew.run(logs, run.storage_mut(), studies, &stop, |news| {
            lessons.hear(&news);
            progress.show(&news);
        });
        progress.end();
        Ok(finished.map_err(|error: CrewError| Box::new(error))?)
    }
}
