//! `contestant`: Tinderbox itself as one of those who are measured; the other commands start it.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use tinderbox::backend::Backend;
use tinderbox::catalog::{AnyNetwork, Catalog};
use tinderbox::environment;
use tinderbox_cli::choice::choice;
use tinderbox_cli::dataset::DatasetArguments;

use super::{Exit, Refusal};
use crate::contestant::{Hello, Refused, say};
use crate::searches::{self, Place};
use crate::{epochs, forward, material, operations, products, trials};

#[derive(Debug, Args)]
pub(super) struct Contestant {
    #[command(subcommand)]
    work: Work,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// An epoch of a network for each line
    Epochs {
        /// File of images
        #[arg(long)]
        images: PathBuf,
        /// Its configuration, as JSON
        #[arg(long, value_parser = network)]
        network: Network,
        /// Images in a step
        #[arg(long)]
        batch: usize,
        /// Compute backend
        #[arg(long, value_parser = choice(Backend::ALL))]
        backend: Backend,
        /// The forward passes alone
        #[arg(long)]
        forward: bool,
    },
    /// The matrix products of such an epoch
    Products {
        /// The network's configuration, as JSON
        #[arg(long, value_parser = network)]
        network: Network,
        /// Images in a step
        #[arg(long)]
        batch: usize,
        /// Images in an epoch
        #[arg(long)]
        count: usize,
    },
    /// Products of large square matrices
    Squares,
    /// A whole trial for each line
    Trials {
        /// Compute backend
        #[arg(long, value_parser = choice(Backend::ALL))]
        backend: Backend,
        /// File for the state of the running trial
        #[arg(long)]
        scratch: PathBuf,
        /// The images
        #[command(flatten)]
        dataset: DatasetArguments,
    },
    /// A study of trials that try nothing for each line
    Search {
        /// Where it lives
        #[arg(long, value_enum)]
        storage: Place,
        /// Where its file lies
        #[arg(long)]
        folder: PathBuf,
    },
    /// Every operation once, alternately, for each line
    Operations {
        /// Images in a call
        #[arg(long)]
        batch: usize,
        /// Compute backend
        #[arg(long, value_parser = choice(Backend::ALL))]
        backend: Backend,
    },
}

impl Contestant {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        match self.work.run() {
            Ok(()) => Ok(Exit::Done),
            Err(error) => {
                // The conductor listens to this line, a person to the other.
                say(io::stdout(), &Refused { error: error.to_string() })?;
                Err(error)
            }
        }
    }
}

impl Work {
    fn run(self) -> Result<(), Refusal> {
        let questions = io::stdin().lock();
        match self {
            Self::Epochs { images, network, batch, backend, forward } => {
                let images = material::read(&images)?;
                let device = backend.open()?;
                say(io::stdout(), &hello(backend))?;
                if forward {
                    forward::answer(&*network, batch, &images, &device, questions, io::stdout())?;
                } else {
                    epochs::train(&*network, batch, &images, &device, questions, io::stdout())?;
                }
            }
            Self::Products { network, batch, count } => {
                say(io::stdout(), &hello(Backend::Flex))?;
                products::answer_with_products(&*network, batch, count, questions, io::stdout());
            }
            Self::Squares => {
                say(io::stdout(), &hello(Backend::Flex))?;
                products::answer_with_squares(questions, io::stdout());
            }
            Self::Trials { backend, scratch, dataset } => {
                let catalog = Catalog::default();
                let device = backend.open()?;
                let dataset = dataset.load(&catalog.datasets)?;
                // A checkpoint of another run must not be resumed.
                _ = std::fs::remove_file(&scratch);
                say(io::stdout(), &hello(backend))?;
                trials::answer(&catalog, &dataset, &device, scratch, questions, io::stdout())?;
            }
            Self::Search { storage, folder } => {
                say(io::stdout(), &hello(Backend::Flex))?;
                searches::answer(storage, &folder, questions, io::stdout())?;
            }
            Self::Operations { batch, backend } => {
                let device = backend.open()?;
                say(io::stdout(), &hello(backend))?;
                operations::answer(&device, batch, questions, io::stdout());
            }
        }
        Ok(())
    }
}

fn hello(backend: Backend) -> Hello {
    let here = environment::here(backend);
    let versions =
        BTreeMap::from([("tinderbox".to_string(), here.tinderbox), ("burn".to_string(), here.burn)]);
    Hello { ready: true, versions }
}

/// As the command line holds it.
type Network = Arc<dyn AnyNetwork>;

fn network(text: &str) -> Result<Network, String> {
    let settings = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Catalog::default().networks.read(&settings)
}
