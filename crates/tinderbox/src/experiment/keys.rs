//! The settings that a command line and a file can change: their keys, what they are by default, and what they may be.
//!
//! All of it is asked of the reader itself: the defaults are written out, and what a setting may be is what the reader says
//! it expected when it is given a value that no setting can have. So the list has the kinds that a program adds, and cannot
//! disagree with the reader.

use serde_json::{Map, Value, json};

use super::overlay::overlay;
use super::setting_error::SettingError;
use super::{Configuration, Defaults};
use crate::json::{self, plain};
use crate::nearest::nearest_key;

/// A setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its name, with the keys above it.
    pub name: String,
    /// What it is if nothing is said; none if it has to be given, or is off.
    pub default: Option<Value>,
    /// What it may be, in words: type and range.
    pub expected: String,
    /// The kind that it belongs to, as it is set: `training.optimizer.kind=sgd`. None: it is always there.
    pub of: Option<String>,
}

impl Defaults<'_> {
    /// Every setting: those of each kind of network, or of `model` alone, and those of the training.
    pub fn keys(&self, model: Option<&str>) -> Vec<Key> {
        let networks: Vec<&str> =
            self.catalog.networks.kinds().filter(|kind| model.is_none_or(|model| model == *kind)).collect();
        let base = networks.iter().find_map(|kind| self.configuration(kind).ok());
        let Some(base) = base else { return Vec::new() };
        let mut keys = Vec::new();
        let tree = json::value(&base);
        for (name, value) in tree.as_object().into_iter().flatten().filter(|(name, _)| *name != "model") {
            self.add(&base, name, value, &mut keys);
        }
        if model.is_none() {
            let default = Some(base.model.kind().into());
            keys.push(Key { default, expected: one_of(&networks), ..Key::named("model.kind") });
        }
        for kind in networks {
            let Ok(configuration) = self.configuration(kind) else { continue };
            let of = model.is_none().then(|| format!("model.kind={kind}"));
            self.add_settings(&configuration, "model", of.as_deref(), &mut keys);
        }
        // What is always there comes first.
        keys.sort_by_key(|key| key.of.is_some());
        keys
    }

    /// The key that `word` was probably meant to be.
    pub(super) fn nearest_key(&self, word: &str, model: &str) -> Option<String> {
        let keys = self.keys(Some(model));
        nearest_key(word, keys.iter().map(|key| key.name.as_str())).map(str::to_string)
    }

    /// How to choose a kind that has the setting `name`, if one has it.
    pub(super) fn kind_with(&self, name: &str) -> Option<String> {
        self.keys(None).into_iter().find(|key| key.name == name)?.of
    }

    fn add(&self, base: &Configuration, name: &str, value: &Value, keys: &mut Vec<Key>) {
        let kinds = &self.catalog.kinds;
        let family: Vec<&str> = match name {
            "training.optimizer" => kinds.optimizers.names().collect(),
            "training.adversarial" => kinds.defences.names().collect(),
            "training.schedule" => kinds.schedules.names().collect(),
            _ => Vec::new(),
        };
        match value {
            _ if !family.is_empty() => {
                let kind = format!("{name}.kind");
                keys.push(Key {
                    default: value.get("kind").cloned(),
                    expected: one_of(&family),
                    ..Key::named(&kind)
                });
                for word in family {
                    let (configuration, required) = self.of_kind(base, name, word);
                    let start = keys.len();
                    let of = format!("{kind}={word}");
                    self.add_settings(&configuration, name, Some(&of), keys);
                    self.add_others(base, name, word, &of, keys);
                    let is_required = |key: &&mut Key| {
                        required.iter().any(|required| key.name.rsplit('.').next() == Some(required))
                    };
                    keys[start..].iter_mut().filter(is_required).for_each(|key| key.default = None);
                }
            }
            Value::Object(entries) if entries.contains_key("kind") => {}
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.add(base, &format!("{name}.{key}"), value, keys);
                }
            }
            value => {
                let default = Some(value).filter(|value| !value.is_null()).cloned();
                keys.push(Key { default, expected: self.expected(base, name), ..Key::named(name) });
            }
        }
    }

    /// The settings beside `kind` in the table `name`.
    fn add_settings(&self, base: &Configuration, name: &str, of: Option<&str>, keys: &mut Vec<Key>) {
        let tree = json::value(base);
        let table = name.split('.').try_fold(&tree, |place, key| place.get(key));
        for (key, value) in table.and_then(Value::as_object).into_iter().flatten() {
            if key == "kind" {
                continue;
            }
            let name = format!("{name}.{key}");
            let default = Some(value).filter(|value| !value.is_null()).cloned();
            let expected = self.expected(base, &name);
            keys.push(Key { name, default, expected, of: of.map(str::to_string) });
        }
    }

    /// Settings of a kind that stand in place of another one, and so are not written out with it.
    fn add_others(&self, base: &Configuration, name: &str, kind: &str, of: &str, keys: &mut Vec<Key>) {
        let table: Vec<&str> = name.split('.').collect();
        let lay =
            |key: &str, value: Value| overlay(base, &table, &json!({ "kind": kind, key: value }), *self);
        let Err(SettingError::Unknown { allowed, .. }) = lay("\u{1}", json!(0)) else { return };
        for key in allowed.into_iter().filter(|key| key != "kind") {
            let name = format!("{name}.{key}");
            if !keys.iter().any(|known| known.name == name && known.of.as_deref() == Some(of)) {
                let refused = lay(&key, json!("?")).err().map(|error| error.to_string()).unwrap_or_default();
                let expected = refused.rsplit_once("expected ").map_or("a value", |(_, what)| what);
                keys.push(Key {
                    expected: expected.to_string(),
                    of: Some(of.to_string()),
                    ..Key::named(&name)
                });
            }
        }
    }

    /// A training with this kind in the table `name`, and the settings that it needs for that.
    fn of_kind(&self, base: &Configuration, name: &str, kind: &str) -> (Configuration, Vec<String>) {
        let keys: Vec<&str> = name.split('.').collect();
        let lay = |settings: &Map<String, Value>| {
            let mut table = settings.clone();
            table.insert("kind".to_string(), json!(kind));
            overlay(base, &keys, &table.into(), *self)
        };
        completed(lay).unwrap_or_else(|| (base.clone(), Vec::new()))
    }

    /// The settings of `word` as a value of `key`, such as `normal` of `model.initializer`; none if it stands alone.
    pub(super) fn settings_of(&self, key: &Key, word: &str) -> Option<Vec<String>> {
        let of = key.of.as_deref().and_then(|of| of.split_once(".kind="));
        let first = self.catalog.networks.kinds().next()?;
        let base = match of {
            Some(("model", kind)) => self.configuration(kind).ok()?,
            Some((table, kind)) => self.of_kind(&self.configuration(first).ok()?, table, kind).0,
            None => self.configuration(first).ok()?,
        };
        let keys: Vec<&str> = key.name.split('.').collect();
        if overlay(&base, &keys, &json!(word), *self).is_ok() {
            return None;
        }
        completed(|settings| overlay(&base, &keys, &json!({ word: settings }), *self)).map(|(_, names)| names)
    }

    /// What the setting `name` may be: the words with which the reader refuses what it cannot be.
    fn expected(&self, base: &Configuration, name: &str) -> String {
        let keys: Vec<&str> = name.split('.').collect();
        let refusal = |value: Value| match overlay(base, &keys, &value, *self) {
            Err(SettingError::Value { reason, .. }) => {
                let (_, expected) = reason.rsplit_once("expected ")?;
                let expected = expected.split(", such as").next().unwrap_or(expected);
                Some(expected.split("; did you mean").next().unwrap_or(expected).to_string())
            }
            _ => None,
        };
        let Some(kind) = refusal(json!("?")).or_else(|| refusal(json!([["?"]]))) else {
            return "a text".to_string();
        };
        if !kind.contains("number") {
            return kind;
        }
        let whole = kind.contains("whole");
        let probes = if whole { vec![json!(0)] } else { vec![json!(-1.0), json!(0.0), json!(1e300)] };
        match probes.into_iter().find_map(refusal) {
            None => kind,
            Some(range) if range.starts_with("a ") => range,
            Some(range) if whole => format!("a whole number, {range}"),
            Some(range) if range.starts_with("in ") => format!("a number {range}"),
            Some(range) => format!("a number, {range}"),
        }
    }
}

