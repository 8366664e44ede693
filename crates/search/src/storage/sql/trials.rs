//! What is asked of trials: how many, their attempts and files, what a worker needs of one. Any program may have written
//! them, and SQLite holds anything in any column.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Answer, Database, studies};
use crate::space::Point;
use crate::storage::cell::Cell;
use crate::storage::columns::Word;
use crate::storage::reading::{NUMBERS, json, parameter, report, unnumbered};
use crate::storage::{StorageError, StudyId, following};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, AttemptOutcome, Counts, State};

pub(in crate::storage) const PARAMETERS: &str =
    "SELECT param_name, distribution_json, param_value FROM trial_params WHERE trial_id = $1";
pub(in crate::storage) const ATTRIBUTES: &str =
    "SELECT key, value_json FROM trial_user_attributes WHERE trial_id = $1";
pub(in crate::storage) const REPORTS: &str = "SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values WHERE trial_id = $1";

/// The number of the study's next trial: one more than the highest that a trial can have.
pub(crate) fn next<D: Database>(db: &mut D, study: StudyId) -> Answer<D, u64> {
    let highest = "SELECT number FROM trials
                   WHERE study_id = $1 AND number BETWEEN 0 AND $2 AND number = CAST(number AS INTEGER)
                   ORDER BY number DESC LIMIT 1";
    let highest = db.number(highest, &[Cell::Int(study.0), Cell::Int(*NUMBERS.end())])?;
    Ok(following(study, highest.map(i64::unsigned_abs))?)
}

/// What of a study cannot be read at all: what is odd about the study itself, and the trials without a number.
pub(crate) fn left_out<D: Database>(db: &mut D, study: StudyId) -> Answer<D, Vec<String>> {
    let mut notes = studies::left_out(db, study)?;
    let sql = "SELECT number FROM trials
               WHERE study_id = $1 AND (number BETWEEN 0 AND $2 AND number = CAST(number AS INTEGER)) IS NOT TRUE
               ORDER BY trial_id";
    let values = [Cell::Int(study.0), Cell::Int(*NUMBERS.end())];
    db.each(sql, &values, |[number]| notes.push(unnumbered(number)))?;
    Ok(notes)
}

pub(crate) fn counts<D: Database>(db: &mut D, study: StudyId) -> Answer<D, Counts> {
    studies::require(db, study)?;
    let sql = "SELECT state, count(*) FROM trials
               WHERE study_id = $1 AND number BETWEEN 0 AND $2 AND number = CAST(number AS INTEGER) GROUP BY state";
    let mut counts = Counts::default();
    db.each(sql, &[Cell::Int(study.0), Cell::Int(*NUMBERS.end())], |[state, count]| {
        let state = state.text().and_then(State::from_word).unwrap_or(State::Fail);
        counts.add(state, count.whole(0, i64::MAX).unwrap_or(0) as usize);
    })?;
    Ok(counts)
}

pub(crate) fn attempts<D: Database>(db: &mut D, study: StudyId, number: u64) -> Answer<D, Vec<Attempt>> {
    let id = find(db, study, number)?;
    attempts_at(db, id)
}

pub(crate) fn attempts_of<D: Database>(db: &mut D, study: StudyId, key: &str) -> Answer<D, Vec<Attempt>> {
    studies::require(db, study)?;
    let sql = "SELECT trial_id FROM trials JOIN tinderbox_trials USING (trial_id)
               WHERE trials.study_id = $1 AND trial_key = $2 LIMIT 1";
    let found = db.number(sql, &[Cell::Int(study.0), Cell::Text(key)])?;
    found.map_or_else(|| Ok(Vec::new()), |id| attempts_at(db, id))
}

fn attempts_at<D: Database>(db: &mut D, id: i64) -> Answer<D, Vec<Attempt>> {
    let sql = "SELECT attempt, worker, claimed, ended, outcome, reason, refused FROM tinderbox_attempts
               WHERE trial_id = $1 ORDER BY attempt";
    let mut attempts = Vec::new();
    db.each(sql, &[Cell::Int(id)], |cells| attempts.push(attempt(cells)))?;
    Ok(attempts)
}

