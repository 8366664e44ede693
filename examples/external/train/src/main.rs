//! One network, trained twice: by Burn's own `Learner`, then by Tinderbox's.
//!
//! Burn's asks a model for its steps, so `Steps` wraps the network and says what a step is. Tinderbox's asks for a
//! `Classifier`, which the network is.

mod quiet;

use std::error::Error;
use std::sync::Arc;

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::AdamConfig;
use burn::prelude::*;
use burn_train::logger::InMemoryMetricLogger;
use burn_train::{ClassificationOutput, InferenceStep, Learner, SupervisedTraining, TrainOutput, TrainStep};
use tinderbox_data::{Images, Protocol, VALIDATION_FRACTION, split, stand_in};
use tinderbox_models::{Classifier, Cnn, CnnConfig, NetworkConfig};
use tinderbox_training::learner::{LearnerConfig, Splits};
use tinderbox_training::{Examples, ExamplesError, evaluate, stream};

const EPOCHS: usize = 5;
const BATCH: usize = 64;
const LEARNING_RATE: f64 = 0.001;
const SEED: u64 = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let digits = stand_in("an example needs no download");
    let parts = split(&digits, Protocol::Official, VALIDATION_FRACTION, &mut stream(SEED, "split", 0))?;
    let device = Device::flex();

    let cnn = by_burn(&parts.training, &parts.validation, &device)?;
    println!("Burn's Learner       {:.3}", evaluate(&cnn, &examples(&parts.test)?, &device).accuracy);

    let splits = Splits {
        training: examples(&parts.training)?,
        validation: examples(&parts.validation)?,
        test: examples(&parts.test)?,
    };
    let config = LearnerConfig {
        epochs: EPOCHS,
        batch_size: BATCH,
        learning_rate: LEARNING_RATE,
        ..LearnerConfig::default()
    };
    let fitted =
        config.init(SEED)?.fit(|device| CnnConfig::default().init(device), &device, &splits, &mut ())?;
    println!("Tinderbox's Learner  {:.3}", evaluate(&fitted.model, &splits.test, &device).accuracy);
    Ok(())
}

/// Trains with Burn's loop, which ends with a model that holds still.
fn by_burn(training: &Images, validation: &Images, device: &Device) -> Result<Cnn, Box<dyn Error>> {
    device.seed(SEED);
    let steps = Steps { cnn: CnnConfig::default().init(&device.clone().autodiff()) };
    // PyTorch's epsilon, and Tinderbox's.
    let optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let nothing_is_written_here = std::env::temp_dir();
    let result = SupervisedTraining::new(nothing_is_written_here, loader(training), loader(validation))
        .num_epochs(EPOCHS)
        .renderer(Box::new(quiet::Quiet))
        .with_metric_logger(InMemoryMetricLogger::new())
        .with_application_logger(None)
        .launch(Learner::new(steps, optimizer, LEARNING_RATE));
    match result.error {
        Some(error) => Err(error.to_string().into()),
        None => Ok(result.model.cnn),
    }
}

/// The network as Burn's `Learner` wants it.
#[derive(Module, Debug)]
struct Steps {
    cnn: Cnn,
}

impl Steps {
    fn classify(&self, batch: Batch) -> ClassificationOutput {
        let logits = self.cnn.logits(batch.images);
        let cross_entropy = CrossEntropyLossConfig::new().init(&logits.device());
        let loss = cross_entropy.forward(logits.clone(), batch.labels.clone());
        ClassificationOutput::new(loss, logits, batch.labels)
    }
}

impl TrainStep for Steps {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> TrainOutput<ClassificationOutput> {
        let output = self.classify(batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl InferenceStep for Steps {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> ClassificationOutput {
        self.classify(batch)
    }
}

/// Images `[batch, 1, 16, 16]` and their labels `[batch]`.
#[derive(Clone, Debug)]
struct Batch {
    images: Tensor<4>,
    labels: Tensor<1, Int>,
}

/// Pixels of an image and its label.
type Digit = (Vec<f32>, u8);

/// Puts digits side by side.
struct Batches;

impl Batcher<Digit, Batch> for Batches {
    fn batch(&self, digits: Vec<Digit>, device: &Device) -> Batch {
        let count = digits.len();
        let labels: Vec<i64> = digits.iter().map(|(_, label)| i64::from(*label)).collect();
        let pixels: Vec<f32> = digits.into_iter().flat_map(|(pixels, _)| pixels).collect();
        Batch {
            images: Tensor::from_data(TensorData::new(pixels, [count, 1, 16, 16]), device),
            labels: Tensor::from_data(TensorData::new(labels, [count]), device),
        }
    }
}

fn loader(images: &Images) -> Arc<dyn DataLoader<Batch>> {
    let digits = (0..images.len()).map(|index| (images.image(index).to_vec(), images.labels()[index]));
    DataLoaderBuilder::new(Batches).batch_size(BATCH).shuffle(SEED).build(InMemDataset::new(digits.collect()))
}

fn examples(images: &Images) -> Result<Examples<'_>, ExamplesError> {
    Examples::new(images.pixels(), images.labels(), [1, 16, 16], images.classes())
}
