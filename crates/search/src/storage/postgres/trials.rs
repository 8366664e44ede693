//! Trials as they are read back.

use std::collections::BTreeMap;
use std::time::SystemTime;

use postgres::Row;
use postgres::types::FromSql;
use serde_json::Value;

use super::error::{Failure, Reason};
use super::session::{Db, number_column, study_row};
use super::studies;
use crate::parameter::Parameter;
use crate::space::Point;
use crate::storage::columns::{self, Word};
use crate::storage::{StorageError, StudyId};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, Counts, Outcome, Trial};

/// In one statement, so that a worker learns what others told on one way to the server and back. Each table is looked
/// into for each trial: there are few new ones, in a study however long. An upper end, which no number reaches, lets the
/// server guess that too, and take the index of numbers.
pub(super) fn from(db: &mut Db, study: StudyId, first: u64) -> Result<Vec<Trial>, Failure> {
    let rows = db.rows(
        "SELECT number, trial_key, state::text, coalesce(attempt, 0), worker,
                datetime_start, datetime_complete, CASE state WHEN 'FAIL' THEN reason END,
                names, distributions, stored, keys, attributes, steps, reported, reported_kinds, told, told_kinds, broken
         FROM studies LEFT JOIN trials ON trials.study_id = studies.study_id AND number BETWEEN $2 AND $3
         LEFT JOIN LATERAL (
             SELECT trial_key, attempt, worker, reason
             FROM tinderbox_trials LEFT JOIN tinderbox_attempts USING (trial_id, attempt)
             WHERE trial_id = trials.trial_id LIMIT 1
         ) AS attempt ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(param_name::text) AS names, array_agg(distribution_json) AS distributions,
                    array_agg(param_value) AS stored
             FROM trial_params WHERE trial_id = trials.trial_id
         ) AS parameters ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(key::text) AS keys, array_agg(value_json) AS attributes
             FROM trial_user_attributes WHERE trial_id = trials.trial_id
         ) AS attributes ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(step) AS steps, array_agg(intermediate_value) AS reported,
                    array_agg(intermediate_value_type::text) AS reported_kinds
             FROM trial_intermediate_values WHERE trial_id = trials.trial_id
         ) AS reports ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(value ORDER BY objective) AS told,
                    array_agg(value_type::text ORDER BY objective) AS told_kinds
             FROM trial_values WHERE trial_id = trials.trial_id
         ) AS objectives ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(value_json ORDER BY key COLLATE \"C\") AS broken
             FROM trial_system_attributes
             WHERE trial_id = trials.trial_id AND (key = 'constraints' OR key LIKE 'constraints:%')
         ) AS constraints ON true
         WHERE studies.study_id = $1 ORDER BY number",
        &[&study_row(study), &number_column(first), &i32::MAX],
    )?;
    if rows.is_empty() {
        return Err(StorageError::UnknownStudy(study).into());
    }
    // A study without such trials has one row all the same.
    let there = |row: &&Row| !matches!(row.try_get::<_, Option<i32>>(0), Ok(None));
    rows.iter().filter(there).map(trial).collect()
}

pub(super) fn counts(db: &mut Db, study: StudyId) -> Result<Counts, Failure> {
    studies::require(db, study)?;
    let mut counts = Counts::default();
    let sql = "SELECT state::text, count(*) FROM trials WHERE study_id = $1 GROUP BY state";
    for row in db.rows(sql, &[&study_row(study)])? {
        counts.add(word(&row, 0)?, row.try_get::<_, i64>(1)? as usize);
    }
    Ok(counts)
}

pub(super) fn attempts(db: &mut Db, study: StudyId, number: u64) -> Result<Vec<Attempt>, Failure> {
    let id = find(db, study, number)?;
    let rows = db.rows(
        "SELECT attempt, worker, claimed, ended, outcome, reason, refused FROM tinderbox_attempts
         WHERE trial_id = $1 ORDER BY attempt",
        &[&id],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Attempt {
                number: row.try_get::<_, i64>(0)? as u64,
                worker: row.try_get(1)?,
                claimed: row.try_get::<_, SystemTime>(2)?.into(),
                ended: moment(row, 3)?,
                outcome: word::<Outcome>(row, 4)?,
                reason: row.try_get(5)?,
                refused: row.try_get(6)?,
            })
        })
        .collect()
}

pub(super) fn attachment(
    db: &mut Db,
    study: StudyId,
    number: u64,
    name: &str,
) -> Result<Option<Vec<u8>>, Failure> {
    let id = find(db, study, number)?;
    let sql = "SELECT content FROM tinderbox_trial_attachments WHERE trial_id = $1 AND name = $2";
    Ok(db.row(sql, &[&id, &name])?.map(|row| row.try_get(0)).transpose()?)
}

