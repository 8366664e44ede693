//! Plain data of this program as JSON: no maps with odd keys and nothing that refuses, so it cannot fail.
//!
//! JSON has no NaN and no infinity, and `serde_json` writes null for them. What comes from outside is therefore read
//! without them ([`from_toml`]), and what is stored for others to read is compared with what they will read
//! ([`stored`]).

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::hidden::is_hidden;

const PLAIN: &str = "plain data";

/// A number that JSON cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("is {0}, expected a finite number")]
pub struct NotFinite(pub f64);

/// In one line.
///
/// # Panics
/// If `data` is not plain: a map with keys that are no texts, say.
pub fn text(data: &impl Serialize) -> String {
    serde_json::to_string(data).expect(PLAIN)
}

/// In many lines, for people.
///
/// # Panics
/// As [`text`].
pub fn pretty(data: &impl Serialize) -> String {
    serde_json::to_string_pretty(data).expect(PLAIN)
}

/// A value as a reader writes it: texts without quotes.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A number, with a word for what JSON has none for.
pub fn number(number: f64) -> Value {
    if number.is_finite() { number.into() } else { number.to_string().into() }
}

/// As a tree.
///
/// # Panics
/// As [`text`].
pub fn value(data: &impl Serialize) -> Value {
    serde_json::to_value(data).expect(PLAIN)
}

/// `data` as it is stored.
///
/// # Errors
/// In words, if it would be read back as something else, as an infinity would.
pub fn stored<T: Serialize + DeserializeOwned + PartialEq>(data: &T) -> Result<Value, String> {
    let stored = value(data);
    let read: Result<T, _> = serde_json::from_value(stored.clone());
    match read {
        Ok(read) if read == *data => Ok(stored),
        Ok(_) => Err("its value changes when it is read back; is a number not finite?".to_string()),
        Err(error) => Err(format!("it could not be read back: {error}")),
    }
}

/// What a file or a command line says, as JSON.
///
/// # Errors
/// If a number in it is not finite.
pub fn from_toml(value: &toml::Value) -> Result<Value, NotFinite> {
    Ok(match value {
        toml::Value::Float(number) if !number.is_finite() => return Err(NotFinite(*number)),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::String(text) => text.clone().into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => Value::Array(items.iter().map(from_toml).collect::<Result<_, _>>()?),
        toml::Value::Table(table) => {
            let entries = table.iter().map(|(key, value)| Ok((key.clone(), from_toml(value)?)));
            Value::Object(entries.collect::<Result<Map<_, _>, NotFinite>>()?)
        }
    })
}

/// Where `kept`, which was read from `given` and written again, lacks a key of it or has another value there.
pub(crate) fn lost(given: &Value, kept: &Value) -> Option<Lost> {
    let below = |key: String, lost: Lost| Lost { keys: [vec![key], lost.keys].concat(), ..lost };
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            given.iter().find_map(|(key, value)| match kept.get(key) {
                Some(kept) => lost(value, kept).map(|lost| below(key.clone(), lost)),
                None => Some(Lost { keys: vec![key.clone()], allowed: kept.keys().cloned().collect() }),
            })
        }
        (Value::Array(given), Value::Array(kept)) if given.len() == kept.len() => given
            .iter()
            .zip(kept)
            .enumerate()
            .find_map(|(place, (given, kept))| Some(below(place.to_string(), lost(given, kept)?))),
        _ if is_same(given, kept) => None,
        _ => Some(Lost { keys: Vec::new(), allowed: Vec::new() }),
    }
}

/// A key that was given and is not there any more, or not with its value.
#[derive(Debug, PartialEq)]
pub(crate) struct Lost {
    /// The key and those above it.
    pub(crate) keys: Vec<String>,
    /// The keys that are there in its place; none if it is the value that is lost.
    pub(crate) allowed: Vec<String>,
}

/// Whether a value came through: 1 may come back as 1.0, and any number in the precision of its field.
fn is_same(given: &Value, kept: &Value) -> bool {
    #[expect(clippy::float_cmp, reason = "the same number, in one precision or the other")]
    let close = |a: f64, b: f64| a == b || a as f32 == b as f32;
    given == kept || given.as_f64().zip(kept.as_f64()).is_some_and(|(given, kept)| close(given, kept))
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.keys.join("."))
    }
}

/// As [`text`], with what a terminal obeys, or would hide, behind JSON's escapes: the same data, harmless wherever it
/// is shown.
pub fn line(data: &impl Serialize) -> String {
    use std::fmt::Write;

    let mut line = String::new();
    for character in text(data).chars() {
        if is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` does not fail.
                _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_are_not_finite_neither_come_in_nor_go_out() {
        for text in ["x = nan", "x = [1, inf]", "x = { a = [{ b = -inf }] }"] {
            let table: toml::Table = toml::from_str(text).unwrap();
            assert!(from_toml(&table["x"]).is_err(), "{text}");
        }
        assert_eq!(stored(&vec![0.5, -0.0]), Ok(json!([0.5, -0.0])));
        assert!(stored(&vec![0.5, f64::INFINITY]).unwrap_err().starts_with("it could not be read back"));
        assert!(
            stored(&Some(f64::NAN)).unwrap_err().contains("changes when it is read back"),
            "null is read as none"
        );
    }

    #[test]
    fn what_nobody_reads_is_found() {
        let kept = json!({"a": {"b": [1.0, {"c": "x"}]}, "d": 0.1_f32});
        let path = |given| lost(&given, &kept).map(|lost| lost.to_string());
        assert_eq!(path(json!({"a": {"b": [1, {"c": "x"}]}, "d": 0.1})), None);
        assert_eq!(path(json!({"a": {"b": [1, {"c": "x", "e": 1}]}})).unwrap(), "a.b.1.e");
        assert_eq!(path(json!({"a": {"b": [1]}})).unwrap(), "a.b");
        assert_eq!(path(json!({"d": 0.2})).unwrap(), "d");
    }

    #[test]
    fn a_line_is_the_same_data_without_what_a_terminal_obeys() {
        let odd = "a\u{1b}[31m\u{9b}b\u{202e}c\u{e0001}\n";
        let line = line(&odd);
        assert_eq!(line, r#""a\u001b[31m\u009bb\u202ec\udb40\udc01\n""#);
        assert_eq!(serde_json::from_str::<String>(&line).expect("JSON"), odd);
    }
}