impl Key {
    fn named(name: &str) -> Self {
        Self { name: name.to_string(), default: None, expected: String::new(), of: None }
    }

    /// The default, as it is written; a dash without one.
    pub fn default_text(&self) -> String {
        match &self.default {
            Some(Value::String(text)) => text.clone(),
            Some(value @ (Value::Array(_) | Value::Object(_))) => {
                toml::Value::try_from(value).map_or_else(|_| plain(value), |value| value.to_string())
            }
            // As it was written: some settings are kept in single precision.
            Some(Value::Number(number)) if number.is_f64() => {
                let number = number.as_f64().unwrap_or_default();
                let single = number as f32;
                if f64::from(single).total_cmp(&number).is_eq() {
                    json!(single.to_string().parse::<f64>().unwrap_or(number)).to_string()
                } else {
                    plain(&json!(number))
                }
            }
            Some(value) => plain(value),
            None => "-".to_string(),
        }
    }
}

/// What `lay` makes of the settings without which it refuses a table, and their names.
fn completed(
    lay: impl Fn(&Map<String, Value>) -> Result<Configuration, SettingError>,
) -> Option<(Configuration, Vec<String>)> {
    let mut settings = Map::new();
    loop {
        let error = match lay(&settings) {
            Ok(configuration) => {
                return Some((configuration, settings.into_iter().map(|(key, _)| key).collect()));
            }
            Err(error) => error.to_string(),
        };
        // The first word in backticks after "missing".
        let missing = error.split_once("missing").and_then(|(_, rest)| rest.split('`').nth(1));
        let missing = missing.filter(|key| !settings.contains_key(*key))?;
        settings.insert(missing.to_string(), json!(0.1));
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [one] => one.to_string(),
        several => format!("one of {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::defaults;

    fn key(name: &str, of: Option<&str>) -> Key {
        let found = defaults().keys(None).into_iter().find(|key| key.name == name && key.of.as_deref() == of);
        found.unwrap_or_else(|| panic!("{name}"))
    }

    /// The names of all optimisers, as a message lists them.
    fn optimizers() -> String {
        defaults().catalog.kinds.optimizers.names().collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_setting_has_its_type_its_range_and_its_default() {
        for (name, of, default, expected) in [
            ("training.batch_size", None, "64", "a whole number, at least 1"),
            ("training.learning_rate", None, "0.001", "a finite number above 0"),
            ("training.patience", None, "-", "a whole number, at least 1"),
            ("validation_fraction", None, "0.1", "a number in (0, 1)"),
            ("training.optimizer.kind", None, "adam", &format!("one of {}", optimizers())),
            ("training.optimizer.momentum", Some("training.optimizer.kind=sgd"), "0.0", "a number in [0, 1)"),
            (
                "training.adversarial.epsilon",
                Some("training.adversarial.kind=adversarial"),
                "-",
                "a number in [0, 1]",
            ),
            ("model.dropout", Some("model.kind=fcn"), "0.0", "a number, at least 0 and below 1"),
            ("model.activation", Some("model.kind=cnn"), "relu", "one of relu, sigmoid"),
            ("model.filters", Some("model.kind=cnn"), "[32, 64]", "a list of 2 values"),
            ("model.hidden", Some("model.kind=fcn"), "[512, 256, 128]", "a list"),
        ] {
            let key = key(name, of);
            assert_eq!((key.default_text().as_str(), key.expected.as_str()), (default, expected), "{name}");
        }
    }

    #[test]
    fn every_setting_of_every_default_is_listed_and_takes_its_default() {
        let keys = defaults().keys(None);
        for key in &keys {
            assert!(!key.expected.is_empty(), "{}", key.name);
            let Some(default) = &key.default else { continue };
            let kind = key.of.as_deref().and_then(|of| of.strip_prefix("model.kind=")).unwrap_or("fcn");
            let base = defaults().configuration(kind).expect("built in");
            let parts: Vec<&str> = key.name.split('.').collect();
            let base = match key.of.as_deref().filter(|of| of.starts_with("training.")) {
                Some(of) => {
                    let (table, word) = of.split_once(".kind=").expect("a kind");
                    defaults().of_kind(&base, table, word).0
                }
                None => base,
            };
            let laid = overlay(&base, &parts, default, defaults());
            assert!(laid.is_ok(), "{}: {}", key.name, laid.expect_err("refused"));
        }
        for kind in defaults().catalog.networks.kinds() {
            let settings = defaults().configuration(kind).expect("built in").model.settings();
            for setting in settings.as_object().expect("a table").keys().filter(|key| *key != "kind") {
                let name = format!("model.{setting}");
                let of = format!("model.kind={kind}");
                assert!(keys.iter().any(|key| key.name == name && key.of.as_deref() == Some(&of)), "{name}");
            }
        }
    }
}