/// A row of Tinderbox's own table. One that is damaged is not taken for a result: it reads as a failure that says so.
fn attempt([number, worker, leased, ended, outcome, reason, refused]: [Cell<'_>; 7]) -> Attempt {
    let mut damage = Vec::new();
    let mut readable = |what: &str, why: String| damage.push(format!("its {what} {why}"));
    let number = number.whole(0, i64::MAX).map_err(|why| readable("number", why));
    let worker = worker.text().map(str::to_owned).map_err(|why| readable("worker", why));
    let leased = leased.moment().map_err(|why| readable("beginning", why));
    let ended = ended.moment().map_err(|why| readable("end", why));
    let outcome = outcome.text().and_then(AttemptOutcome::from_word);
    let outcome = outcome.map_err(|why| readable("outcome", why));
    let [reason, refused] = [reason, refused].map(|cell| cell.text().ok().map(str::to_owned));
    let damaged = (!damage.is_empty()).then(|| format!("damaged: {}", damage.join(", ")));
    Attempt {
        number: number.map_or(0, i64::unsigned_abs),
        worker: worker.unwrap_or_default(),
        leased: leased.ok().flatten().unwrap_or(Timestamp::MIN),
        ended: ended.ok().flatten(),
        outcome: outcome.ok().filter(|_| damaged.is_none()).unwrap_or(AttemptOutcome::Fail),
        reason: damaged.or(reason),
        refused,
    }
}

pub(crate) fn attachment<D: Database>(
    db: &mut D,
    study: StudyId,
    number: u64,
    name: &str,
) -> Answer<D, Option<Vec<u8>>> {
    let id = find(db, study, number)?;
    let sql = "SELECT content FROM tinderbox_trial_attachments WHERE trial_id = $1 AND name = $2";
    db.first(sql, &[Cell::Int(id), Cell::Text(name)], |[content]| content.bytes())
}

/// The parameters of a trial that is to be tried.
///
/// # Errors
/// If one of them cannot be read: the trial would be another one.
pub(crate) fn parameters<D: Database>(db: &mut D, id: i64) -> Answer<D, Point> {
    let mut parameters = Ok(Point::default());
    db.each(PARAMETERS, &[Cell::Int(id)], |[name, distribution, stored]| {
        let read = name.text().and_then(|text| Ok((text, parameter(distribution, stored)?.0)));
        match (&mut parameters, read) {
            (Ok(point), Ok((name, parameter))) => _ = point.insert(name, parameter),
            (Ok(_), Err(why)) => parameters = Err(format!("parameter {name} of a trial: {why}")),
            (Err(_), _) => {}
        }
    })?;
    parameters.map_err(D::damaged)
}

pub(crate) fn attributes<D: Database>(db: &mut D, id: i64) -> Answer<D, BTreeMap<String, Value>> {
    let mut attributes = BTreeMap::new();
    db.each(ATTRIBUTES, &[Cell::Int(id)], |[key, value]| {
        attributes.extend(key.text().ok().zip(json(value).ok()).map(|(key, value)| (key.to_owned(), value)));
    })?;
    Ok(attributes)
}

pub(crate) fn intermediate_values<D: Database>(db: &mut D, id: i64) -> Answer<D, BTreeMap<u32, f64>> {
    let mut values = BTreeMap::new();
    db.each(REPORTS, &[Cell::Int(id)], |[step, value, kind]| {
        values.extend(report(D::step(step), value, kind));
    })?;
    Ok(values)
}

fn find<D: Database>(db: &mut D, study: StudyId, number: u64) -> Answer<D, i64> {
    studies::require(db, study)?;
    let sql = "SELECT trial_id FROM trials WHERE study_id = $1 AND number = $2 ORDER BY trial_id LIMIT 1";
    let column = i64::try_from(number).unwrap_or(-1);
    let found = db.number(sql, &[Cell::Int(study.0), Cell::Int(column)])?;
    Ok(found.ok_or(StorageError::UnknownTrial { study, number })?)
}
