//! An overlay: settings of a file or a command line that replace the defaults of a configuration.
//!
//! Burn's `#[derive(Config)]` ignores keys that it does not know. Here the default is written out as a tree first, so
//! a key that is not in the tree is a mistake, and each key is tried on its own, so a wrong value is blamed on its key.

use serde_json::{Map, Value};

use super::setting_error::{SettingError, plain_words, unknown, wrong_kind};
use super::{Configuration, ConfigurationError, Defaults};
use crate::json;

/// `configuration` with `value` at `keys`; tables are laid over key by key.
pub(super) fn overlay(
    configuration: &Configuration,
    keys: &[&str],
    value: &Value,
    defaults: Defaults,
) -> Result<Configuration, SettingError> {
    let mut errors = Vec::new();
    let configuration = overlay_all(configuration, keys, value, defaults, &mut errors);
    errors.into_iter().next().map_or(Ok(configuration), Err)
}

/// As [`overlay`], with every error: a setting that is wrong stays as it was.
pub(super) fn overlay_all(
    configuration: &Configuration,
    keys: &[&str],
    value: &Value,
    defaults: Defaults,
    errors: &mut Vec<SettingError>,
) -> Configuration {
    // Another kind has other keys beside it: the whole table changes.
    if let [above @ .., "kind"] = keys
        && lookup(&json::value(configuration), above).is_some_and(|table| table.get("kind").is_some())
    {
        return overlay_all(configuration, above, &serde_json::json!({ "kind": value }), defaults, errors);
    }
    let mut tree = json::value(configuration);
    let place = match find(&mut tree, keys) {
        Ok(Place::There(place)) => place,
        Ok(Place::Begins(depth)) => {
            let (above, below) = keys.split_at(depth);
            return overlay_all(configuration, above, &nested(below, value), defaults, errors);
        }
        Err(error) => {
            let near = match &error {
                SettingError::Unknown { nearest: Some(near), key, .. } if *key == keys.join(".") => {
                    Some(near.clone())
                }
                _ => None,
            };
            errors.push(error);
            // What it was meant to be is tried, so that a wrong value is found too.
            if let (Some(near), Some((_, above))) = (near, keys.split_last()) {
                return overlay_all(
                    configuration,
                    &[above, &[near.as_str()]].concat(),
                    value,
                    defaults,
                    errors,
                );
            }
            return configuration.clone();
        }
    };
    let usual = place.clone();
    let mut try_read = |tree: &Value| match read(tree, keys, &usual, defaults) {
        Ok(configuration) => configuration,
        Err(error) => {
            errors.push(error);
            configuration.clone()
        }
    };
    match (place.as_object(), value.as_object()) {
        (Some(old), Some(entries)) => match other_kind(old, entries) {
            // Its defaults first, so that each other entry is a key of them or a mistake.
            Some(kind) if entries.len() > 1 => {
                let old = old.clone();
                let kind = serde_json::json!({ "kind": kind });
                let count = errors.len();
                let start = overlay_all(configuration, keys, &kind, defaults, errors);
                // Of a kind that is none, nothing is known.
                if errors.len() > count {
                    start
                } else {
                    lay_each(start, keys, entries, &old, defaults, errors)
                }
            }
            Some(_) => {
                *place = value.clone();
                try_read(&tree)
            }
            None => {
                let old = old.clone();
                lay_each(configuration.clone(), keys, entries, &old, defaults, errors)
            }
        },
        (Some(old), None) => {
            let key = keys.join(".");
            let reason = match value.as_str() {
                Some(word) if old.contains_key("kind") => {
                    format!("expected a table; write `{key}.kind={word}`")
                }
                _ => format!("is {value}, expected a table of settings"),
            };
            errors.push(SettingError::Value { key, reason });
            configuration.clone()
        }
        (None, _) => {
            *place = value.clone();
            try_read(&tree)
        }
    }
}

/// Where keys lead in a tree.
enum Place<'a> {
    /// To an entry.
    There(&'a mut Value),
    /// To nothing so far, such as adversarial training, or to a choice without keys of its own: the keys from this depth
    /// on begin another.
    Begins(usize),
}

