//! `bench models`: seconds an epoch of the paper's networks, beside the peers and the machine's limit.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tinderbox::backend::Backend;
use tinderbox::catalog::{AnyNetwork, Catalog};
use tinderbox::experiment::{Defaults, NetworkError};
use tinderbox_cli::choice::choice;
use tinderbox_cli::dataset::DatasetArguments;
use tinderbox_data::Dataset;
use tinderbox_report::benchmark::{Benchmark, Entry, Group, Work, median};

use super::{Exit, Refusal};
use crate::contestant::{Contestant, ContestantError};
use crate::passes::{Pass, plain, way_back};
use crate::peer::{EnvironmentError, Peer, Ready};
use crate::stage::{Stage, StageArguments, is_piped, own};
use crate::turns::{entry, take_turns};
use crate::{epochs, material, products, publish};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Models {
    /// Peers, the first of which is what ratios refer to: `pytorch`, `jax`, `burn-train`
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PEERS")]
    against: Vec<Peer>,

    /// Networks: `fcn`, `cnn`, `local-net`
    #[arg(long, value_parser = ["fcn", "cnn", "local-net"], value_delimiter = ',', default_value = "fcn,cnn,local-net", value_name = "KINDS")]
    model: Vec<String>,

    /// Images in a step
    #[arg(long, value_delimiter = ',', default_value = "32,128", value_name = "SIZES",
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch: Vec<u32>,

    /// Our backends
    #[arg(long, value_parser = choice(Backend::ALL), value_delimiter = ',', default_value = "flex", value_name = "BACKENDS")]
    backend: Vec<Backend>,

    /// Only whole epochs, without their forward passes on their own
    #[arg(long)]
    whole: bool,

    /// Rounds that count
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,

    #[command(flatten)]
    stage: StageArguments,

    #[command(flatten)]
    dataset: DatasetArguments,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench models                                   our backends alone
  cargo xtask bench models --against pytorch,jax             seven rounds, about 40 minutes
  cargo xtask bench models --against pytorch --model cnn --batch 32 --rounds 3
  cargo xtask bench models --against pytorch --python pytorch=/opt/torch/bin/python

An epoch is all training images, shuffled, with Adam at 0.001 and cross-entropy; every contestant trains in a process of
its own. Forward passes, without a graph, are timed on their own too; the graph, the way back and the step are what is left
of an epoch. `products` are the matrix products of such an epoch and nothing else, by Burn's flex: what is above them is
overhead. The limit is the rate of products of large square matrices, one on each thread, measured in the same rounds.";

/// The file of images, and how many there are.
struct Material {
    images: PathBuf,
    count: usize,
}

/// One network with one batch size.
struct Task {
    network: Arc<dyn AnyNetwork>,
    batch: usize,
}

impl Models {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        for backend in &self.backend {
            backend.open()?;
        }
        let catalog = Catalog::default();
        let dataset = self.dataset.load(&catalog.datasets)?;
        let stage = Stage::open(self.stage.clone())?;
        let mut benchmark = self.heading(&dataset);
        let peers = match stage.prepare(&self.against, &mut benchmark.notes) {
            Err(EnvironmentError::Interrupted) => return Ok(Exit::Interrupted),
            peers => peers?,
        };
        let material =
            Material { images: stage.folder.join("images.f32"), count: dataset.training.labels().len() };
        material::write(&material.images, &dataset.training)?;
        let tasks = self.tasks(&Defaults { catalog: &catalog, images: dataset.training.spec() })?;
        let passes = if self.whole { &[Pass::Epoch][..] } else { &[Pass::Epoch, Pass::Forward] };
        let contestants = |kind: &str| {
            let each = |pass: &Pass| self.backend.len() + variants(&peers, kind, *pass).count();
            2 + passes.iter().map(each).sum::<usize>()
        };
        let turns = usize::from(self.rounds) + 1;
        stage.expect(tasks.iter().map(|task| turns * contestants(task.network.kind())).sum());
        for task in &tasks {
            match self.measure(task, &stage, &peers, &material, &mut benchmark) {
                Ok(groups) => {
                    if is_piped() {
                        stage.line(&format!("measured {}", task.name()));
                    }
                    benchmark.groups.extend(groups);
                }
                Err(ContestantError::Interrupted) => break,
                Err(error) => {
                    stage.miss(&mut benchmark, &format!("{} was not measured: {error}", task.name()));
                }
            }
        }
        stage.close(&benchmark)
    }

    fn tasks(&self, defaults: &Defaults) -> Result<Vec<Task>, NetworkError> {
        let mut tasks = Vec::new();
        for kind in &self.model {
            let network = defaults.configuration(kind)?.model;
            tasks.extend(
                self.batch.iter().map(|&batch| Task { network: Arc::clone(&network), batch: batch as usize }),
            );
        }
        Ok(tasks)
    }

    fn heading(&self, dataset: &Dataset) -> Benchmark {
        let mut benchmark = publish::begin(
            "models",
            "Seconds an epoch of the three networks",
            self.stage.threads.into(),
            self.rounds,
        );
        benchmark.notes.push(format!(
            "{}: {} training images",
            dataset.title,
            dataset.training.labels().len()
        ));
        if self.model.iter().any(|kind| kind == "cnn") {
            benchmark.notes.push(products::BY_TILES.into());
        }
        benchmark
    }

    /// Lets the contestants train alternately.
    fn measure(
        &self,
        task: &Task,
        stage: &Stage,
        peers: &[Ready],
        material: &Material,
        benchmark: &mut Benchmark,
    ) -> Result<Vec<Group>, ContestantError> {
        let mut contestants = task.limits(stage, material.count)?;
        let limits = contestants.len();
        contestants.extend(self.start(task, stage, peers, material, Pass::Epoch, benchmark)?);
        let epochs = contestants.len();
        if !self.whole {
            contestants.extend(self.start(task, stage, peers, material, Pass::Forward, benchmark)?);
        }
        for contestant in &contestants {
            benchmark.versions.extend(contestant.hello.versions.clone());
        }
        let name = task.name();
        let told = take_turns(&mut contestants, epochs::QUESTION, self.rounds.into(), &stage.stop, |who| {
            stage.done(&format!("{name}: {who}"));
        })?;
        let entries = |from: usize, to: usize| -> Vec<Entry> {
            let told = contestants.iter().zip(&told).skip(from).take(to - from);
            told.map(|(contestant, told)| entry(contestant.name(), told)).collect()
        };
        let squares: Vec<f64> = told[0].iter().map(|told| told.seconds).collect();
        let ceiling = products::ceiling_operations(stage.threads()) / median(&squares) / 1e9;
        let group = |pass: &str, operations: f64, entries: Vec<Entry>| {
            let work = Work {
                amount: operations / 1e9,
                unit: "GFLOP/s".into(),
                ceiling,
                limit: products::limit(),
                seconds: 1.0,
            };
            let reference = self.reference(peers);
            let name = format!("{name}{pass}");
            Group::new(name, "s an epoch", Some(work), entries, |entry| entry.name.starts_with(&reference))
        };
        let mut whole = entries(limits, epochs);
        let forward = entries(epochs, contestants.len());
        let back = way_back(&whole, &forward);
        // The products are a limit of everybody: they stand last.
        whole.extend(entries(1, limits));
        let [all, scored] = task.operations(material.count);
        let mut groups = vec![group("", all, whole)];
        if !self.whole {
            groups.push(group(", forward", scored, forward));
            groups.push(group(", backward and step", all - scored, back));
        }
        Ok(groups)
    }

    /// Starts ours and the peers', each in its ways to write the network.
    fn start(
        &self,
        task: &Task,
        stage: &Stage,
        peers: &[Ready],
        material: &Material,
        pass: Pass,
        benchmark: &mut Benchmark,
    ) -> Result<Vec<Contestant>, ContestantError> {
        let json = task.network.settings().to_string();
        let (path, size) = (material.images.display().to_string(), task.batch.to_string());
        let mut contestants = Vec::new();
        for backend in &self.backend {
            let place = backend.to_string();
            let words =
                ["epochs", "--images", &path, "--network", &json, "--batch", &size, "--backend", &place];
            let mut command = own(&words)?;
            command.args((pass == Pass::Forward).then_some("--forward"));
            contestants.push(stage.start(&format!("tinderbox {backend}"), command)?);
        }
        for (peer, name, formulation) in variants(peers, task.network.kind(), pass) {
            let forward = pass == Pass::Forward;
            let command = peer.epochs(
                &material.images,
                &*task.network,
                task.batch,
                stage.threads(),
                formulation,
                forward,
            );
            match stage.start(&name, command) {
                Ok(contestant) => contestants.push(contestant),
                Err(ContestantError::Interrupted) => return Err(ContestantError::Interrupted),
                Err(error) => benchmark.notes.push(format!("{}: {error}", task.name())),
            }
        }
        Ok(contestants)
    }

    /// How the name begins of those that ratios refer to.
    fn reference(&self, peers: &[Ready]) -> String {
        peers
            .first()
            .map_or_else(|| format!("tinderbox {}", self.backend[0]), |peer| peer.peer.name().to_string())
    }
}

