//! What is wrong with a setting, in the words of a file.

use std::fmt;

use serde_json::Value;
use tinderbox_training::{KindError, KindProblem};

use super::reading::in_a_file;
use crate::json;
use crate::nearest::nearest;

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

/// A key, with those above it, that is not among `allowed`.
pub(super) fn unknown(keys: &[&str], allowed: Vec<String>) -> SettingError {
    let word = keys.last().copied().unwrap_or_default();
    let nearest = nearest(word, allowed.iter().map(String::as_str)).map(str::to_string);
    SettingError::Unknown { key: keys.join("."), nearest, allowed, kind: None }
}

/// A setting of the training that is wrong, at its key.
pub(super) fn wrong_kind(KindError { keys, problem }: KindError) -> SettingError {
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
pub(super) fn plain_words(reason: &str, usual: &Value) -> String {
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
