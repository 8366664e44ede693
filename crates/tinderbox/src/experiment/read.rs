//! From text to an [`Experiment`]: the frame by serde, the settings of each arm by overlay on the defaults.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use tinderbox_data::Protocol;
use tinderbox_models::Kind;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{ExperimentError, nearest};
use super::overlay::{SettingError, overlay};
use super::{Arm, Configuration, Experiment, Profiles, Reported};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    part: String,
    title: String,
    statement: String,
    protocol: Protocol,
    profiles: Profiles,
    #[serde(default)]
    training: toml::Table,
    arms: Vec<ArmFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArmFile {
    name: String,
    description: String,
    model: toml::Table,
    #[serde(default)]
    training: toml::Table,
    reported: Option<Reported>,
}

/// Keys of the arm's file on the way to a place, for the caret.
type Path<'a> = [&'a str];

pub(super) fn parse(path: &str, text: &str) -> Result<Experiment, ExperimentError> {
    let file: File = toml::from_str(text).map_err(|error| frame_error(path, text, &error))?;
    let places = DeTable::parse(text).map_err(|error| frame_error(path, text, &error))?;
    let at = |keys: &Path, message: &str, help: Option<&str>| {
        let span = span(places.get_ref(), keys).unwrap_or(0..text.len().min(1));
        ExperimentError::at(path, text, span, message, help)
    };
    // It names checkpoints and studies.
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if file.name.is_empty() || !file.name.chars().all(plain) {
        return Err(at(&["name"], "expected lower-case letters, digits and -", None));
    }
    if let Some(index) = file.arms.iter().position(|arm| arm.name.trim().is_empty()) {
        return Err(at(&["arms", &index.to_string(), "name"], "is empty", None));
    }
    if file.arms.is_empty() {
        return Err(at(&["arms"], "no arms, expected at least one", None));
    }
    for (name, profile) in [("quick", file.profiles.quick), ("full", file.profiles.full)] {
        for (key, value) in [("seeds", profile.seeds), ("epochs", profile.epochs)] {
            if value == 0 {
                return Err(at(&["profiles", name, key], "is 0, expected at least 1", None));
            }
        }
    }
    let mut arms: Vec<Arm> = Vec::new();
    for (index, arm) in file.arms.iter().enumerate() {
        let index = index.to_string();
        if arms.iter().any(|other| other.name == arm.name) {
            return Err(at(&["arms", &index, "name"], "two arms have this name", None));
        }
        let word = arm.model.get("kind").and_then(toml::Value::as_str).unwrap_or_default();
        let default = kind(word)
            .map(Configuration::paper)
            .map_err(|(message, help)| at(&["arms", &index, "model", "kind"], &message, help.as_deref()))?;
        for (table, place) in
            [(&file.training, vec!["training"]), (&arm.training, vec!["arms", &index, "training"])]
        {
            if table.contains_key("epochs") {
                return Err(at(&[&place[..], &["epochs"]].concat(), "epochs are set by the profiles", None));
            }
        }
        let layers: [(&str, &toml::Table, &Path); 3] = [
            ("training", &file.training, &["training"]),
            ("model", &arm.model, &["arms", &index, "model"]),
            ("training", &arm.training, &["arms", &index, "training"]),
        ];
        let configuration =
            layers.into_iter().try_fold(default, |configuration, (section, table, place)| {
                let value = serde_json::to_value(table).unwrap_or(Value::Null);
                overlay(&configuration, &[section], &value).map_err(|error| {
                    let (key, message, help) = match &error {
                        SettingError::Unknown { key, nearest, allowed } => (
                            key,
                            format!("unknown key; expected one of {}", allowed.join(", ")),
                            nearest.as_ref().map(|word| format!("did you mean `{word}`?")),
                        ),
                        SettingError::Value { key, reason } => (key, reason.clone(), None),
                        SettingError::Form(key) => (key, error.to_string(), None),
                    };
                    let below: Vec<&str> = key.split('.').skip(1).collect();
                    at(&[place, &below].concat(), &message, help.as_deref())
                })
            })?;
        arms.push(Arm {
            name: arm.name.clone(),
            description: arm.description.clone(),
            configuration,
            reported: arm.reported.clone(),
        });
    }
    Ok(Experiment {
        name: file.name,
        part: file.part,
        title: file.title,
        statement: file.statement,
        protocol: file.protocol,
        profiles: file.profiles,
        arms,
    })
}

/// The kind of network that `word` names, or what is wrong with it and what was probably meant.
fn kind(word: &str) -> Result<Kind, (String, Option<String>)> {
    const KINDS: [Kind; 3] = [Kind::Fcn, Kind::Cnn, Kind::LocalNet];
    let names = KINDS.map(|kind| kind.to_string());
    match names.iter().position(|name| name == word) {
        Some(position) => Ok(KINDS[position]),
        None => Err((
            format!("no kind of model; expected one of {}", names.join(", ")),
            nearest(word, names.iter().map(String::as_str)).map(|word| format!("did you mean `{word}`?")),
        )),
    }
}

/// Where the value at `keys` stands, or the last place on the way that exists.
fn span(table: &DeTable, keys: &Path) -> Option<Range<usize>> {
    let (first, rest) = keys.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == first)?;
    if rest.is_empty() {
        return Some(key.span());
    }
    let mut value = value;
    let mut rest = rest;
    if let DeValue::Array(items) = value.get_ref() {
        value = items.get(rest[0].parse::<usize>().ok()?)?;
        rest = &rest[1..];
    }
    match value.get_ref() {
        DeValue::Table(inner) => span(inner, rest).or_else(|| Some(value.span())),
        _ => Some(value.span()),
    }
}

/// serde's message, which lists the allowed words between back-ticks after the one it found.
fn frame_error(path: &str, text: &str, error: &toml::de::Error) -> ExperimentError {
    let message = error.message().trim().replace('\n', "; ");
    let mut words = message.split('`').skip(1).step_by(2);
    let help = words
        .next()
        .filter(|_| message.starts_with("unknown"))
        .and_then(|word| nearest(word, words))
        .map(|word| format!("did you mean `{word}`?"));
    let span = error.span().unwrap_or(0..text.len().min(1));
    ExperimentError::at(path, text, span, &message, help.as_deref())
}