impl Task {
    fn name(&self) -> String {
        format!("{}, batch {}", self.network.kind(), self.batch)
    }

    /// Those who show what the machine can do: large products, and the products of an epoch of `count` images.
    fn limits(&self, stage: &Stage, count: usize) -> Result<Vec<Contestant>, ContestantError> {
        let json = self.network.settings().to_string();
        let (size, number) = (self.batch.to_string(), count.to_string());
        let mut squares = own(&["squares"])?;
        let mut bare = own(&["products", "--network", &json, "--batch", &size, "--count", &number])?;
        for limit in [&mut squares, &mut bare] {
            limit.envs(products::KEEPS_PAGES);
        }
        Ok(vec![stage.start("squares", squares)?, stage.start("products", bare)?])
    }

    /// Floating-point operations of an epoch of `count` images, and of its forward passes alone.
    fn operations(&self, count: usize) -> [f64; 2] {
        let (full, rest) = (count / self.batch, count % self.batch);
        [products::operations, products::forward_operations].map(|of| {
            let rest = if rest > 0 { of(&*self.network, rest) } else { 0.0 };
            full as f64 * of(&*self.network, self.batch) + rest
        })
    }
}

/// Each peer with each of its ways to write a network, and what that is called.
fn variants<'a>(
    peers: &'a [Ready],
    kind: &str,
    pass: Pass,
) -> impl Iterator<Item = (&'a Ready, String, &'static str)> {
    peers.iter().flat_map(move |peer| {
        let formulations = peer.peer.formulations(kind).iter();
        let differs = move |formulation: &&&str| {
            pass == Pass::Epoch || (peer.peer.scores() && plain(formulation) == **formulation)
        };
        formulations.filter(differs).map(move |formulation| {
            (peer, format!("{} {formulation}", peer.peer.name()).trim_end().to_string(), *formulation)
        })
    })
}
