//! How values are written in Optuna's columns.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde_json::Value;

use crate::storage::Direction;
use crate::timestamp::Timestamp;
use crate::trial::{Outcome, State};

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

/// JSON as text. Python writes NaN as a bare `NaN`, which is no JSON: such text is read as a string.
pub(super) struct Json(pub(super) Value);

impl FromSql for Json {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        Ok(Self(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))))
    }
}

const STATES: [(State, &str); 5] = [
    (State::Waiting, "WAITING"),
    (State::Running, "RUNNING"),
    (State::Complete, "COMPLETE"),
    (State::Pruned, "PRUNED"),
    (State::Fail, "FAIL"),
];

const OUTCOMES: [(Outcome, &str); 6] = [
    (Outcome::Running, "RUNNING"),
    (Outcome::Complete, "COMPLETE"),
    (Outcome::Pruned, "PRUNED"),
    (Outcome::Fail, "FAIL"),
    (Outcome::Expired, "EXPIRED"),
    (Outcome::Released, "RELEASED"),
];

const DIRECTIONS: [(Direction, &str); 2] =
    [(Direction::Minimize, "MINIMIZE"), (Direction::Maximize, "MAXIMIZE")];

impl ToSql for Direction {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(name(&DIRECTIONS, self).into())
    }
}

impl FromSql for Direction {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        named(&DIRECTIONS, value)
    }
}

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(name(&STATES, self).into())
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        named(&STATES, value)
    }
}

impl ToSql for Outcome {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(name(&OUTCOMES, self).into())
    }
}

impl FromSql for Outcome {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        named(&OUTCOMES, value)
    }
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
pub(super) fn join(value: Option<f64>, kind: &str) -> rusqlite::Result<f64> {
    match (value, kind) {
        (_, "NAN") => Ok(f64::NAN),
        (_, "INF_POS") => Ok(f64::INFINITY),
        (_, "INF_NEG") => Ok(f64::NEG_INFINITY),
        (Some(value), "FINITE") => Ok(value),
        (_, other) => {
            let unknown = format!("the value type `{other}`, expected FINITE, NAN, INF_POS or INF_NEG");
            Err(FromSqlError::Other(unknown.into()).into())
        }
    }
}

fn name<T: PartialEq>(names: &[(T, &'static str)], value: &T) -> &'static str {
    names.iter().find(|(known, _)| known == value).map_or("", |(_, name)| name)
}

fn named<T: Copy>(names: &[(T, &str)], value: ValueRef<'_>) -> FromSqlResult<T> {
    let text = value.as_str()?;
    let known = names.iter().find(|(_, name)| *name == text);
    known.map(|(value, _)| *value).ok_or_else(|| {
        let expected: Vec<_> = names.iter().map(|(_, name)| *name).collect();
        FromSqlError::Other(format!("`{text}`, expected one of {}", expected.join(", ")).into())
    })
}
