//! Trials as they are read back: any program may have written them, and SQLite holds anything in any column.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::error::{Failure, Reason};
use super::{cached, studies, values::cell};
use crate::space::Point;
use crate::storage::cell::Cell;
use crate::storage::columns::Word;
use crate::storage::reading::{NUMBERS, Reading, json, parameter, report, unnumbered};
use crate::storage::{StorageError, StudyId, TrialId};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, AttemptOutcome, Counts, State, Trial};

pub(super) fn from(db: &Connection, study: StudyId, first: u64) -> Result<Vec<Trial>, Failure> {
    studies::require(db, study)?;
    let objectives = studies::objectives(db, study)?;
    let mut select = db.prepare_cached(
        "SELECT trials.trial_id, number, state, datetime_start, datetime_complete, trial_key, attempt,
                CASE WHEN state <> 'RUNNING' OR outcome = 'RUNNING' THEN worker END, reason
         FROM trials
         LEFT JOIN tinderbox_trials USING (trial_id)
         LEFT JOIN tinderbox_attempts USING (trial_id, attempt)
         WHERE trials.study_id = ?1 AND number >= ?2 ORDER BY number, trials.trial_id",
    )?;
    let first = i64::try_from(first).unwrap_or(i64::MAX);
    let mut rows = select.query(params![study.0, first])?;
    let mut trials = Vec::new();
    while let Some(row) = rows.next()? {
        let at = |column| cell(row, column);
        let Some(mut reading) = Reading::begin(objectives, at(1)?, at(2)?, [at(3)?, at(4)?]) else {
            continue;
        };
        reading.own(at(5)?, at(6)?, at(7)?, at(8)?);
        let id = row.get(0)?;
        fill(db, id, &mut reading)?;
        if reading.is_queued() {
            reading.queued(TrialId(id));
            each(db, FIXED, id, |[fixed]| reading.fixed(fixed))?;
        }
        trials.push(reading.end());
    }
    Ok(trials)
}

/// Hands what other tables hold of a trial to its reading.
fn fill(db: &Connection, id: i64, reading: &mut Reading) -> Result<(), Failure> {
    each(db, PARAMETERS, id, |[name, distribution, stored]| reading.parameter(name, distribution, stored))?;
    each(db, ATTRIBUTES, id, |[key, value]| reading.attribute(key, value))?;
    each(db, REPORTS, id, |[step, value, kind]| reading.report(step, value, kind))?;
    let values = "SELECT objective, value, value_type FROM trial_values WHERE trial_id = ?1";
    each(db, values, id, |[objective, value, kind]| reading.value(objective, value, kind))?;
    // The unnamed ones first, then the named ones by name.
    let constraints = "SELECT value_json FROM trial_system_attributes
                       WHERE trial_id = ?1 AND (key = 'constraints' OR key GLOB 'constraints:*') ORDER BY key";
    each(db, constraints, id, |[json]| reading.constraints(json))
}

const PARAMETERS: &str =
    "SELECT param_name, distribution_json, param_value FROM trial_params WHERE trial_id = ?1";
const FIXED: &str =
    "SELECT value_json FROM trial_system_attributes WHERE trial_id = ?1 AND key = 'fixed_params'";
const ATTRIBUTES: &str = "SELECT key, value_json FROM trial_user_attributes WHERE trial_id = ?1";
const REPORTS: &str =
    "SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values
                       WHERE trial_id = ?1";

