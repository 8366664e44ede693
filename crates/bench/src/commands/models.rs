//! `bench models`: seconds an epoch of the paper's networks, beside the peers and the machine's limit.

use std::path::Path;

use clap::Args;
use tinderbox::backend::Backend;
use tinderbox::dataset::DatasetArguments;
use tinderbox_data::Dataset;
use tinderbox_models::{Kind, NetworkConfig};
use tinderbox_report::benchmark::{Benchmark, Entry, Group, Work, median};

use super::{Exit, Refusal};
use crate::contestant::ContestantError;
use crate::peer::{EnvironmentError, Peer, Ready};
use crate::stage::{Stage, StageArguments, is_piped, own};
use crate::turns::{entry, take_turns};
use crate::{epochs, material, products, publish};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Models {
    /// Peers, the first of which is what ratios refer to: `pytorch`, `jax`
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PEERS")]
    against: Vec<Peer>,

    /// Networks: `fcn`, `cnn`, `local-net`
    #[arg(long, value_parser = kind, value_delimiter = ',', default_value = "fcn,cnn,local-net", value_name = "KINDS")]
    model: Vec<Kind>,

    /// Images in a step
    #[arg(long, value_delimiter = ',', default_value = "32,128", value_name = "SIZES",
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch: Vec<u32>,

    /// Our backends
    #[arg(long, value_enum, value_delimiter = ',', default_value = "flex,ndarray", value_name = "BACKENDS")]
    backend: Vec<Backend>,

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
  cargo xtask bench models --against pytorch,jax             seven rounds, about half an hour
  cargo xtask bench models --against pytorch --model cnn --batch 32 --rounds 3
  cargo xtask bench models --against pytorch --python pytorch=/opt/torch/bin/python

An epoch is all training images, shuffled, with Adam at 0.001 and cross-entropy; every contestant trains in a process of
its own. `products` are the matrix products of such an epoch and nothing else, by Burn's flex: what is above them is
overhead. The limit is the rate of a product of large square matrices, measured in the same rounds.";

/// One network with one batch size.
struct Task {
    kind: Kind,
    network: NetworkConfig,
    batch: usize,
}

impl Models {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        for backend in &self.backend {
            backend.open()?;
        }
        let dataset = self.dataset.load()?;
        let stage = Stage::open(self.stage.clone())?;
        let mut benchmark = self.heading(&dataset);
        let peers = match stage.prepare(&self.against, &mut benchmark.notes) {
            Err(EnvironmentError::Interrupted) => return Ok(Exit::Interrupted),
            peers => peers?,
        };
        let images = stage.folder.join("images.f32");
        material::write(&images, &dataset.training)?;
        let tasks = self.tasks(&dataset);
        let contestants = |kind| 2 + self.backend.len() + variants(&peers, kind).count();
        let turns = usize::from(self.rounds) + 1;
        stage.expect(tasks.iter().map(|task| turns * contestants(task.kind)).sum());
        for task in &tasks {
            match self.measure(task, &stage, &peers, &images, dataset.training.labels().len(), &mut benchmark)
            {
                Ok(group) => {
                    if is_piped() {
                        stage.line(&format!("measured {}", group.name));
                    }
                    benchmark.groups.push(group);
                }
                Err(ContestantError::Interrupted) => break,
                Err(error) => {
                    stage.miss(&mut benchmark, &format!("{} was not measured: {error}", task.name()));
                }
            }
        }
        stage.close(&benchmark)
    }

    fn tasks(&self, dataset: &Dataset) -> Vec<Task> {
        let shape = dataset.training.shape();
        let size = [shape.channels, shape.height, shape.width];
        let task = |kind: Kind, batch: u32| Task {
            kind,
            network: NetworkConfig::paper(kind, size, dataset.training.classes()),
            batch: batch as usize,
        };
        self.model.iter().flat_map(|&kind| self.batch.iter().map(move |&batch| task(kind, batch))).collect()
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
        benchmark
    }

    /// Lets everybody train in turns.
    fn measure(
        &self,
        task: &Task,
        stage: &Stage,
        peers: &[Ready],
        images: &Path,
        count: usize,
        benchmark: &mut Benchmark,
    ) -> Result<Group, ContestantError> {
        let (network, batch) = (&task.network, task.batch);
        let json = serde_json::to_string(network).expect("plain data");
        let (size, number) = (batch.to_string(), count.to_string());
        let mut squares = own(&["squares"])?;
        let mut bare = own(&["products", "--network", &json, "--batch", &size, "--count", &number])?;
        for limit in [&mut squares, &mut bare] {
            limit.envs(products::KEEPS_PAGES);
        }
        let mut contestants = vec![stage.start("squares", squares)?, stage.start("products", bare)?];
        let path = images.display().to_string();
        for backend in &self.backend {
            let place = backend.to_string();
            let words =
                ["epochs", "--images", &path, "--network", &json, "--batch", &size, "--backend", &place];
            contestants.push(stage.start(&format!("tinderbox {backend}"), own(&words)?)?);
        }
        for (peer, name, formulation) in variants(peers, task.kind) {
            let command = peer.epochs(images, network, batch, stage.threads(), formulation);
            match stage.start(&name, command) {
                Ok(contestant) => contestants.push(contestant),
                Err(ContestantError::Interrupted) => return Err(ContestantError::Interrupted),
                Err(error) => benchmark.notes.push(format!("{}: {error}", task.name())),
            }
        }
        for contestant in &contestants {
            benchmark.versions.extend(contestant.hello.versions.clone());
        }
        let name = task.name();
        let told = take_turns(&mut contestants, epochs::QUESTION, self.rounds.into(), &stage.stop, |who| {
            stage.done(&format!("{name}: {who}"));
        })?;
        let mut entries: Vec<Entry> = contestants
            .iter()
            .zip(&told)
            .skip(1)
            .map(|(contestant, told)| entry(contestant.name(), told))
            .collect();
        // The products are a limit of everybody: they stand last.
        entries.rotate_left(1);
        let squares: Vec<f64> = told[0].iter().map(|told| told.seconds).collect();
        let (full, rest) = (count / batch, count % batch);
        let operations = full as f64 * products::operations(network, batch)
            + if rest > 0 { products::operations(network, rest) } else { 0.0 };
        let work = Work {
            amount: operations / 1e9,
            unit: "GFLOP/s".into(),
            ceiling: products::CEILING_OPERATIONS / median(&squares) / 1e9,
            limit: products::limit(),
            seconds: 1.0,
        };
        let reference = self.reference(peers);
        Ok(Group::new(name, "s an epoch", Some(work), entries, |entry| entry.name.starts_with(&reference)))
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
        format!("{}, batch {}", self.kind, self.batch)
    }
}

/// Each peer with each of its ways to write a network, and what that is called.
fn variants(peers: &[Ready], kind: Kind) -> impl Iterator<Item = (&Ready, String, &'static str)> {
    peers.iter().flat_map(move |peer| {
        peer.peer.formulations(kind).iter().map(move |formulation| {
            (peer, format!("{} {formulation}", peer.peer.name()).trim_end().to_string(), *formulation)
        })
    })
}

/// The kind that a user names as a file does.
fn kind(word: &str) -> Result<Kind, String> {
    serde_json::from_value(word.into()).map_err(|_| "expected fcn, cnn or local-net".to_string())
}
