//! Where weights come from: the split that they were trained on, noted in their file.
//!
//! Under `pooled` the test images are drawn with the seed: whoever measures the weights must draw the same.

use serde::{Deserialize, Serialize};
use tinderbox_data::{Dataset, Protocol, Split, SplitError, split};
use tinderbox_training::stream;

use crate::experiment::Configuration;

/// What a file of weights says of its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Fingerprint of the images.
    pub dataset_sha256: String,
    /// How they were split.
    pub protocol: Protocol,
    /// The seed of the split, and of every other stream.
    pub seed: u64,
    /// Share of the training images that was kept for validation.
    pub validation_fraction: f64,
}

impl Origin {
    /// Of a training on `dataset`.
    pub fn new(dataset: &Dataset, protocol: Protocol, seed: u64, configuration: &Configuration) -> Self {
        let validation_fraction = configuration.validation_fraction;
        Self { dataset_sha256: dataset.sha256.clone(), protocol, seed, validation_fraction }
    }

    /// The same images, split in the same way.
    ///
    /// # Errors
    /// If the dataset cannot be split so.
    pub fn split(&self, dataset: &Dataset) -> Result<Split, SplitError> {
        split(dataset, self.protocol, self.validation_fraction, &mut stream(self.seed, "split", 0))
    }
}
