//! A configuration: every setting of a trial except its seed, in types that cannot hold invalid values.

use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use tinderbox_data::{ImageSpec, Images, VALIDATION_FRACTION};
use tinderbox_training::KindError;
use tinderbox_training::learner::LearnerConfig;

use crate::catalog::{AnyNetwork, Catalog};
use crate::json;
use crate::nearest::nearest;

/// Every setting of a trial except its seed.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The network.
    pub model: Arc<dyn AnyNetwork>,
    /// The training.
    pub training: LearnerConfig,
    /// Share of the training images that is kept for validation, in `(0, 1)`.
    pub validation_fraction: f64,
}

/// The defaults that settings replace: of each kind that a program knows, for given images.
#[derive(Debug, Clone, Copy)]
pub struct Defaults<'a> {
    /// The kinds that the program knows.
    pub catalog: &'a Catalog,
    /// The images of a network unless a file says otherwise.
    pub images: ImageSpec,
}

/// Why there is no default network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// No kind has this name.
    #[error("unknown kind of network `{word}`; expected one of {}", .known.join(", "))]
    Unknown {
        /// The name.
        word: String,
        /// The known names.
        known: Vec<&'static str>,
    },
    /// A network of this kind cannot take such images.
    #[error("{0}")]
    Refused(String),
}

/// Error of reading a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// A setting of the training is wrong.
    #[error(transparent)]
    Training(#[from] KindError),
    /// Another error, as a message.
    #[error("{0}")]
    Other(String),
}

impl From<String> for ConfigurationError {
    fn from(reason: String) -> Self {
        Self::Other(reason)
    }
}

impl NetworkError {
    /// The kind that was probably meant.
    pub fn nearest(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { word, known } => nearest(word, known.iter().copied()),
            Self::Refused(_) => None,
        }
    }
}

impl Defaults<'_> {
    /// The first kind of network.
    pub(super) fn first(&self) -> &'static str {
        self.catalog.networks.kinds().next().unwrap_or_default()
    }

    /// The default network of a kind, trained as every experiment trains unless it says otherwise.
    ///
    /// # Errors
    /// If there is no such kind, or it cannot take these images.
    pub fn configuration(&self, kind: &str) -> Result<Configuration, NetworkError> {
        let networks = &self.catalog.networks;
        let unknown = || NetworkError::Unknown { word: kind.to_string(), known: networks.kinds().collect() };
        let settings = networks.default_settings(kind, self.images).ok_or_else(unknown)?;
        Ok(Configuration {
            model: networks.read(&settings).map_err(NetworkError::Refused)?,
            training: LearnerConfig::default(),
            validation_fraction: VALIDATION_FRACTION,
        })
    }

    /// The configuration that a tree of settings describes. What the tree leaves out of a network is at its default.
    ///
    /// # Errors
    /// If a setting is missing, unknown, or out of its range.
    pub fn read(&self, settings: &Value) -> Result<Configuration, ConfigurationError> {
        let part = |key: &str| settings.get(key).ok_or_else(|| format!("`{key}` is missing"));
        let training = LearnerConfig::read(part("training")?, &self.catalog.kinds);
        let fraction = part("validation_fraction")?;
        let validation_fraction = fraction
            .as_f64()
            .filter(|fraction| *fraction > 0.0 && *fraction < 1.0)
            .ok_or_else(|| format!("validation_fraction is {fraction}, expected a number in (0, 1)"))?;
        Ok(Configuration {
            model: self.catalog.networks.read(&self.complete(part("model")?)?)?,
            training: training.map_err(|error| error.within("training"))?,
            validation_fraction,
        })
    }

    /// `model` with the defaults of its kind where it says nothing.
    fn complete(&self, model: &Value) -> Result<Value, String> {
        let given = model.as_object().ok_or_else(|| "expected a table with a `kind`".to_string())?;
        let kind = given.get("kind").and_then(Value::as_str).unwrap_or_default();
        let default = self.catalog.networks.default_settings(kind, self.images);
        let mut all: Map<String, Value> =
            default.and_then(|settings| settings.as_object().cloned()).unwrap_or_default();
        all.extend(given.clone());
        Ok(all.into())
    }
}

/// Settings of the training that every record has.
const FIRST: [&str; 6] = ["epochs", "batch_size", "learning_rate", "optimizer", "patience", "adversarial"];

impl Configuration {
    /// As records hold it: without the settings of the training that came after the first version and have their default. So the
    /// hash of a result does not change where a new setting is not used.
    pub fn recorded(&self) -> Value {
        let mut settings = json::value(self);
        let defaults = json::value(&LearnerConfig::default());
        if let Some(training) = settings["training"].as_object_mut() {
            training.retain(|key, value| FIRST.contains(&key.as_str()) || defaults.get(key) != Some(value));
        }
        settings
    }

    /// Refuses a network for different images.
    ///
    /// # Errors
    /// As [`check_fit`].
    pub fn check_fit(&self, images: &Images) -> Result<(), String> {
        check_fit(&*self.model, images)
    }

    /// Whether it has this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        key.split('.').try_fold(&json::value(self), |place, key| place.get(key)).is_some()
    }
}

/// Refuses a network for different images.
///
/// # Errors
/// With a message: what the network takes, and what the images are.
pub fn check_fit(network: &dyn AnyNetwork, images: &Images) -> Result<(), String> {
    let (input, classes) = (network.input(), network.classes());
    let (shape, ours) = (images.shape(), images.classes());
    if input.fits([shape.channels, shape.height, shape.width]) && classes >= ours {
        return Ok(());
    }
    Err(format!(
        "the network takes images of {input} with {classes} classes; these images are {shape} with {ours}"
    ))
}

impl Serialize for Configuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Configuration", 3)?;
        fields.serialize_field("model", &self.model.settings())?;
        fields.serialize_field("training", &self.training)?;
        fields.serialize_field("validation_fraction", &self.validation_fraction)?;
        fields.end()
    }
}

/// Equal settings.
impl PartialEq for Configuration {
    fn eq(&self, other: &Self) -> bool {
        json::value(self) == json::value(other)
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::configuration;

    use super::*;

    #[test]
    fn a_record_lists_later_settings_only_where_they_are_used() {
        let plain = configuration("fcn");
        let keys = |configuration: &Configuration| -> Vec<String> {
            configuration.recorded()["training"].as_object().expect("a table").keys().cloned().collect()
        };
        let mut first = FIRST.map(str::to_string);
        first.sort();
        assert_eq!(keys(&plain), first);
        let training = LearnerConfig { clip_norm: Some(1.0), label_smoothing: 0.1, ..plain.training.clone() };
        let used = keys(&Configuration { training, ..plain });
        assert_eq!(used.len(), first.len() + 2);
        assert!(["clip_norm", "label_smoothing"].iter().all(|key| used.iter().any(|used| used == key)));
    }
}
