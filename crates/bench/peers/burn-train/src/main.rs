//! Burn's own `Learner` as a contestant: `burn-train-contestant IMAGES NETWORK BATCH`, an epoch of Adam for each line.
//!
//! The network, its kernels and its loss are Tinderbox's: what differs is the loop around them, and the optimiser, which
//! is Burn's. Nothing is shown or stored; one image is looked at after each epoch.

mod loader;
#[path = "../../../src/material.rs"]
#[allow(dead_code, reason = "it is written elsewhere")]
mod material;
#[path = "../../../src/contestant/protocol.rs"]
#[allow(dead_code, reason = "the parent uses the rest")]
mod protocol;
#[path = "../../../../../examples/external/train/src/quiet.rs"]
mod quiet;
mod steps;

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use burn::module::ModuleDisplay;
use burn::optim::AdamConfig;
use burn::prelude::*;
use burn_train::logger::InMemoryMetricLogger;
use burn_train::{Learner, SupervisedTraining};
use serde_json::{Map, Value};
use tinderbox_data::Images;
use tinderbox_models::{CnnConfig, FcnConfig, LocalNetConfig, NetworkConfig};

use loader::{Conducted, Conversation, Part};
use protocol::{Hello, say};
use steps::Steps;

/// More than anybody asks for.
const EPOCHS: usize = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [images, network, batch] = &arguments[..] else {
        return Err("expected a file of images, a network as JSON and a batch size".into());
    };
    let images = material::read(Path::new(images))?;
    let mut settings: Map<String, Value> = serde_json::from_str(network)?;
    let batch: usize = batch.parse()?;
    let kind = settings.remove("kind").unwrap_or_default();
    match kind.as_str() {
        Some(FcnConfig::KIND) => train::<FcnConfig>(settings, &images, batch),
        Some(CnnConfig::KIND) => train::<CnnConfig>(settings, &images, batch),
        Some(LocalNetConfig::KIND) => train::<LocalNetConfig>(settings, &images, batch),
        _ => Err(format!("expected a network of the paper, not of kind {kind}").into()),
    }
}

/// Trains a network with these settings, an epoch for each line.
fn train<C: NetworkConfig>(
    settings: Map<String, Value>,
    images: &Images,
    batch: usize,
) -> Result<(), Box<dyn Error>>
where
    C::Network: ModuleDisplay,
{
    let network: C = serde_json::from_value(settings.into())?;
    let device = Device::flex();
    device.seed(1);
    let model = Steps::new(network.init(&device.clone().autodiff()));
    // PyTorch's epsilon, and Tinderbox's.
    let learner = Learner::new(model, AdamConfig::new().with_epsilon(1e-8).init(), 0.001);

    let versions = BTreeMap::from([("burn-train".to_string(), "0.22.1".to_string())]);
    say(io::stdout(), &Hello { ready: true, versions })?;
    let conversation = Arc::new(Conversation::default());
    let training = Conducted::new(images, images.len(), batch, Part::Training, &conversation);
    let validation = Conducted::new(images, 1, batch, Part::Validation, &conversation);
    let nothing_is_written_here = std::env::temp_dir();
    let result = SupervisedTraining::new(nothing_is_written_here, training, validation)
        .num_epochs(EPOCHS)
        .renderer(Box::new(quiet::Quiet))
        .with_metric_logger(InMemoryMetricLogger::new())
        .with_application_logger(None)
        .launch(learner);
    match result.error {
        Some(error) => Err(error.to_string().into()),
        None => Ok(()),
    }
}
