//! Trials as they are read back.

use std::collections::BTreeMap;
use std::time::SystemTime;

use postgres::Row;
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

pub(super) fn from(db: &mut Db, study: StudyId, first: u64) -> Result<Vec<Trial>, Failure> {
    studies::require(db, study)?;
    let (study, first) = (study_row(study), number_column(first));
    let rows = db.rows(
        "SELECT trials.trial_id, number, trial_key, state::text, coalesce(attempt, 0), worker,
                datetime_start, datetime_complete, CASE state WHEN 'FAIL' THEN reason END
         FROM trials
         LEFT JOIN tinderbox_trials USING (trial_id)
         LEFT JOIN tinderbox_attempts USING (trial_id, attempt)
         WHERE trials.study_id = $1 AND number >= $2 ORDER BY number",
        &[&study, &first],
    )?;
    let mut trials = Vec::with_capacity(rows.len());
    let mut places = BTreeMap::new();
    for row in &rows {
        places.insert(row.try_get::<_, i32>(0)?, trials.len());
        trials.push(trial(row)?);
    }
    // One question a table, not one a trial.
    let mut each = |sql, add: Add| -> Result<(), Failure> {
        for row in &db.rows(sql, &[&study, &first])? {
            if let Some(place) = places.get(&row.try_get::<_, i32>(0)?) {
                add(&mut trials[*place], row)?;
            }
        }
        Ok(())
    };
    each(
        "SELECT trial_id, param_name, distribution_json, param_value FROM trial_params
         JOIN trials USING (trial_id) WHERE study_id = $1 AND number >= $2",
        &mut |trial, row| {
            trial.parameters.extend([parameter(row)?]);
            Ok(())
        },
    )?;
    each(
        "SELECT trial_id, key, value_json FROM trial_user_attributes
         JOIN trials USING (trial_id) WHERE study_id = $1 AND number >= $2",
        &mut |trial, row| {
            trial.attributes.extend([attribute(row)?]);
            Ok(())
        },
    )?;
    each(
        "SELECT trial_id, step, intermediate_value, intermediate_value_type::text FROM trial_intermediate_values
         JOIN trials USING (trial_id) WHERE study_id = $1 AND number >= $2",
        &mut |trial, row| {
 trial.intermediate_values.extend([intermediate_value(row)?]);
 Ok(())
 },
    )?;
    each(
        "SELECT trial_id, value, value_type::text FROM trial_values
         JOIN trials USING (trial_id) WHERE study_id = $1 AND number >= $2 ORDER BY objective",
        &mut |trial, row| {
            trial.values.push(double(row, 1)?);
            Ok(())
        },
    )?;
    each(
        "SELECT trial_id, value_json FROM trial_system_attributes
         JOIN trials USING (trial_id) WHERE study_id = $1 AND number >= $2
             AND (key = 'constraints' OR key LIKE 'constraints:%') ORDER BY key COLLATE \"C\"",
        &mut |trial, row| {
            trial.constraints.extend(columns::constraints(row.try_get(1)?));
            Ok(())
        },
    )?;
    Ok(trials)
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
    let sql =
        "SELECT trial_id, param_name, distribution_json, param_value FROM trial_params WHERE trial_id = $1";
    db.rows(sql, &[&id])?.iter().map(parameter).collect()
}

pub(super) fn attributes(db: &mut Db, id: i32) -> Result<BTreeMap<String, Value>, Failure> {
    let sql = "SELECT trial_id, key, value_json FROM trial_user_attributes WHERE trial_id = $1";
    db.rows(sql, &[&id])?.iter().map(attribute).collect()
}

pub(super) fn intermediate_values(db: &mut Db, id: i32) -> Result<BTreeMap<u32, f64>, Failure> {
    let sql = "SELECT trial_id, step, intermediate_value, intermediate_value_type::text
               FROM trial_intermediate_values WHERE trial_id = $1";
    db.rows(sql, &[&id])?.iter().map(intermediate_value).collect()
}

/// The value of a column of words.
pub(super) fn word<T: Word>(row: &Row, column: usize) -> Result<T, Failure> {
    Ok(T::from_word(row.try_get(column)?).map_err(Reason::Damaged)?)
}

/// A step as Optuna's column of 31 bits holds it: Optuna has none below 0, where the large ones find room.
pub(super) fn step_column(step: u32) -> i32 {
    step.cast_signed()
}

/// Puts what a row says into its trial.
type Add<'a> = &'a mut dyn FnMut(&mut Trial, &Row) -> Result<(), Failure>;

fn find(db: &mut Db, study: StudyId, number: u64) -> Result<i32, Failure> {
    studies::require(db, study)?;
    let sql = "SELECT trial_id FROM trials WHERE study_id = $1 AND number = $2";
    let found = db.row(sql, &[&study_row(study), &number_column(number)])?;
    let row = found.ok_or(StorageError::UnknownTrial { study, number })?;
    Ok(row.try_get(0)?)
}

/// A row of [`from`], without what other tables hold.
fn trial(row: &Row) -> Result<Trial, Failure> {
    Ok(Trial {
        number: row.try_get::<_, i32>(1)? as u64,
        key: row.try_get(2)?,
        state: word(row, 3)?,
        attempt: row.try_get::<_, i64>(4)? as u64,
        worker: row.try_get(5)?,
        started: moment(row, 6)?,
        finished: moment(row, 7)?,
        failure: row.try_get(8)?,
        values: Vec::new(),
        constraints: Vec::new(),
        parameters: Point::default(),
        attributes: BTreeMap::new(),
        intermediate_values: BTreeMap::new(),
    })
}

fn parameter(row: &Row) -> Result<(String, Parameter), Failure> {
    let (name, json, stored): (String, &str, f64) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let parameter = columns::parameter(&name, json, stored).map_err(Reason::Damaged)?;
    Ok((name, parameter))
}

fn attribute(row: &Row) -> Result<(String, Value), Failure> {
    Ok((row.try_get(1)?, columns::json(row.try_get(2)?)))
}

fn intermediate_value(row: &Row) -> Result<(u32, f64), Failure> {
    Ok((row.try_get::<_, i32>(1)?.cast_unsigned(), double(row, 2)?))
}

fn moment(row: &Row, column: usize) -> Result<Option<Timestamp>, Failure> {
    Ok(row.try_get::<_, Option<SystemTime>>(column)?.map(Timestamp::from))
}

/// The double in a column whose kind is in the next one.
fn double(row: &Row, column: usize) -> Result<f64, Failure> {
    Ok(columns::join(row.try_get(column)?, row.try_get(column + 1)?).map_err(Reason::Damaged)?)
}