fn find<'a>(tree: &'a mut Value, keys: &[&str]) -> Result<Place<'a>, SettingError> {
    let mut place = tree;
    for (depth, key) in keys.iter().enumerate() {
        if (place.is_null() || place.is_string()) && depth > 0 {
            return Ok(Place::Begins(depth));
        }
        let allowed: Vec<String> =
            place.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default();
        place = place.get_mut(*key).ok_or_else(|| unknown(&keys[..=depth], allowed))?;
    }
    Ok(Place::There(place))
}

/// The kind that `entries` ask for, if a table is of another. A table without kinds takes `kind` for a key like any
/// other: a mistake.
fn other_kind<'a>(old: &Map<String, Value>, entries: &'a Map<String, Value>) -> Option<&'a Value> {
    let old = old.get("kind")?;
    entries.get("kind").filter(|kind| *kind != old)
}

/// Lays `entries` over the table at `keys`, one after the other.
fn lay_each(
    start: Configuration,
    keys: &[&str],
    entries: &Map<String, Value>,
    old: &Map<String, Value>,
    defaults: Defaults,
    errors: &mut Vec<SettingError>,
) -> Configuration {
    let others = entries.iter().filter(|(key, _)| *key != "kind" || !old.contains_key("kind"));
    others.fold(start, |configuration, (key, value)| {
        overlay_all(&configuration, &[keys, &[key]].concat(), value, defaults, errors)
    })
}

pub(super) fn nested(keys: &[&str], value: &Value) -> Value {
    keys.iter().rev().fold(value.clone(), |value, key| serde_json::json!({ *key: value }))
}

pub(super) fn lookup<'a>(tree: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().try_fold(tree, |place, key| place.get(*key))
}

/// The configuration in a tree of which the entry at `keys` is new. All of that entry must be there again when the
/// configuration is written out: what is not there was read by nobody. The entry was `usual` before.
fn read(
    tree: &Value,
    keys: &[&str],
    usual: &Value,
    defaults: Defaults,
) -> Result<Configuration, SettingError> {
    let refuse = |reason: String| SettingError::Value { key: keys.join("."), reason };
    let given = lookup(tree, keys).cloned().unwrap_or_default();
    let configuration = defaults.read(tree).map_err(|error| match error {
        ConfigurationError::Training(error) => wrong_kind(error),
        ConfigurationError::Other(reason) => refuse(reason),
    });
    let configuration = configuration.map_err(|error| match error {
        SettingError::Value { key, reason } => {
            let reason = plain_words(&reason, usual);
            SettingError::Value { key, reason }
        }
        error => error,
    })?;
    let kept = json::value(&configuration);
    match json::lost(&given, lookup(&kept, keys).unwrap_or(&Value::Null)) {
        None => Ok(configuration),
        // A kind that is implied is read, and not written.
        Some(lost)
            if keys.first() == Some(&"training") && lost.keys.last().is_some_and(|key| key == "kind") =>
        {
            Ok(configuration)
        }
        Some(lost) => {
            let below: Vec<&str> = lost.keys.iter().map(String::as_str).collect();
            let keys = [keys, &below].concat();
            if lost.allowed.is_empty() {
                let reason = "does not keep this value when it is read; check its type".to_string();
                return Err(SettingError::Value { key: keys.join("."), reason });
            }
            if is_spelt_otherwise(tree, &keys, &configuration, defaults) {
                return Ok(configuration);
            }
            Err(unknown(&keys, lost.allowed))
        }
    }
}

/// Whether a key that is not written again was read all the same: without it the tree gives another configuration, or none.
/// `attack = { fgsm = 0.1 }` is written as `epsilon = 0.1`. A family reads `kind` also where it may be left out.
fn is_spelt_otherwise(
    tree: &Value,
    keys: &[&str],
    configuration: &Configuration,
    defaults: Defaults,
) -> bool {
    let Some((last, above)) = keys.split_last() else { return false };
    if *last == "kind" && above.first() == Some(&"training") {
        return true;
    }
    let mut without = tree.clone();
    let table = above.iter().try_fold(&mut without, |place, key| place.get_mut(*key));
    let removed = table.and_then(Value::as_object_mut).and_then(|table| table.remove(*last));
    removed.is_some() && defaults.read(&without).ok().as_ref() != Some(configuration)
}
