//! `bench study`: the trials of `reproduce` by crews of worker processes, ours and two that run `PyTorch`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use clap::Args;
use tinderbox::backend::Backend;
use tinderbox::catalog::Catalog;
use tinderbox::experiment::{Defaults, Experiment};
use tinderbox::plan::{Overrides, Plan, ProfileName, Task};
use tinderbox_cli::choice::choice;
use tinderbox_cli::dataset::{DatasetArguments, arguments_of};
use tinderbox_data::{Dataset, Protocol};
use tinderbox_report::benchmark::{Entry, Group, median};

use super::{Exit, Refusal};
use crate::contestant::{Contestant, ContestantError, Told};
use crate::peer::{EnvironmentError, Peer, Ready};
use crate::stage::{Stage, StageArguments, is_piped, own};
use crate::trials::Question;
use crate::turns::order;
use crate::{material, publish};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Study {
    /// Share of the trials of each arm, at least one of each, in `(0, 1]`
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    share: f64,

    /// Trials of `quick` or of `full`; of `full` those on the official split
    #[arg(long, value_parser = choice(ProfileName::ALL), default_value_t)]
    profile: ProfileName,

    /// Only experiments of this name; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Worker processes of each crew
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: u16,

    /// Times that each crew runs all of them
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,

    /// Our backend
    #[arg(long, value_parser = choice(Backend::ALL), default_value_t)]
    backend: Backend,

    #[command(flatten)]
    stage: StageArguments,

    #[command(flatten)]
    dataset: DatasetArguments,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench study                      every tenth trial of each arm, about a quarter of an hour
  cargo xtask bench study --share 1            all of them
  cargo xtask bench study --only dropout --rounds 5

All crews get the same configurations: network, initialisation, dropout, optimiser, epochs, patience, adversarial training,
evaluation after each epoch, perturbed test images. `pytorch` steps by its default Adam, `pytorch fused` by the faster \
one. Processes are started before the clock is.";

/// Worker processes of one kind.
struct Crew {
    name: &'static str,
    workers: Vec<Contestant>,
    /// Seconds of each block.
    samples: Vec<f64>,
    /// Cores that were busy in each.
    cores: Vec<f64>,
    /// What the trials of the last block told.
    told: Vec<Told>,
}

impl Study {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        self.backend.open()?;
        let catalog = Catalog::default();
        let dataset = self.dataset.load(&catalog.datasets)?;
        let (tasks, all) = self.tasks(&dataset)?;
        let stage = Stage::open(self.stage.clone())?;
        let title = "The trials of a reproduction, by worker processes";
        let mut benchmark = publish::begin("study", title, stage.threads(), self.rounds);
        benchmark.notes.push(format!(
            "{} of {all} trials of the profile; trials of a crew wait in one queue in the order of the plan",
            tasks.len()
        ));
        let peers = match stage.prepare(&[Peer::Pytorch], &mut benchmark.notes) {
            Err(EnvironmentError::Interrupted) => return Ok(Exit::Interrupted),
            peers => peers?,
        };
        let [pytorch] = &peers[..] else { return Err(benchmark.notes.pop().unwrap_or_default().into()) };
        let mut crews = match self.crews(&stage, &dataset, pytorch) {
            Err(_) if stage.stopped() => return Ok(Exit::Interrupted),
            crews => crews?,
        };
        stage.expect(crews.len() * usize::from(self.rounds) * tasks.len());
        let questions: Vec<String> = tasks
            .into_iter()
            .map(|trial| serde_json::to_string(&Question { trial }).expect("plain data"))
            .collect();
        match self.blocks(&stage, &mut crews, &questions) {
            // The rounds that all crews have finished count.
            Err(ContestantError::Interrupted) if crews.iter().all(Crew::is_measured) => {}
            Err(ContestantError::Interrupted) => return Ok(Exit::Interrupted),
            done => done?,
        }
        let rounds = crews.iter().map(|crew| crew.samples.len()).min().unwrap_or(0);
        benchmark.rounds = rounds;
        for crew in &mut crews {
            crew.samples.truncate(rounds);
        }
        for crew in &crews {
            benchmark.versions.extend(crew.workers[0].hello.versions.clone());
            benchmark.notes.push(crew.accuracy());
        }
        let entries = crews.iter().map(Crew::entry).collect();
        let name = format!("{} trials, {} workers", questions.len(), self.workers);
        let is_peer = |entry: &Entry| entry.name.starts_with(Peer::Pytorch.name());
        let group = Group::new(name, "s in all", None, entries, is_peer);
        benchmark.groups.push(group);
        stage.close(&benchmark)
    }

    /// The trials that are run, in the order of the plan, and how many the profile has.
    fn tasks(&self, dataset: &Dataset) -> Result<(Vec<Task>, usize), Refusal> {
        let catalog = Catalog::default();
        let defaults = Defaults { catalog: &catalog, images: dataset.test.spec() };
        let experiments: Vec<_> =
            Experiment::built_in(defaults)?.into_iter().filter(Experiment::is_of_paper).collect();
        if let Some(name) =
            self.only.iter().find(|name| experiments.iter().all(|one| one.name() != name.as_str()))
        {
            let known: Vec<_> = experiments.iter().map(Experiment::name).collect();
            return Err(format!("--only {name}: no such experiment; there are {}", known.join(", ")).into());
        }
        let asked = |experiment: &Experiment| {
            self.only.is_empty() || self.only.iter().any(|name| name == experiment.name())
        };
        let experiments = experiments.into_iter().filter(asked).collect();
        let overrides = Overrides { profile: self.profile, backend: self.backend, ..Overrides::default() };
        let plan = Plan::new(experiments, &overrides, &catalog, dataset)?;
        let official: Vec<&Task> = plan.tasks().filter(|task| task.protocol == Protocol::Official).collect();
        let all = official.len();
        let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let chosen = official.into_iter().filter(|task| {
            let place = seen.entry((&task.experiment, &task.arm)).or_default();
            *place += 1;
            is_chosen(*place - 1, self.share)
        });
        Ok((chosen.cloned().collect(), all))
    }

    fn crews(&self, stage: &Stage, dataset: &Dataset, pytorch: &Ready) -> Result<[Crew; 3], Refusal> {
        let training = stage.folder.join("images.f32");
        let test = stage.folder.join("test-images.f32");
        material::write(&training, &dataset.training)?;
        material::write(&test, &dataset.test)?;
        let crew = |name: &'static str, command: &dyn Fn(PathBuf) -> Result<Command, Refusal>| {
            let worker = |number: u16| -> Result<Contestant, Refusal> {
                let scratch = stage.folder.join(format!("trial-{number}.checkpoint"));
                Ok(stage.start(&format!("{name} worker {number}"), command(scratch)?)?)
            };
            let workers = (0..self.workers).map(worker).collect::<Result<_, Refusal>>()?;
            Ok::<_, Refusal>(Crew { name, workers, samples: Vec::new(), cores: Vec::new(), told: Vec::new() })
        };
        let ours = crew("tinderbox", &|scratch| {
            let mut command = own(&["trials", "--backend", &self.backend.to_string(), "--scratch"])?;
            command.arg(scratch).args(arguments_of(dataset));
            Ok(command)
        })?;
        let theirs =
            |name, fused| crew(name, &|_| Ok(pytorch.trials(&training, &test, stage.threads(), fused)));
        Ok([ours, theirs(Peer::Pytorch.name(), false)?, theirs("pytorch fused", true)?])
    }

    /// Each crew runs everything, then the next, so many times.
    fn blocks(&self, stage: &Stage, crews: &mut [Crew], questions: &[String]) -> Result<(), ContestantError> {
        for crew in crews.iter_mut() {
            // The first trial of a process pays for pages and caches that all later ones have.
            for worker in &mut crew.workers {
                worker.ask::<Told>(&questions[0], &stage.stop)?;
            }
        }
        for round in 0..self.rounds.into() {
            for place in order(round, crews.len()) {
                let crew = &mut crews[place];
                let seconds = crew.run(questions, stage)?;
                if is_piped() {
                    stage.line(&format!("round {}: {} {seconds:.1} s", round + 1, crew.name));
                }
            }
        }
        Ok(())
    }
}

