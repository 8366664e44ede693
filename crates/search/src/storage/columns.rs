//! How values are written in Optuna's columns, in every database.

use super::cell::Cell;
use super::{Direction, LeaseTerms};
use crate::parameter::Distribution;
use crate::trial::{AttemptOutcome, State};

/// The revision of Optuna's schema that is written and read.
pub(super) const REVISION: &str = "v3.2.0.a";
/// The version of Tinderbox's own tables.
pub(super) const VERSION: i64 = 1;

/// A lease as its columns hold it: microseconds, and attempts.
pub(super) fn terms(terms: LeaseTerms) -> (i64, i64) {
    let micros = i64::try_from(terms.length.as_micros()).unwrap_or(i64::MAX);
    (micros, i64::try_from(terms.attempts).unwrap_or(i64::MAX))
}

/// What is stored as one of a few words.
pub(super) trait Word: Copy + PartialEq + 'static {
    /// Each value with its word.
    const WORDS: &'static [(Self, &'static str)];

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| word)
    }

    /// # Errors
    /// In words, if there is no such word.
    fn from_word(text: &str) -> Result<Self, String> {
        let known = Self::WORDS.iter().find(|(_, word)| *word == text);
        known.map(|(value, _)| *value).ok_or_else(|| {
            let expected: Vec<_> = Self::WORDS.iter().map(|(_, word)| *word).collect();
            Cell::Text(text).instead_of(&format!("one of {}", expected.join(", ")))
        })
    }
}

impl Word for State {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Waiting, "WAITING"),
        (Self::Running, "RUNNING"),
        (Self::Complete, "COMPLETE"),
        (Self::Pruned, "PRUNED"),
        (Self::Fail, "FAIL"),
    ];
}

impl Word for AttemptOutcome {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Running, "RUNNING"),
        (Self::Complete, "COMPLETE"),
        (Self::Pruned, "PRUNED"),
        (Self::Fail, "FAIL"),
        (Self::Expired, "EXPIRED"),
        (Self::Released, "RELEASED"),
    ];
}

impl Word for Direction {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Minimize, "MINIMIZE"), (Self::Maximize, "MAXIMIZE")];
}

/// A distribution as JSON.
pub(super) fn distribution(distribution: &Distribution) -> String {
    // Not by way of `Value`, which costs as much again as all else that is stored with a parameter.
    serde_json::to_string(distribution).unwrap_or_default()
}

/// Constraints as JSON, with the words that Python has for infinities.
pub(super) fn constraints(constraints: &[f64]) -> String {
    let word = |constraint: &f64| match *constraint {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        finite => serde_json::json!(finite).to_string(),
    };
    format!("[{}]", constraints.iter().map(word).collect::<Vec<_>>().join(", "))
}

/// A double as Optuna's pair of columns: the number where it is finite, and what kind it is.
pub(super) fn split(value: f64) -> (Option<f64>, &'static str) {
    match value {
        _ if value.is_nan() => (None, "NAN"),
        f64::INFINITY => (None, "INF_POS"),
        f64::NEG_INFINITY => (None, "INF_NEG"),
        _ => (Some(value), "FINITE"),
    }
}

/// The inverse of [`split`].
///
/// # Errors
/// In words, if there is no such kind.
pub(super) fn join(value: Option<f64>, kind: &str) -> Result<f64, String> {
    match (value, kind) {
        (_, "NAN") => Ok(f64::NAN),
        (_, "INF_POS") => Ok(f64::INFINITY),
        (_, "INF_NEG") => Ok(f64::NEG_INFINITY),
        (Some(value), "FINITE") => Ok(value),
        (None, "FINITE") => Err("the value type `FINITE` without a value".to_owned()),
        (_, other) => Err(format!(
            "the value type `{}`, expected FINITE, NAN, INF_POS or INF_NEG",
            other.escape_debug()
        )),
    }
}
