//! An overlay: keys of a file or a command line, laid over the defaults of a configuration.
//!
//! Burn's `#[derive(Config)]` ignores keys that it does not know. Here the default is written out as a tree first, so
//! a key that is not in the tree is a mistake, and each key is tried on its own, so a wrong value is blamed on its key.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

use super::Configuration;
use super::diagnostic::nearest;
use crate::json;

/// `key=value` of a command line, such as `training.learning_rate=0.01`.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    keys: Vec<String>,
    value: Value,
}

/// Why a setting does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// Not of the form `key=value`.
    #[error("`{0}`, expected key=value, such as training.learning_rate=0.01")]
    Form(String),
    /// There is no such key.
    #[error("unknown key `{key}`{}", Nearest(.nearest.as_deref()))]
    Unknown {
        /// The key, with the keys above it.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// What is allowed there.
        allowed: Vec<String>,
    },
    /// The value is of the wrong kind or outside its range.
    #[error("`{key}`: {reason}")]
    Value {
        /// The key, with the keys above it.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

struct Nearest<'a>(Option<&'a str>);

impl fmt::Display for Nearest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.map_or(Ok(()), |word| write!(f, ", did you mean `{word}`?"))
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // As it was typed, but for spaces: TOML writes what JSON cannot, and reads all of this.
        let value = toml::Value::deserialize(&self.value).map_err(|_| fmt::Error)?;
        write!(f, "{}={value}", self.keys.join("."))
    }
}

impl FromStr for Setting {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let form = || SettingError::Form(text.to_string());
        let (key, value) = text.split_once('=').ok_or_else(form)?;
        if key.split('.').any(|part| part.trim().is_empty()) {
            return Err(form());
        }
        // Values are written as in a file; a bare word is a string.
        let value = toml::from_str::<toml::Table>(&format!("value = {value}"))
            .ok()
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(|| toml::Value::String(value.trim().to_string()));
        let value = serde_json::to_value(value).map_err(|_| form())?;
        Ok(Self { keys: key.split('.').map(|part| part.trim().to_string()).collect(), value })
    }
}

impl Setting {
    /// The setting of `key`, with the keys above it.
    ///
    /// # Errors
    /// If a part of the key is empty.
    pub fn new(key: &str, value: Value) -> Result<Self, SettingError> {
        if key.split('.').any(|part| part.trim().is_empty()) {
            return Err(SettingError::Form(key.to_string()));
        }
        Ok(Self { keys: key.split('.').map(|part| part.trim().to_string()).collect(), value })
    }

    /// Whether it sets this key.
    pub fn is(&self, key: &str) -> bool {
        self.keys.join(".") == key
    }

    /// `configuration` with this setting changed.
    ///
    /// # Errors
    /// If the key is unknown, or its value does not fit.
    pub fn apply(&self, configuration: &Configuration) -> Result<Configuration, SettingError> {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        overlay(configuration, &keys, &self.value)
    }
}

/// `configuration` with `value` at `keys`; tables are laid over key by key.
pub(super) fn overlay(
    configuration: &Configuration,
    keys: &[&str],
    value: &Value,
) -> Result<Configuration, SettingError> {
    // Another kind has other keys beside it: the whole table changes.
    if let [above @ .., "kind"] = keys
        && lookup(&json::value(configuration), above).is_some_and(|table| table.get("kind").is_some())
    {
        return overlay(configuration, above, &serde_json::json!({ "kind": value }));
    }
    let mut tree = json::value(configuration);
    let mut place = &mut tree;
    for (depth, key) in keys.iter().enumerate() {
        let allowed: Vec<String> =
            place.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default();
        let Some(next) = place.get_mut(*key) else {
            return Err(SettingError::Unknown {
                key: keys[..=depth].join("."),
                nearest: nearest(key, allowed.iter().map(String::as_str)).map(str::to_string),
                allowed,
            });
        };
        place = next;
    }
    if let (Some(entries), Some(old)) = (value.as_object(), place.as_object()) {
        // A table without kinds takes `kind` for a key like any other: a mistake.
        let other_kind = old.get("kind").and_then(|old| entries.get("kind").filter(|kind| *kind != old));
        let old_has_kind = old.contains_key("kind");
        let start = match other_kind {
            // Its defaults first, so that each other entry is a key of them or a mistake.
            Some(kind) if entries.len() > 1 => {
                overlay(configuration, keys, &serde_json::json!({ "kind": kind }))?
            }
            Some(_) => {
                *place = value.clone();
                return read(tree, keys);
            }
            None => configuration.clone(),
        };
        let mut others = entries.iter().filter(|(key, _)| *key != "kind" || !old_has_kind);
        return others.try_fold(start, |configuration, (key, value)| {
            overlay(&configuration, &[keys, &[key]].concat(), value)
        });
    }
    *place = value.clone();
    read(tree, keys)
}