/// Hands the cells of each row of a trial to `take`.
fn each<const COLUMNS: usize>(
    db: &Connection,
    sql: &str,
    id: i64,
    mut take: impl FnMut([Cell<'_>; COLUMNS]),
) -> Result<(), Failure> {
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query([id])?;
    while let Some(row) = rows.next()? {
        let mut cells = [Cell::Null; COLUMNS];
        for (column, place) in cells.iter_mut().enumerate() {
            *place = cell(row, column)?;
        }
        take(cells);
    }
    Ok(())
}

/// The trials that have no number, as [`Storage::left_out`](crate::storage::Storage::left_out) says it.
pub(super) fn left_out(db: &Connection, study: StudyId) -> Result<Vec<String>, Failure> {
    studies::require(db, study)?;
    let mut notes = studies::left_out(db, study)?;
    let mut select = db.prepare_cached(
        "SELECT number FROM trials
         WHERE study_id = ?1 AND (typeof(number) <> 'integer' OR number NOT BETWEEN ?2 AND ?3) ORDER BY trial_id",
    )?;
    let mut rows = select.query(params![study.0, NUMBERS.start(), NUMBERS.end()])?;
    while let Some(row) = rows.next()? {
        notes.push(unnumbered(cell(row, 0)?));
    }
    Ok(notes)
}

pub(super) fn counts(db: &Connection, study: StudyId) -> Result<Counts, Failure> {
    studies::require(db, study)?;
    let mut counts = Counts::default();
    let mut select = db.prepare_cached(
        "SELECT state, count(*) FROM trials
         WHERE study_id = ?1 AND typeof(number) = 'integer' AND number BETWEEN ?2 AND ?3 GROUP BY state",
    )?;
    let mut rows = select.query(params![study.0, NUMBERS.start(), NUMBERS.end()])?;
    while let Some(row) = rows.next()? {
        let state = cell(row, 0)?.text().and_then(State::from_word).unwrap_or(State::Fail);
        counts.add(state, row.get(1)?);
    }
    Ok(counts)
}

pub(super) fn attempts(db: &Connection, study: StudyId, number: u64) -> Result<Vec<Attempt>, Failure> {
    let id = find(db, study, number)?;
    attempts_at(db, id)
}

pub(super) fn attempts_of(db: &Connection, study: StudyId, key: &str) -> Result<Vec<Attempt>, Failure> {
    studies::require(db, study)?;
    let sql = "SELECT trial_id FROM trials JOIN tinderbox_trials USING (trial_id)
               WHERE trials.study_id = ?1 AND trial_key = ?2 LIMIT 1";
    let found = cached::row(db, sql, params![study.0, key], |row| row.get(0)).optional()?;
    found.map_or_else(|| Ok(Vec::new()), |id| attempts_at(db, id))
}

fn attempts_at(db: &Connection, id: i64) -> Result<Vec<Attempt>, Failure> {
    let mut select = db.prepare_cached(
        "SELECT attempt, worker, claimed, ended, outcome, reason, refused FROM tinderbox_attempts
         WHERE trial_id = ?1 ORDER BY attempt",
    )?;
    let mut rows = select.query([id])?;
    let mut attempts = Vec::new();
    while let Some(row) = rows.next()? {
        attempts.push(attempt(row)?);
    }
    Ok(attempts)
}

/// A row of Tinderbox's own table. One that is damaged is not taken for a result: it reads as a failure that says so.
fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let mut damage = Vec::new();
    let mut readable = |what: &str, why: String| damage.push(format!("its {what} {why}"));
    let number = cell(row, 0)?.whole(0, i64::MAX).map_err(|why| readable("number", why));
    let worker = cell(row, 1)?.text().map(str::to_owned).map_err(|why| readable("worker", why));
    let leased = cell(row, 2)?.moment().map_err(|why| readable("beginning", why));
    let ended = cell(row, 3)?.moment().map_err(|why| readable("end", why));
    let outcome = cell(row, 4)?.text().and_then(AttemptOutcome::from_word);
    let outcome = outcome.map_err(|why| readable("outcome", why));
    let text = |column| Ok::<_, rusqlite::Error>(cell(row, column)?.text().ok().map(str::to_owned));
    let (reason, refused) = (text(5)?, text(6)?);
    let damaged = (!damage.is_empty()).then(|| format!("damaged: {}", damage.join(", ")));
    Ok(Attempt {
        number: number.map_or(0, i64::unsigned_abs),
        worker: worker.unwrap_or_default(),
        leased: leased.ok().flatten().unwrap_or(Timestamp::MIN),
        ended: ended.ok().flatten(),
        outcome: if damaged.is_some() {
            AttemptOutcome::Fail
        } else {
            outcome.unwrap_or(AttemptOutcome::Fail)
        },
        reason: damaged.or(reason),
        refused,
    })
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

/// The parameters of a trial that is to be tried.
///
/// # Errors
/// If one of them cannot be read: the trial would be another one.
pub(super) fn parameters(db: &Connection, id: i64) -> Result<Point, Failure> {
    let mut parameters = Ok(Point::default());
    each(db, PARAMETERS, id, |[name, distribution, stored]| {
        let read = name.text().and_then(|text| Ok((text, parameter(distribution, stored)?.0)));
        match (&mut parameters, read) {
            (Ok(point), Ok((name, parameter))) => _ = point.insert(name, parameter),
            (Ok(_), Err(why)) => parameters = Err(format!("parameter {name} of a trial: {why}")),
            (Err(_), _) => {}
        }
    })?;
    Ok(parameters.map_err(Reason::Damaged)?)
}

pub(super) fn attributes(db: &Connection, id: i64) -> Result<BTreeMap<String, Value>, Failure> {
    let mut attributes = BTreeMap::new();
    each(db, ATTRIBUTES, id, |[key, value]| {
        attributes.extend(key.text().ok().zip(json(value).ok()).map(|(key, value)| (key.to_owned(), value)));
    })?;
    Ok(attributes)
}

pub(super) fn intermediate_values(db: &Connection, id: i64) -> Result<BTreeMap<u32, f64>, Failure> {
    let mut values = BTreeMap::new();
    each(db, REPORTS, id, |[step, value, kind]| values.extend(report(step, value, kind)))?;
    Ok(values)
}

fn find(db: &Connection, study: StudyId, number: u64) -> Result<i64, Failure> {
    studies::require(db, study)?;
    let sql = "SELECT trial_id FROM trials WHERE study_id = ?1 AND number = ?2 ORDER BY trial_id LIMIT 1";
    let column = i64::try_from(number).unwrap_or(-1);
    let found = cached::row(db, sql, params![study.0, column], |row| row.get(0)).optional()?;
    Ok(found.ok_or(StorageError::UnknownTrial { study, number })?)
}
