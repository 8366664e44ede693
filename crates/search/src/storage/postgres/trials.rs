//! Trials as they are read back.

use std::collections::BTreeMap;
use std::time::SystemTime;

use postgres::Row;
use postgres::types::FromSql;
use serde_json::Value;

use super::error::{Failure, Reason};
use super::session::{Db, number_column, study_row};
use super::studies;
use crate::space::Point;
use crate::storage::cell::Cell;
use crate::storage::columns::Word;
use crate::storage::reading::{NUMBERS, Reading, json, parameter, report, unnumbered};
use crate::storage::{StorageError, StudyId, TrialId};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, AttemptOutcome, Counts, Trial};

/// In one statement, so that a worker learns what others told on one way to the server and back. Each table is looked
/// into for each trial: there are few new ones, in a study however long. An upper end, which no number reaches, lets the
/// server guess that too, and take the index of numbers.
pub(super) fn from(db: &mut Db, study: StudyId, first: u64) -> Result<Vec<Trial>, Failure> {
    let rows = db.rows(
        "SELECT number, state::text, datetime_start, datetime_complete, trial_key, attempt,
                CASE WHEN state <> 'RUNNING' OR outcome = 'RUNNING' THEN worker END, reason,
                names, distributions, stored, keys, attributes, steps, reported, reported_kinds,
                objectives, told, told_kinds, broken,
                (SELECT count(*) FROM study_directions WHERE study_directions.study_id = $1), trials.trial_id,
                CASE WHEN state = 'WAITING' AND trial_key IS NULL THEN (
                    SELECT value_json FROM trial_system_attributes
                    WHERE trial_id = trials.trial_id AND key = 'fixed_params'
                ) END
         FROM studies LEFT JOIN trials ON trials.study_id = studies.study_id AND number BETWEEN $2 AND $3
         LEFT JOIN LATERAL (
             SELECT trial_key, attempt, worker, outcome, reason
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
             SELECT array_agg(objective) AS objectives, array_agg(value) AS told,
                    array_agg(value_type::text) AS told_kinds
             FROM trial_values WHERE trial_id = trials.trial_id
         ) AS objectives ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(value_json ORDER BY key COLLATE \"C\") AS broken
             FROM trial_system_attributes
             WHERE trial_id = trials.trial_id AND (key = 'constraints' OR key LIKE 'constraints:%')
         ) AS constraints ON true
         WHERE studies.study_id = $1 ORDER BY number, trials.trial_id",
        &[&study_row(study), &number_column(first), &i32::MAX],
    )?;
    if rows.is_empty() {
        return Err(StorageError::UnknownStudy(study).into());
    }
    // A study without such trials has one row all the same.
    let there = |row: &&Row| !matches!(row.try_get::<_, Option<i32>>(0), Ok(None));
    let trials = rows.iter().filter(there).map(trial).collect::<Result<Vec<_>, _>>()?;
    Ok(trials.into_iter().flatten().collect())
}

/// What of a study cannot be read at all: what is odd about the study itself, and the trials without a number.
pub(super) fn left_out(db: &mut Db, study: StudyId) -> Result<Vec<String>, Failure> {
    let mut notes = studies::left_out(db, study)?;
    let sql = "SELECT number FROM trials
               WHERE study_id = $1 AND (number IS NULL OR number NOT BETWEEN 0 AND $2) ORDER BY trial_id";
    for row in db.rows(sql, &[&study_row(study), &(*NUMBERS.end() as i32)])? {
        notes.push(unnumbered(row.try_get::<_, Option<i32>>(0)?.map(i64::from).into()));
    }
    Ok(notes)
}

pub(super) fn counts(db: &mut Db, study: StudyId) -> Result<Counts, Failure> {
    studies::require(db, study)?;
    let mut counts = Counts::default();
    let sql = "SELECT state::text, count(*) FROM trials
               WHERE study_id = $1 AND number BETWEEN 0 AND $2 GROUP BY state";
    for row in db.rows(sql, &[&study_row(study), &(*NUMBERS.end() as i32)])? {
        counts.add(word(&row, 0)?, row.try_get::<_, i64>(1)? as usize);
    }
    Ok(counts)
}

pub(super) fn attempts(db: &mut Db, study: StudyId, number: u64) -> Result<Vec<Attempt>, Failure> {
    let id = find(db, study, number)?;
    attempts_at(db, id)
}

pub(super) fn attempts_of(db: &mut Db, study: StudyId, key: &str) -> Result<Vec<Attempt>, Failure> {
    studies::require(db, study)?;
    let sql = "SELECT trial_id FROM trials JOIN tinderbox_trials USING (trial_id)
               WHERE trials.study_id = $1 AND trial_key = $2 LIMIT 1";
    match db.row(sql, &[&study_row(study), &key])? {
        Some(row) => attempts_at(db, row.try_get(0)?),
        None => Ok(Vec::new()),
    }
}

