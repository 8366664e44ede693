//! Where weights come from: the split that they were trained on, noted in their file.
//!
//! Under `pooled` the test images are drawn with the seed: a measurement of the weights must draw the same.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tinderbox_data::{Dataset, Protocol, Split, SplitError, manifests, split, stand_in};
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

    /// What the note of a file of weights says; `None` if it has none.
    ///
    /// # Errors
    /// If the note says something else, or another version of the program wrote it.
    pub fn of_note(note: Value) -> Result<Option<Self>, serde_json::Error> {
        if note.is_null() { Ok(None) } else { serde_json::from_value(note).map(Some) }
    }

    /// The name of the dataset, if the program knows one with these images.
    pub fn dataset_name(&self) -> Option<String> {
        let known =
            manifests().iter().map(|manifest| (manifest.fingerprint().to_string(), manifest.name.clone()));
        let embedded = stand_in("its fingerprint is asked for");
        known
            .chain([(embedded.sha256, embedded.name)])
            .find_map(|(sha256, name)| (sha256 == self.dataset_sha256).then_some(name))
    }

    /// The same images, split in the same way.
    ///
    /// # Errors
    /// If the dataset cannot be split so.
    pub fn split(&self, dataset: &Dataset) -> Result<Split, SplitError> {
        split(dataset, self.protocol, self.validation_fraction, &mut stream(self.seed, "split", 0))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tinderbox_data::manifest;

    use super::*;
    use tinderbox_models::Kind;

    fn origin(dataset_sha256: &str) -> Origin {
        let dataset = Dataset { sha256: dataset_sha256.to_owned(), ..stand_in("a test") };
        Origin::new(&dataset, Protocol::Official, 1, &Configuration::paper(Kind::Fcn))
    }

    #[test]
    fn a_dataset_is_known_by_its_fingerprint() {
        let usps = manifest("usps").expect("embedded").fingerprint().to_string();
        assert_eq!(origin(&usps).dataset_name().as_deref(), Some("usps"));
        assert_eq!(origin(&stand_in("a test").sha256).dataset_name().as_deref(), Some("stand-in"));
        assert_eq!(origin("0").dataset_name(), None);
    }

    #[test]
    fn a_note_is_read_whole_or_refused() {
        let written = origin("0");
        let note = serde_json::to_value(&written).expect("written");
        assert_eq!(Origin::of_note(note.clone()).expect("read"), Some(written));
        assert_eq!(Origin::of_note(Value::Null).expect("nothing"), None);
        assert!(Origin::of_note(json!({ "author": "me" })).is_err());
    }
}
