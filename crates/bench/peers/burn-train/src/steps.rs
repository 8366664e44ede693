//! A network as Burn's `Learner` wants it.

use burn::module::ModuleDisplay;
use burn::prelude::*;
use burn_train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};
use tinderbox_ops::{Classifier, cross_entropy};

/// Images `[batch, channels, height, width]` and their labels `[batch]`.
#[derive(Clone, Debug)]
pub struct Batch {
    pub images: Tensor<4>,
    pub labels: Tensor<1, Int>,
}

/// What a step is.
#[derive(Module, Debug)]
pub struct Steps<N: Module> {
    network: N,
}

impl<N: Classifier + Module> Steps<N> {
    pub fn new(network: N) -> Self {
        Self { network }
    }

    fn classify(&self, batch: Batch) -> ClassificationOutput {
        let logits = self.network.logits(batch.images);
        let loss = cross_entropy(logits.clone(), batch.labels.clone());
        ClassificationOutput::new(loss, logits, batch.labels)
    }
}

impl<N: Classifier + Module + ModuleDisplay> TrainStep for Steps<N> {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> TrainOutput<ClassificationOutput> {
        let output = self.classify(batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl<N: Classifier + Module + ModuleDisplay> InferenceStep for Steps<N> {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> ClassificationOutput {
        self.classify(batch)
    }
}
