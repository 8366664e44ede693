//! `key=value` of a command line or a search: a setting by its key.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::overlay::{lookup, nested, overlay_all};
use super::setting_error::SettingError;
use super::{Configuration, Defaults};
use crate::json;

/// `key=value` of a command line, such as `training.learning_rate=0.01`.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    keys: Vec<String>,
    value: Value,
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
                return Err(refuse(format!(
                    "{value:?} is not a single TOML value: {}",
                    error.message().trim()
                )));
            }
        };
        let value = json::from_toml(&value).map_err(|error| refuse(error.to_string()))?;
        Ok(Self { keys, value })
    }
}

/// Whether a string needs no quotes on a command line: `sgd`, `he-normal`.
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
    pub fn apply(
        &self,
        configuration: &Configuration,
        defaults: Defaults,
    ) -> Result<Configuration, SettingError> {
        Self::apply_all(std::slice::from_ref(self), configuration, defaults)
    }

    /// `configuration` with all of these settings changed at once: in any order, and each key by one of them.
    ///
    /// # Errors
    /// If a key is unknown or set twice, or a value does not fit.
    pub fn apply_all(
        settings: &[Self],
        configuration: &Configuration,
        defaults: Defaults,
    ) -> Result<Configuration, SettingError> {
        let first =
            Self::apply_each(settings, configuration, defaults).map_err(|mut errors| errors.swap_remove(0));
        first.map_err(|error| match error {
            SettingError::Unknown { key, nearest, allowed, .. } => {
                let kind = defaults.kind_with(&key).filter(|kind| !kind.starts_with("model."));
                // In full, as it is typed.
                let typed = settings.iter().map(|setting| setting.keys.join("."));
                let typed =
                    typed.into_iter().find(|typed| typed.starts_with(&key)).unwrap_or_else(|| key.clone());
                let nearest = defaults.nearest_key(&typed, configuration.model.kind()).or(nearest);
                SettingError::Unknown { key, nearest, allowed, kind }
            }
            error => error,
        })
    }

    /// As [`apply_all`](Self::apply_all), with every error; there is at least one.
    pub(crate) fn apply_each(
        settings: &[Self],
        configuration: &Configuration,
        defaults: Defaults,
    ) -> Result<Configuration, Vec<SettingError>> {
        let mut errors = Vec::new();
        let mut tree = Value::Object(Map::new());
        for setting in settings {
            let keys: Vec<&str> = setting.keys.iter().map(String::as_str).collect();
            if insert(&mut tree, &keys, &setting.value).is_err() {
                errors.push(SettingError::Value { key: keys.join("."), reason: "is set twice".to_string() });
            }
        }
        let configuration = overlay_all(configuration, &[], &tree, defaults, &mut errors);
        if errors.is_empty() { Ok(configuration) } else { Err(errors) }
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
    entries.insert(key.to_string(), nested(below, value));
    Ok(())
}

#[cfg(test)]
mod tests;