impl Crew {
    /// Runs every trial once and hands back the seconds that it took.
    fn run(&mut self, questions: &[String], stage: &Stage) -> Result<f64, ContestantError> {
        let next = AtomicUsize::new(0);
        let work = |worker: &mut Contestant| -> Result<Vec<Told>, ContestantError> {
            let mut told = Vec::new();
            while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
                told.push(worker.ask(question, &stage.stop)?);
                stage.done(worker.name());
            }
            Ok(told)
        };
        let started = Instant::now();
        let told: Vec<Vec<Told>> = thread::scope(|scope| {
            let work = &work;
            let running: Vec<_> =
                self.workers.iter_mut().map(|worker| scope.spawn(move || work(worker))).collect();
            let joined =
                running.into_iter().map(|worker| worker.join().expect("a thread that panics nowhere"));
            joined.collect::<Result<_, _>>()
        })?;
        let seconds = started.elapsed().as_secs_f64();
        self.samples.push(seconds);
        self.told = told.into_iter().flatten().collect();
        self.cores.push(self.told.iter().map(|told| told.cpu_seconds).sum::<f64>() / seconds);
        Ok(seconds)
    }

    fn is_measured(&self) -> bool {
        !self.samples.is_empty()
    }

    fn entry(&self) -> Entry {
        Entry { cores: Some(median(&self.cores)), ..Entry::new(self.name, self.samples.clone()) }
    }

    /// What it learnt, which shows that all learnt the same, in a line.
    fn accuracy(&self) -> String {
        let finished: Vec<f64> = self.told.iter().filter_map(|told| told.accuracy).collect();
        let mean = 100.0 * finished.iter().sum::<f64>() / finished.len() as f64;
        let diverged = self.told.len() - finished.len();
        format!("{}: mean test accuracy {mean:.2} %, {diverged} diverged", self.name)
    }
}

/// Whether trial `place` of an arm, from 0, is among the share: evenly spread, the first always.
fn is_chosen(place: usize, share: f64) -> bool {
    let before = |count: usize| (count as f64 * share).ceil() as usize;
    before(place + 1) > before(place)
}

fn share(word: &str) -> Result<f64, String> {
    let share: f64 = word.parse().map_err(|_| "expected a number in (0, 1]".to_string())?;
    if share > 0.0 && share <= 1.0 { Ok(share) } else { Err("expected a number in (0, 1]".to_string()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tenth_of_eight_is_the_first_and_a_whole_is_all() {
        let chosen = |share: f64| (0..8).filter(|&place| is_chosen(place, share)).collect::<Vec<_>>();
        assert_eq!(chosen(0.1), [0]);
        assert_eq!(chosen(0.5), [0, 2, 4, 6]);
        assert_eq!(chosen(1.0).len(), 8);
    }

    #[test]
    fn a_share_that_is_none_is_refused() {
        for wrong in ["0", "1.5", "-1", "nan", "half"] {
            assert_eq!(share(wrong), Err("expected a number in (0, 1]".to_string()), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_share_is_that_many_rounded_up(count in 1..200usize, share in 0.01..1.0f64) {
            let chosen = (0..count).filter(|&place| is_chosen(place, share)).count();
            prop_assert_eq!(chosen, (count as f64 * share).ceil() as usize);
        }
    }
}