fn lookup<'a>(tree: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().try_fold(tree, |place, key| place.get(*key))
}

/// The configuration in a tree of which the entry at `keys` is new.
fn read(tree: Value, keys: &[&str]) -> Result<Configuration, SettingError> {
    let refuse = |reason: String| SettingError::Value { key: keys.join("."), reason };
    let configuration: Configuration =
        serde_json::from_value(tree).map_err(|error| refuse(error.to_string()))?;
    configuration.check().map_err(refuse)?;
    Ok(configuration)
}

impl Configuration {
    /// Whether every setting is in its range.
    fn check(&self) -> Result<(), String> {
        self.model.check().map_err(|error| error.to_string())?;
        self.training.check().map_err(|error| error.to_string())?;
        if !(self.validation_fraction > 0.0 && self.validation_fraction < 1.0) {
            return Err(format!("validation_fraction is {}, expected in (0, 1)", self.validation_fraction));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tinderbox_models::{Kind, NetworkConfig};
    use tinderbox_training::learner::Optimizer;

    use super::*;

    fn set(text: &str) -> Result<Configuration, SettingError> {
        text.parse::<Setting>()?.apply(&Configuration::paper(Kind::Fcn))
    }

    #[test]
    fn a_value_is_written_as_in_a_file() {
        assert_eq!(set("training.batch_size=32").expect("fits").training.batch_size, 32);
        assert_eq!(set("training.patience = 3").expect("fits").training.patience, Some(3));
        let NetworkConfig::Fcn(config) = set("model.hidden=[8, 4]").expect("fits").model else {
            panic!("a kind")
        };
        assert_eq!(config.hidden, [8, 4]);
    }

    #[test]
    fn a_setting_is_written_so_that_it_can_be_read_again() {
        for text in [
            "training.batch_size=32",
            "training.learning_rate=0.01",
            "model.kind=cnn",
            "model.hidden=[8, 4]",
            "training.optimizer={ kind = \"sgd\", momentum = 0.9 }",
        ] {
            let setting: Setting = text.parse().expect("a setting");
            assert_eq!(setting.to_string().parse::<Setting>().expect("a setting"), setting, "{setting}");
        }
    }

    #[test]
    fn another_kind_brings_its_own_defaults() {
        let sgd = set("training.optimizer.kind=sgd").expect("fits").training.optimizer;
        assert_eq!(sgd, Optimizer::Sgd { momentum: 0.0 });
        let sgd =
            set("training.optimizer={ kind = \"sgd\", momentum = 0.9 }").expect("fits").training.optimizer;
        assert_eq!(sgd, Optimizer::Sgd { momentum: 0.9 });
        let adam = set("training.optimizer.kind=adam").expect("fits").training.optimizer;
        assert_eq!(adam, Optimizer::default());
        assert_eq!(set("model.kind=cnn").expect("fits").model.kind(), Kind::Cnn);
    }

    #[test]
    fn mistakes_are_named_by_key() {
        let message = |text: &str| set(text).expect_err("refused").to_string();
        assert_eq!(message("training.epoch=3"), "unknown key `training.epoch`, did you mean `epochs`?");
        assert_eq!(message("zzzzzzzzzzz=3"), "unknown key `zzzzzzzzzzz`");
        assert!(message("training.epochs=many").starts_with("`training.epochs`: invalid type: string"));
        assert!(
            message("training.optimizer.momentum=0.9").contains("unknown key `training.optimizer.momentum`")
        );
        let hiden = message("model={ kind = \"cnn\", hiden = 3 }");
        assert_eq!(hiden, "unknown key `model.hiden`, did you mean `hidden`?");
        assert!(message("model.dropout=1").starts_with("`model.dropout`: "));
        assert!(message("validation_fraction=1.0").contains("expected in (0, 1)"));
        assert!(message("training.kind=sgd").starts_with("unknown key `training.kind`"));
        assert!(message("training={ kind = \"sgd\" }").starts_with("unknown key `training.kind`"));
        assert!(message("training..epochs=3").contains("expected key=value"));
    }
}
