//! A record as bytes, sealed with two hashes: one of the results, one of everything.
//!
//! The JSON is canonical (fields in the order of the types, keys of the configuration sorted, no spaces), so that
//! equal results have equal hashes and no byte can change unseen.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{ChangedError, PredictionsError, Record, Results};

impl Record {
    /// SHA-256, in hexadecimal, of the canonical JSON of `experiment`, `arm`, `seed` and `results`.
    ///
    /// Two runs of one trial agree in it, whatever their timing and environment.
    pub fn result_hash(&self) -> String {
        hash(&Reproducible {
            experiment: &self.experiment,
            arm: &self.arm,
            seed: self.seed,
            results: &self.results,
        })
    }

    /// The record and its two hashes as JSON: `{"record": .., "result_sha256": "..", "record_sha256": ".."}`.
    ///
    /// NaN and the infinities are written as `"NaN"`, `"inf"` and `"-inf"`.
    pub fn to_bytes(&self) -> Vec<u8> {
        json(&Envelope { record: self, result_sha256: self.result_hash(), record_sha256: hash(self) })
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// If any byte was changed, and if predictions or changed images do not fit together.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        let envelope: Envelope<Self> = serde_json::from_slice(bytes)?;
        let record = envelope.record;
        check("result_sha256", envelope.result_sha256, record.result_hash())?;
        check("record_sha256", envelope.record_sha256, hash(&record))?;
        if record.to_bytes() != bytes {
            return Err(RecordError::Spelling);
        }
        let Results { test, perturbed, .. } = &record.results;
        let mut predictions = test.iter().chain(perturbed.iter().filter_map(|changed| changed.test.as_ref()));
        predictions.try_for_each(super::Predictions::check)?;
        record.changed.iter().try_for_each(super::Changed::check)?;
        Ok(record)
    }
}

/// Why bytes are not a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not the JSON of a record.
    #[error("not a record: {0}")]
    Json(#[from] serde_json::Error),
    /// A hash does not match.
    #[error(
        "{name} is {stated}, but the record hashes to {computed}: it was changed after it was written, run the trial \
         again"
    )]
    Hash {
        /// Which of the two hashes.
        name: &'static str,
        /// What the bytes say.
        stated: String,
        /// What the record in them gives.
        computed: String,
    },
    /// The hashes match the values, but the text has other spaces or numbers in another form.
    #[error(
        "both hashes match, but the JSON is not formatted as Tinderbox writes it: it was changed after it was \
         written, run the trial again"
    )]
    Spelling,
    /// Lists of predictions that do not fit together.
    #[error("test predictions: {0}")]
    Predictions(#[from] PredictionsError),
    /// Changed images that do not fit together.
    #[error("changed images: {0}")]
    Changed(#[from] ChangedError),
}

/// Writes JSON with the keys of every object sorted, which `serde_json` does or not by a feature of its own.
pub(super) fn sorted<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    Sorted(value).serialize(serializer)
}

#[derive(Serialize)]
struct Reproducible<'a> {
    experiment: &'a str,
    arm: &'a str,
    seed: u64,
    results: &'a Results,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<R> {
    record: R,
    result_sha256: String,
    record_sha256: String,
}

pub(super) struct Sorted<'a>(pub(super) &'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                let mut object = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    object.serialize_entry(key, &Sorted(value))?;
                }
                object.end()
            }
            Value::Array(values) => serializer.collect_seq(values.iter().map(Sorted)),
            leaf => leaf.serialize(serializer),
        }
    }
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("every key is a string, and writing to memory does not fail")
}

fn hash<T: Serialize>(value: &T) -> String {
    Sha256::digest(json(value)).iter().fold(String::with_capacity(64), |mut hexadecimal, byte| {
        for digit in [byte >> 4, byte & 15] {
            hexadecimal.extend(char::from_digit(u32::from(digit), 16));
        }
        hexadecimal
    })
}

