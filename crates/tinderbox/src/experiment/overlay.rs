//! An overlay: settings of a file or a command line that replace the defaults of a configuration.
//!
//! Burn's `#[derive(Config)]` ignores keys that it does not know. Here the default is written out as a tree first, so
//! a key that is not in the tree is a mistake, and each key is tried on its own, so a wrong value is blamed on its key.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};
use tinderbox_training::{KindError, KindProblem};

use super::reading::in_a_file;
use super::{Configuration, ConfigurationError, Defaults};
use crate::json;
use crate::nearest::nearest;

/// `key=value` of a command line, such as `training.learning_rate=0.01`.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    keys: Vec<String>,
    value: Value,
}

/// Error of a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// Not of the form `key=value`.
    #[error("`{0}`, expected key=value, such as training.learning_rate=0.01")]
    Form(String),
    /// There is no such key.
    #[error("unknown key `{key}`{}", Hint(.nearest.as_deref(), .kind.as_deref(), .allowed))]
    Unknown {
        /// The key, with the keys above it.
        key: String,
        /// The key that was probably meant.
        nearest: Option<String>,
        /// The keys that are allowed there.
        allowed: Vec<String>,
        /// The setting that chooses a kind with this key, such as `training.optimizer.kind=sgd`.
        kind: Option<String>,
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
    /// The key of the error, the reason, and a suggestion.
    pub(crate) fn words(&self) -> (&str, String, Option<String>) {
        match self {
            Self::Unknown { key, nearest, allowed, .. } => (
                key,
                unknown_key(key.rsplit('.').next().unwrap_or(key), allowed),
                nearest.as_ref().map(|word| format!("did you mean `{word}`?")),
            ),
            Self::Value { key, reason } => match reason.split_once("; did you mean") {
                Some((reason, nearest)) => (key, reason.to_string(), Some(format!("did you mean{nearest}"))),
                None => (key, reason.clone(), None),
            },
            Self::Form(key) => (key, self.to_string(), None),
        }
    }
}

/// A key that is not among those that are allowed.
pub(super) fn unknown_key(key: &str, allowed: &[String]) -> String {
    match allowed {
        [] => format!("unknown key `{key}`; there are no settings here"),
        [one] => format!("unknown key `{key}`; expected {one}"),
        several => format!("unknown key `{key}`; expected one of {}", several.join(", ")),
    }
}

/// What to write in place of an unknown key: the nearest one, the setting that chooses a kind with it, the keys that are
/// allowed.
struct Hint<'a>(Option<&'a str>, Option<&'a str>, &'a [String]);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match (self.1, self.0, self.2) {
            (Some(kind), ..) => write!(f, "; it belongs to `{kind}`: set that too"),
            (None, Some(word), _) => write!(f, "; did you mean `{word}`?"),
            (None, None, []) => Ok(()),
            (None, None, allowed) => write!(f, "; expected one of {}", allowed.join(", ")),
        }
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

fn nested(keys: &[&str], value: &Value) -> Value {
    keys.iter().rev().fold(value.clone(), |value, key| serde_json::json!({ *key: value }))
}

fn lookup<'a>(tree: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().try_fold(tree, |place, key| place.get(*key))
}

fn unknown(keys: &[&str], allowed: Vec<String>) -> SettingError {
    let word = keys.last().copied().unwrap_or_default();
    let nearest = nearest(word, allowed.iter().map(String::as_str)).map(str::to_string);
    SettingError::Unknown { key: keys.join("."), nearest, allowed, kind: None }
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

/// A setting of the training that is wrong, at its key.
fn wrong_kind(KindError { keys, problem }: KindError) -> SettingError {
    let key: Vec<&str> = keys.iter().map(String::as_str).collect();
    match problem {
        KindProblem::UnknownKey { allowed } => unknown(&key, allowed),
        KindProblem::UnknownKind { ref name, ref known, .. } => {
            let near = nearest(name, known.iter().map(String::as_str));
            let near = near.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
            SettingError::Value { key: key.join("."), reason: format!("{problem}{near}") }
        }
        problem @ KindProblem::Value(_) => {
            SettingError::Value { key: key.join("."), reason: problem.to_string() }
        }
    }
}

/// What serde says of Rust's types, in the words of a file, and what such a value looks like.
fn plain_words(reason: &str, usual: &Value) -> String {
    let such_as = match usual {
        Value::Null => String::new(),
        Value::Object(_) | Value::Array(_) => {
            toml::Value::try_from(usual).map_or_else(|_| String::new(), |value| format!(", such as {value}"))
        }
        value => format!(", such as {}", json::plain(value)),
    };
    if let Some((found, expected)) = reason
        .strip_prefix("invalid type: ")
        .or(reason.strip_prefix("invalid value: "))
        .and_then(|it| it.split_once(", expected "))
    {
        let expected = in_a_file(expected);
        // The value of an item of a list is not like the whole list.
        let such_as = if usual.is_array() && !expected.starts_with("a list") { "" } else { &such_as };
        return format!("is {}, expected {expected}{such_as}", found_in_a_file(found));
    }
    if let Some((word, allowed)) =
        reason.strip_prefix("unknown variant ").and_then(|it| it.split_once(", expected "))
    {
        let word = word.trim_matches('`');
        let allowed: Vec<&str> = allowed.split('`').skip(1).step_by(2).collect();
        let near = nearest(word, allowed.iter().copied());
        let near = near.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
        return format!("is {word:?}, expected one of {}{near}", allowed.join(", "));
    }
    // Its shape, where serde names the type.
    let reason =
        reason.replace("struct variant Initializer::Normal", "a table, { standard_deviation = NUMBER }");
    tinderbox_training::family::plain_words(&reason)
}

/// What serde says it found: string "many", integer `-4` or floating point `2.5`.
fn found_in_a_file(found: &str) -> &str {
    match found {
        "sequence" => "a list",
        "map" => "a table",
        _ => match found.strip_prefix("string ") {
            Some(text) => text,
            None => found.split('`').nth(1).unwrap_or(found),
        },
    }
}

#[cfg(test)]
mod tests;
