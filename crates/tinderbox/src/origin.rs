//! Where weights come from: the split that they were trained on, noted in their file.
//!
//! Under `pooled` the test images are drawn with the seed: a measurement of the weights must draw the same.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tinderbox_data::{Dataset, Datasets, Protocol, Split, SplitError, split};
use tinderbox_training::stream;

use crate::experiment::Configuration;

/// What a file of weights says of its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Fingerprint of the images.
    pub dataset_sha256: String,
    /// How they were split.
    pub protocol: Protocol,
    /// The seed of the split, and of every other stream.
    pub seed: u64,
    /// Share of the training images that was kept for validation.
    pub validation_fraction: f64,
}

impl Provenance {
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

    /// The name of the dataset, if it is one of `datasets` or the stand-in digits.
    pub fn dataset_name(&self, datasets: &Datasets) -> Option<String> {
        datasets.name_of(&self.dataset_sha256).map(str::to_owned)
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
    use tinderbox_data::stand_in;

    use super::*;
    use crate::fixture::configuration;

    fn origin(dataset_sha256: &str) -> Provenance {
        let dataset = Dataset { sha256: dataset_sha256.to_owned(), ..stand_in("a test") };
        Provenance::new(&dataset, Protocol::Official, 1, &configuration("fcn"))
    }

    #[test]
    fn a_dataset_is_known_by_its_fingerprint() {
        let datasets = Datasets::default();
        let name = |sha256: &str| origin(sha256).dataset_name(&datasets);
        let usps = datasets.get("usps").expect("built in").fingerprint();
        assert_eq!(name(&usps.to_string()).as_deref(), Some("usps"));
        assert_eq!(name(&stand_in("a test").sha256).as_deref(), Some("stand-in"));
        assert_eq!(name("0"), None);
    }

    #[test]
    fn a_note_is_read_whole_or_refused() {
        let written = origin("0");
        let note = serde_json::to_value(&written).expect("written");
        assert_eq!(Provenance::of_note(note.clone()).expect("read"), Some(written));
        assert_eq!(Provenance::of_note(Value::Null).expect("nothing"), None);
        assert!(Provenance::of_note(json!({ "author": "me" })).is_err());
    }
}