pub(super) fn parameters(db: &mut Db, id: i32) -> Result<Point, Failure> {
    let sql = "SELECT param_name, distribution_json, param_value FROM trial_params WHERE trial_id = $1";
    let rows = db.rows(sql, &[&id])?;
    rows.iter().map(|row| parameter(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)).collect()
}

pub(super) fn attributes(db: &mut Db, id: i32) -> Result<BTreeMap<String, Value>, Failure> {
    let sql = "SELECT key, value_json FROM trial_user_attributes WHERE trial_id = $1";
    let rows = db.rows(sql, &[&id])?;
    rows.iter().map(|row| Ok((row.try_get(0)?, columns::json(row.try_get(1)?)))).collect()
}

pub(super) fn intermediate_values(db: &mut Db, id: i32) -> Result<BTreeMap<u32, f64>, Failure> {
    let sql = "SELECT step, intermediate_value, intermediate_value_type::text
               FROM trial_intermediate_values WHERE trial_id = $1";
    let rows = db.rows(sql, &[&id])?;
    rows.iter().map(|row| Ok((row.try_get::<_, i32>(0)?.cast_unsigned(), double(row, 1)?))).collect()
}

/// The value of a column of words.
pub(super) fn word<T: Word>(row: &Row, column: usize) -> Result<T, Failure> {
    Ok(T::from_word(row.try_get(column)?).map_err(Reason::Damaged)?)
}

/// A step as Optuna's column of 31 bits holds it: Optuna has none below 0, where the large ones find room.
pub(super) fn step_column(step: u32) -> i32 {
    step.cast_signed()
}

fn find(db: &mut Db, study: StudyId, number: u64) -> Result<i32, Failure> {
    studies::require(db, study)?;
    let sql = "SELECT trial_id FROM trials WHERE study_id = $1 AND number = $2";
    let found = db.row(sql, &[&study_row(study), &number_column(number)])?;
    let row = found.ok_or(StorageError::UnknownTrial { study, number })?;
    Ok(row.try_get(0)?)
}

/// A row of [`from`].
fn trial(row: &Row) -> Result<Trial, Failure> {
    let parameters =
        elements::<&str>(row, 8)?.into_iter().zip(elements::<&str>(row, 9)?).zip(elements(row, 10)?);
    let attributes = elements::<String>(row, 11)?.into_iter().zip(elements::<&str>(row, 12)?);
    let reports = elements::<i32>(row, 13)?.into_iter().zip(doubles(row, 14)?);
    Ok(Trial {
        number: row.try_get::<_, i32>(0)? as u64,
        key: row.try_get(1)?,
        state: word(row, 2)?,
        attempt: row.try_get::<_, i64>(3)? as u64,
        worker: row.try_get(4)?,
        started: moment(row, 5)?,
        finished: moment(row, 6)?,
        failure: row.try_get(7)?,
        parameters: parameters
            .map(|((name, distribution), stored)| parameter(name.to_owned(), distribution, stored))
            .collect::<Result<_, _>>()?,
        attributes: attributes.map(|(key, value)| (key, columns::json(value))).collect(),
        intermediate_values: reports.map(|(step, value)| (step.cast_unsigned(), value)).collect(),
        values: doubles(row, 16)?,
        constraints: elements::<&str>(row, 18)?.into_iter().flat_map(columns::constraints).collect(),
    })
}

/// The elements of a column of arrays, null where there is none.
fn elements<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<Vec<T>, Failure> {
    Ok(row.try_get::<_, Option<Vec<T>>>(column)?.unwrap_or_default())
}

/// The doubles in a column of arrays whose kinds are in the next one.
fn doubles(row: &Row, column: usize) -> Result<Vec<f64>, Failure> {
    let (values, kinds) = (elements::<Option<f64>>(row, column)?, elements::<&str>(row, column + 1)?);
    let doubles = values.into_iter().zip(kinds).map(|(value, kind)| columns::join(value, kind));
    Ok(doubles.collect::<Result<_, _>>().map_err(Reason::Damaged)?)
}

fn parameter(name: String, json: &str, stored: f64) -> Result<(String, Parameter), Failure> {
    let parameter = columns::parameter(&name, json, stored).map_err(Reason::Damaged)?;
    Ok((name, parameter))
}

fn moment(row: &Row, column: usize) -> Result<Option<Timestamp>, Failure> {
    Ok(row.try_get::<_, Option<SystemTime>>(column)?.map(Timestamp::from))
}

/// The double in a column whose kind is in the next one.
fn double(row: &Row, column: usize) -> Result<f64, Failure> {
    Ok(columns::join(row.try_get(column)?, row.try_get(column + 1)?).map_err(Reason::Damaged)?)
}