fn attempts_at(db: &mut Db, id: i32) -> Result<Vec<Attempt>, Failure> {
    let rows = db.rows(
        "SELECT attempt, worker, claimed, ended, outcome, reason, refused FROM tinderbox_attempts
         WHERE trial_id = $1 ORDER BY attempt",
        &[&id],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Attempt {
                number: row.try_get::<_, i64>(0)?.max(0).unsigned_abs(),
                worker: row.try_get(1)?,
                leased: row.try_get::<_, SystemTime>(2)?.into(),
                ended: row.try_get::<_, Option<SystemTime>>(3)?.map(Timestamp::from),
                outcome: word::<AttemptOutcome>(row, 4)?,
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

/// The parameters of a trial that is to be tried.
///
/// # Errors
/// If one of them cannot be read: the trial would be another one.
pub(super) fn parameters(db: &mut Db, id: i32) -> Result<Point, Failure> {
    let sql = "SELECT param_name, distribution_json, param_value FROM trial_params WHERE trial_id = $1";
    let mut parameters = Point::default();
    for row in &db.rows(sql, &[&id])? {
        let name = Cell::from(row.try_get::<_, Option<&str>>(0)?);
        let json = row.try_get::<_, Option<&str>>(1)?.into();
        let read = name.text().and_then(|text| {
            let stored = row.try_get::<_, Option<f64>>(2).map_err(|error| error.to_string())?;
            Ok((text, parameter(json, stored.into())?.0))
        });
        let (name, parameter) =
            read.map_err(|why| Reason::Damaged(format!("parameter {name} of a trial: {why}")))?;
        parameters.insert(name, parameter);
    }
    Ok(parameters)
}

pub(super) fn attributes(db: &mut Db, id: i32) -> Result<BTreeMap<String, Value>, Failure> {
    let sql = "SELECT key, value_json FROM trial_user_attributes WHERE trial_id = $1";
    let mut attributes = BTreeMap::new();
    for row in &db.rows(sql, &[&id])? {
        let (key, value): (Option<String>, Option<&str>) = (row.try_get(0)?, row.try_get(1)?);
        attributes.extend(key.zip(json(value.into()).ok()));
    }
    Ok(attributes)
}

pub(super) fn intermediate_values(db: &mut Db, id: i32) -> Result<BTreeMap<u32, f64>, Failure> {
    let sql = "SELECT step, intermediate_value, intermediate_value_type::text
               FROM trial_intermediate_values WHERE trial_id = $1";
    let mut values = BTreeMap::new();
    for row in &db.rows(sql, &[&id])? {
        let value = row.try_get::<_, Option<f64>>(1)?.into();
        values.extend(report(step(true, row.try_get(0)?), value, row.try_get::<_, Option<&str>>(2)?.into()));
    }
    Ok(values)
}

/// The value of a column of words.
pub(super) fn word<T: Word>(row: &Row, column: usize) -> Result<T, Failure> {
    Ok(T::from_word(row.try_get(column)?).map_err(|why| Reason::Damaged(format!("a word {why}")))?)
}

/// A step as Optuna's column of 31 bits holds it: Optuna has none below 0, where the large ones find room.
pub(super) fn step_column(step: u32) -> i32 {
    step.cast_signed()
}

/// The inverse of [`step_column`], in a trial of Tinderbox; Optuna has no step below 0.
fn step<'a>(own: bool, column: i32) -> Cell<'a> {
    Cell::Int(if own { column.cast_unsigned().into() } else { column.into() })
}

fn find(db: &mut Db, study: StudyId, number: u64) -> Result<i32, Failure> {
    studies::require(db, study)?;
    let sql = "SELECT trial_id FROM trials WHERE study_id = $1 AND number = $2 ORDER BY trial_id LIMIT 1";
    let found = db.row(sql, &[&study_row(study), &number_column(number)])?;
    let row = found.ok_or(StorageError::UnknownTrial { study, number })?;
    Ok(row.try_get(0)?)
}

/// A row of [`from`]; none if no trial can have its number.
fn trial(row: &Row) -> Result<Option<Trial>, Failure> {
    let number = row.try_get::<_, Option<i32>>(0)?.map(i64::from).into();
    let times = [moment(row, 2)?, moment(row, 3)?];
    let objectives = row.try_get::<_, i64>(20)? as usize;
    let Some(mut trial) = Reading::begin(objectives, number, text(row, 1)?, times) else { return Ok(None) };
    let attempt = row.try_get::<_, Option<i64>>(5)?.into();
    let key = text(row, 4)?;
    trial.own(key, attempt, text(row, 6)?, text(row, 7)?);
    for ((name, distribution), stored) in
        elements::<&str>(row, 8)?.into_iter().zip(elements::<&str>(row, 9)?).zip(elements::<f64>(row, 10)?)
    {
        trial.parameter(name.into(), distribution.into(), stored.into());
    }
    for (key, value) in elements::<&str>(row, 11)?.into_iter().zip(elements::<&str>(row, 12)?) {
        trial.attribute(key.into(), value.into());
    }
    let doubles = |column| -> Result<_, Failure> {
        Ok(elements::<f64>(row, column)?.into_iter().zip(elements::<&str>(row, column + 1)?))
    };
    for (column, (value, kind)) in elements::<i32>(row, 13)?.into_iter().zip(doubles(14)?) {
        let step = column.map_or(Cell::Null, |column| step(key != Cell::Null, column));
        trial.report(step, value.into(), kind.into());
    }
    for (objective, (value, kind)) in elements::<i32>(row, 16)?.into_iter().zip(doubles(17)?) {
        trial.value(objective.map(i64::from).into(), value.into(), kind.into());
    }
    for constraints in elements::<&str>(row, 19)? {
        trial.constraints(constraints.into());
    }
    if trial.is_queued() {
        trial.queued(TrialId(row.try_get::<_, i32>(21)?.into()));
        trial.fixed(text(row, 22)?);
    }
    Ok(Some(trial.end()))
}

/// The elements of a column of arrays, null where there is none.
fn elements<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<Vec<Option<T>>, Failure> {
    Ok(row.try_get::<_, Option<Vec<Option<T>>>>(column)?.unwrap_or_default())
}

fn text(row: &Row, column: usize) -> Result<Cell<'_>, Failure> {
    Ok(row.try_get::<_, Option<&str>>(column)?.into())
}

fn moment(row: &Row, column: usize) -> Result<Cell<'_>, Failure> {
    Ok(row.try_get::<_, Option<SystemTime>>(column)?.into())
}
