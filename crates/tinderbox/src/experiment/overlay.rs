//! An overlay: keys of a file or a command line, laid over the defaults of a configuration.
//!
//! Burn's `#[derive(Config)]` ignores keys that it does not know. Here the default is written out as a tree first, so
//! a key that is not in the tree is a mistake, and each key is tried on its own, so a wrong value is blamed on its key.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};

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

impl SettingError {
    /// The key that a setting failed at, what is wrong with it, and what was probably meant.
    pub(crate) fn words(&self) -> (&str, String, Option<String>) {
        match self {
            Self::Unknown { key, nearest, allowed } => (
                key,
                format!("unknown key; expected one of {}", allowed.join(", ")),
                nearest.as_ref().map(|word| format!("did you mean `{word}`?")),
            ),
            Self::Value { key, reason } => (key, reason.clone(), None),
            Self::Form(key) => (key, self.to_string(), None),
        }
    }
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
        let keys: Vec<String> = key.split('.').map(|part| part.trim().to_string()).collect();
        let refuse = |reason: String| SettingError::Value { key: keys.join("."), reason };
        // Values are written as in a file; a bare word is a string.
        let read = toml::de::ValueDeserializer::parse(value.trim()).and_then(toml::Value::deserialize);
        let value = match read {
            Ok(value) => value,
            Err(_) if is_word(value.trim()) => toml::Value::String(value.trim().to_string()),
            Err(error) => {
                let value = value.trim();
                return Err(refuse(format!("{value:?} is not one value: {}", error.message().trim())));
            }
        };
        let value = json::from_toml(&value).map_err(|error| refuse(error.to_string()))?;
        Ok(Self { keys, value })
    }
}

/// Whether a text needs no quotes on a command line: `sgd`, `he-normal`.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
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

    /// Whether it sets this key, by itself or in a table.
    pub fn sets(&self, key: &str) -> bool {
        let mut keys = key.split('.');
        let mut own = self.keys.iter();
        loop {
            match (own.next(), keys.next()) {
                (Some(own), Some(key)) if own == key => {}
                (None, Some(key)) => {
                    return lookup(&self.value, &[&[key][..], &keys.collect::<Vec<_>>()].concat()).is_some();
                }
                (None, None) => return true,
                _ => return false,
            }
        }
    }

    /// `configuration` with this setting changed.
    ///
    /// # Errors
    /// If the key is unknown, or its value does not fit.
    pub fn apply(&self, configuration: &Configuration) -> Result<Configuration, SettingError> {
        Self::apply_all(std::slice::from_ref(self), configuration)
    }

    /// `configuration` with all of these settings changed at once: in any order, and each key by one of them.
    ///
    /// # Errors
    /// If a key is unknown or set twice, or a value does not fit.
    pub fn apply_all(
        settings: &[Self],
        configuration: &Configuration,
    ) -> Result<Configuration, SettingError> {
        let mut tree = Value::Object(Map::new());
        for setting in settings {
            let keys: Vec<&str> = setting.keys.iter().map(String::as_str).collect();
            insert(&mut tree, &keys, &setting.value).map_err(|()| SettingError::Value {
                key: keys.join("."),
                reason: "is set twice".to_string(),
            })?;
        }
        overlay(configuration, &[], &tree)
    }
}

/// Puts `value` at `keys`, beside the existing entries.
fn insert(place: &mut Value, keys: &[&str], value: &Value) -> Result<(), ()> {
    let entries = place.as_object_mut().ok_or(())?;
    match (keys, value) {
        ([], Value::Object(more)) => {
            more.iter().try_for_each(|(key, value)| insert_entry(entries, key, &[], value))
        }
        ([], _) => Err(()),
        ([key, below @ ..], _) => insert_entry(entries, key, below, value),
    }
}

fn insert_entry(
    entries: &mut Map<String, Value>,
    key: &str,
    below: &[&str],
    value: &Value,
) -> Result<(), ()> {
    if let Some(place) = entries.get_mut(key) {
        return insert(place, below, value);
    }
    let nested = below.iter().rev().fold(value.clone(), |value, key| serde_json::json!({ *key: value }));
    entries.insert(key.to_string(), nested);
    Ok(())
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
        if (place.is_null() || place.is_string()) && depth > 0 {
            // Nothing so far, such as adversarial training, or a choice without keys of its own: these keys begin another.
            let rest = &keys[depth..];
            let value =
                rest.iter().rev().fold(value.clone(), |value, key| serde_json::json!({ *key: value }));
            return overlay(configuration, &keys[..depth], &value);
        }
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
    if let Some(old) = place.as_object() {
        let key = keys.join(".");
        let reason = match value.as_str() {
            Some(word) if old.contains_key("kind") => format!("expected a table; write `{key}.kind={word}`"),
            _ => format!("is {value}, expected a table of settings"),
        };
        return Err(SettingError::Value { key, reason });
    }
    *place = value.clone();
    read(tree, keys)
}

fn lookup<'a>(tree: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().try_fold(tree, |place, key| place.get(*key))
}

/// The configuration in a tree of which the entry at `keys` is new. All of that entry must be there again when the
/// configuration is written out: what is not there was read by nobody.
fn read(tree: Value, keys: &[&str]) -> Result<Configuration, SettingError> {
    let refuse = |reason: String| SettingError::Value { key: keys.join("."), reason };
    let given = lookup(&tree, keys).cloned().unwrap_or_default();
    let configuration: Configuration =
        serde_json::from_value(tree).map_err(|error| refuse(plain_words(&error.to_string())))?;
    configuration.check().map_err(refuse)?;
    let kept = json::value(&configuration);
    match json::lost(&given, lookup(&kept, keys).unwrap_or(&Value::Null)) {
        None => Ok(configuration),
        Some(lost) => {
            let below: Vec<&str> = lost.keys.iter().map(String::as_str).collect();
            let key = [keys, &below].concat().join(".");
            if lost.allowed.is_empty() {
                return Err(SettingError::Value {
                    key,
                    reason: "would be read as something else".to_string(),
                });
            }
            let word = below.last().copied().unwrap_or_default();
            let nearest = nearest(word, lost.allowed.iter().map(String::as_str)).map(str::to_string);
            Err(SettingError::Unknown { key, nearest, allowed: lost.allowed })
        }
    }
}

/// What serde says of Rust's types, in the words of a file.
fn plain_words(reason: &str) -> String {
    reason
        .replace("internally tagged enum Optimizer", "a table with a `kind`")
        .replace("internally tagged enum NetworkConfig", "a table with a `kind`")
        .replace("struct AdversarialTraining", "a table, such as { epsilon = 0.1 }")
        .replace("struct variant Initializer::Normal", "a table, { standard_deviation = NUMBER }")
}

impl Configuration {
    /// Whether it has this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        lookup(&json::value(self), &key.split('.').collect::<Vec<_>>()).is_some()
    }

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
mod tests;