fn check(name: &'static str, stated: String, computed: String) -> Result<(), RecordError> {
    if stated == computed { Ok(()) } else { Err(RecordError::Hash { name, stated, computed }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::record;
    use crate::record::{Changed, Outcome, Perturbation};

    #[test]
    fn a_record_comes_back_whole() {
        let record = record("cnn", 3);
        let bytes = record.to_bytes();
        let back = Record::from_bytes(&bytes).unwrap();
        assert_eq!(back, record);
        assert_eq!(back.to_bytes(), bytes);
    }

    #[test]
    fn a_diverged_loss_comes_back_as_it_was() {
        let mut record = record("cnn", 3);
        record.results.outcome = Outcome::Diverged { epoch: 2 };
        record.results.history[1].training_loss = f64::NAN;
        record.results.history[1].test_loss = f64::INFINITY;
        let back = Record::from_bytes(&record.to_bytes()).unwrap();
        assert!(back.results.history[1].training_loss.is_nan());
        assert_eq!(back.result_hash(), record.result_hash());
    }

    #[test]
    fn timing_and_environment_leave_the_result_hash_alone() {
        let record = record("cnn", 3);
        let mut elsewhere = record.clone();
        elsewhere.timing.wall_seconds += 1.0;
        elsewhere.environment.cpu = "another".into();
        elsewhere.changed = vec![changed()];
        assert_eq!(elsewhere.result_hash(), record.result_hash());
        assert_ne!(elsewhere.to_bytes(), record.to_bytes());
        elsewhere.seed += 1;
        assert_ne!(elsewhere.result_hash(), record.result_hash());
    }

    fn changed() -> Changed {
        Changed {
            perturbation: Perturbation::new("fgsm", 0.1),
            shape: [1, 1, 2],
            indices: vec![4, 7],
            pixels: vec![0, 255, 26, 1],
        }
    }

    #[test]
    fn a_record_without_changed_images_is_read_and_written_as_before_there_were_any() {
        let mut record = record("cnn", 3);
        let bytes = record.to_bytes();
        assert!(!String::from_utf8(bytes.clone()).unwrap().contains("changed"));
        assert_eq!(Record::from_bytes(&bytes).unwrap().changed, []);
        record.changed = vec![changed()];
        let bytes = record.to_bytes();
        assert_eq!(Record::from_bytes(&bytes).unwrap(), record);
        record.changed[0].pixels.pop();
        let error = Record::from_bytes(&record.to_bytes()).unwrap_err().to_string();
        assert_eq!(error, "changed images: 3 pixels for 2 images, expected 4: images are [1, 1, 2]");
    }

    #[test]
    fn the_order_of_the_configuration_is_no_difference() {
        let parse = |text| serde_json::from_str::<Value>(text).unwrap();
        let write = |value: &Value| serde_json::to_string(&Sorted(value)).unwrap();
        let sorted = write(&parse(r#"{"b":[{"d":1,"c":2.5}],"a":null}"#));
        assert_eq!(sorted, r#"{"a":null,"b":[{"c":2.5,"d":1}]}"#);
    }

    #[track_caller]
    fn refuses(change: impl Fn(&str) -> String, message: &str) {
        let text = String::from_utf8(record("cnn", 3).to_bytes()).unwrap();
        let changed = change(&text);
        assert_ne!(changed, text, "the change must change something");
        let error = Record::from_bytes(changed.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }

    #[test]
    fn a_change_is_named_by_the_hash_that_it_breaks() {
        refuses(|text| text.replace(r#""seed":3"#, r#""seed":4"#), "result_sha256 is ");
        refuses(|text| text.replace(r#""worker":"w0""#, r#""worker":"w1""#), "record_sha256 is ");
        refuses(|text| format!("{text}\n"), "both hashes match");
        refuses(|text| text.replace(r#""arm""#, r#""art""#), "not a record: unknown field `art`");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_byte_can_be_changed(place in any::<prop::sample::Index>(), by in 1_u8..) {
            let mut bytes = record("fcn", 1).to_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= by;
            prop_assert!(Record::from_bytes(&bytes).is_err());
        }
    }

    #[test]
    fn predictions_of_other_lengths_are_refused() {
        let mut record = record("cnn", 3);
        record.results.test.as_mut().unwrap().indices.pop();
        let error = Record::from_bytes(&record.to_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("test predictions: 40 labels, but 39 indices"), "{error}");
    }
}
