//! Trials as they are read back.

use std::collections::BTreeMap;

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::error::{Failure, Reason};
use super::values::Json;
use super::{cached, studies};
use crate::space::Point;
use crate::storage::{StorageError, StudyId, columns};
use crate::trial::{Attempt, Counts, State, Trial};

pub(super) fn from(db: &Connection, study: StudyId, first: u64) -> Result<Vec<Trial>, Failure> {
    studies::require(db, study)?;
    let mut select = db.prepare_cached(
        "SELECT trials.trial_id, number, trial_key, state, coalesce(attempt, 0), worker,
                datetime_start, datetime_complete, CASE state WHEN 'FAIL' THEN reason END
         FROM trials
         LEFT JOIN tinderbox_trials USING (trial_id)
         LEFT JOIN tinderbox_attempts USING (trial_id, attempt)
         WHERE trials.study_id = ?1 AND number >= ?2 ORDER BY number",
    )?;
    let first = i64::try_from(first).unwrap_or(i64::MAX);
    let rows = select.query_map(params![study.0, first], |row| Ok((row.get(0)?, trial(row)?)))?;
    let mut trials = Vec::new();
    for row in rows {
        let (id, mut trial): (i64, Trial) = row?;
        trial.parameters = parameters(db, id)?;
        trial.attributes = attributes(db, id)?;
        trial.intermediate_values = intermediate_values(db, id)?;
        trial.values = values(db, id)?;
        trial.constraints = constraints(db, id)?;
        trials.push(trial);
    }
    Ok(trials)
}

pub(super) fn counts(db: &Connection, study: StudyId) -> Result<Counts, Failure> {
    studies::require(db, study)?;
    let mut counts = Counts::default();
    let mut select =
        db.prepare_cached("SELECT state, count(*) FROM trials WHERE study_id = ?1 GROUP BY state")?;
    for row in select.query_map([study.0], |row| Ok((row.get::<_, State>(0)?, row.get(1)?)))? {
        let (state, trials) = row?;
        counts.add(state, trials);
    }
    Ok(counts)
}

pub(super) fn attempts(db: &Connection, study: StudyId, number: u64) -> Result<Vec<Attempt>, Failure> {
    let id = find(db, study, number)?;
    let mut select = db.prepare_cached(
        "SELECT attempt, worker, claimed, ended, outcome, reason, refused FROM tinderbox_attempts
         WHERE trial_id = ?1 ORDER BY attempt",
    )?;
    let rows = select.query_map([id], |row| {
        Ok(Attempt {
            number: row.get(0)?,
            worker: row.get(1)?,
            claimed: row.get(2)?,
            ended: row.get(3)?,
            outcome: row.get(4)?,
            reason: row.get(5)?,
            refused: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn attachment(
    db: &Connection,
    study: StudyId,
    number: u64,
    name: &str,
) -> Result<Option<Vec<u8>>, Failure> {
    let id = find(db, study, number)?;
    let sql = "SELECT content FROM tinderbox_trial_attachments WHERE trial_id = ?1 AND name = ?2";
    Ok(cached::row(db, sql, params![id, name], |row| row.get(0)).optional()?)
}

pub(super) fn parameters(db: &Connection, id: i64) -> Result<Point, Failure> {
    let mut select = db.prepare_cached(
        "SELECT param_name, distribution_json, param_value FROM trial_params WHERE trial_id = ?1",
    )?;
    let mut parameters = Point::default();
    for row in select.query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))? {
        let (name, json, stored): (String, String, f64) = row?;
        let parameter = columns::parameter(&name, &json, stored).map_err(Reason::Damaged)?;
        parameters.insert(name, parameter);
    }
    Ok(parameters)
}

pub(super) fn attributes(db: &Connection, id: i64) -> Result<BTreeMap<String, Value>, Failure> {
    let mut select =
        db.prepare_cached("SELECT key, value_json FROM trial_user_attributes WHERE trial_id = ?1")?;
    let rows = select.query_map([id], |row| Ok((row.get(0)?, row.get::<_, Json>(1)?.0)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn values(db: &Connection, id: i64) -> Result<Vec<f64>, Failure> {
    let mut select = db.prepare_cached(
        "SELECT value, value_type FROM trial_values WHERE trial_id = ?1 ORDER BY objective",
    )?;
    let rows = select.query_map([id], |row| number(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The unnamed ones first, then the named ones by name.
fn constraints(db: &Connection, id: i64) -> Result<Vec<f64>, Failure> {
    let mut select = db.prepare_cached(
        "SELECT value_json FROM trial_system_attributes
         WHERE trial_id = ?1 AND (key = 'constraints' OR key GLOB 'constraints:*') ORDER BY key",
    )?;
    let rows = select.query_map([id], |row| Ok(columns::constraints(&row.get::<_, String>(0)?)))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.concat())
}

pub(super) fn intermediate_values(db: &Connection, id: i64) -> Result<BTreeMap<u32, f64>, Failure> {
    let mut select = db.prepare_cached(
        "SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values WHERE trial_id = ?1",
    )?;
    let rows = select.query_map([id], |row| Ok((row.get(0)?, number(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn find(db: &Connection, study: StudyId, number: u64) -> Result<i64, Failure> {
    studies::require(db, study)?;
    let sql = "SELECT trial_id FROM trials WHERE study_id = ?1 AND number = ?2";
    let found = cached::row(db, sql, params![study.0, number], |row| row.get(0)).optional()?;
    Ok(found.ok_or(StorageError::UnknownTrial { study, number })?)
}

/// A row of [`from`], without what other tables hold.
fn trial(row: &Row<'_>) -> rusqlite::Result<Trial> {
    Ok(Trial {
        number: row.get(1)?,
        key: row.get(2)?,
        state: row.get(3)?,
        attempt: row.get(4)?,
        worker: row.get(5)?,
        started: row.get(6)?,
        finished: row.get(7)?,
        failure: row.get(8)?,
        values: Vec::new(),
        constraints: Vec::new(),
        parameters: Point::default(),
        attributes: BTreeMap::new(),
        intermediate_values: BTreeMap::new(),
    })
}

/// The double in a column whose kind is in the next one.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<f64> {
    columns::join(row.get(column)?, &row.get::<_, String>(column + 1)?)
        .map_err(|error| FromSqlError::Other(error.into()).into())
}
