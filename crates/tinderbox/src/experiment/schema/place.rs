//! A place in a file, and what the reader says of a value there.

use serde::de::DeserializeOwned;
use toml::de::DeTable;

use crate::experiment::reading::{self, Fault};

/// A word that is nothing anywhere.
pub(super) const NOTHING: &str = "\u{1}";
/// It in a TOML text.
pub(super) const ESCAPED: &str = "\\u0001";

/// A step on the way to a place.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A key of a table.
    Key(String),
    /// An item of a list.
    Item,
    /// A key of a table of a kind.
    Tagged { tag: String, kind: String, key: String },
}

/// What the reader says of a value in a place.
pub(super) enum Answer {
    /// Nothing: it may stand there.
    Taken,
    /// What is expected.
    Expected(String),
    /// A key is unknown, of these.
    Keys(Vec<String>),
    /// A word is unknown, of these.
    Words(Vec<String>),
    /// A key is missing.
    Missing(String),
}

impl Step {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Key(key) | Self::Tagged { key, .. } => key,
            Self::Item => "0",
        }
    }

    fn around(&self, value: &str) -> String {
        match self {
            Self::Key(key) => format!("{{ \"{key}\" = {value} }}"),
            Self::Item => format!("[{value}]"),
            Self::Tagged { tag, kind, key } => format!("{{ {tag} = \"{kind}\", \"{key}\" = {value} }}"),
        }
    }
}

/// A file with nothing in it but `value` in a place.
fn file(place: &[Step], value: &str) -> String {
    let table = place.iter().rev().fold(value.to_string(), |value, step| step.around(&value));
    // The outermost table has no braces.
    table.trim_start_matches("{ ").strip_suffix(" }").unwrap_or_default().to_string()
}

/// Asks the reader of `T` what is wrong with `value` in a place.
pub(super) fn ask<T: DeserializeOwned>(place: &[Step], value: &str) -> Answer {
    let text = if place.is_empty() { inner(value) } else { file(place, value) };
    let Ok(table) = DeTable::parse(&text) else { return Answer::Taken };
    let Some((keys, fault)) = reading::first::<T>(table.get_ref()) else { return Answer::Taken };
    match fault {
        // Above the place much is missing.
        Fault::Missing(key) if keys.len() > place.len() => Answer::Missing(key),
        Fault::Known | Fault::Missing(_) => Answer::Taken,
        Fault::Key { allowed, .. } => Answer::Keys(allowed),
        Fault::Word { allowed, .. } => Answer::Words(allowed),
        Fault::Value { reason, .. } => {
            let expected = reason.rsplit_once("expected ").map_or(reason.as_str(), |(_, what)| what);
            Answer::Expected(expected.to_string())
        }
    }
}

/// The keys without which the table in a place is incomplete.
pub(super) fn required<T: DeserializeOwned>(place: &[Step]) -> Vec<String> {
    let text = if place.is_empty() { String::new() } else { file(place, "{}") };
    let Ok(table) = DeTable::parse(&text) else { return Vec::new() };
    let names: Vec<&str> = place.iter().map(Step::name).collect();
    let problems = reading::read::<T>(table.get_ref(), Vec::new()).problems;
    let missing = problems.into_iter().filter(|problem| problem.message.ends_with(" is missing"));
    let here = missing.filter(|problem| {
        let above = problem.keys.split_last().map(|(_, above)| above);
        above.is_some_and(|above| above.iter().map(String::as_str).eq(names.iter().copied()))
    });
    here.filter_map(|problem| problem.keys.last().cloned()).collect()
}

fn inner(table: &str) -> String {
    table.trim_start_matches("{ ").trim_end_matches(" }").to_string()
}
