//! A network as Burn's `Learner` wants it.

use burn::prelude::*;
use burn_train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};
use tinderbox_models::{Classifier, Network};
use tinderbox_ops::cross_entropy;

/// Images `[batch, channels, height, width]` and their labels `[batch]`.
#[derive(Clone, Debug)]
pub struct Batch {
    pub images: Tensor<4>,
    pub labels: Tensor<1, Int>,
}

/// What a step is.
#[derive(Module, Debug)]
pub struct Steps {
    network: Network,
}

impl Steps {
    pub fn new(network: Network) -> Self {
        Self { network }
    }

    fn classify(&self, batch: Batch) -> ClassificationOutput {
        let logits = self.network.logits(batch.images);
        let loss = cross_entropy(logits.clone(), batch.labels.clone());
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
