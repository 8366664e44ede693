//! How a trial is added to a study: enqueued, started at once, or adopted from the queue of another program.

use rusqlite::{OptionalExtension, params};

use super::error::Failure;
use super::values::Db;
use super::{cached, queue};
use crate::space::Point;
use crate::storage::sql::{studies, trials};
use crate::storage::{LeaseTerms, StudyId, TrialId, check_name, columns};
use crate::timestamp::Timestamp;
use crate::trial::{Lease, NewTrial, State};

pub(super) fn enqueue(db: &mut Db, study: StudyId, trial: &NewTrial) -> Result<u64, Failure> {
    studies::require(db, study)?;
    trial.check()?;
    let known = "SELECT number FROM trials JOIN tinderbox_trials USING (trial_id)
                 WHERE tinderbox_trials.study_id = ?1 AND trial_key = ?2";
    if let Some(number) = cached::row(db, known, params![study.0, trial.key], |row| row.get(0)).optional()? {
        return Ok(number);
    }
    let number = trials::next(db, study)?;
    insert(db, study, number, trial, None)?;
    Ok(number)
}

pub(super) fn start(
    db: &mut Db,
    study: StudyId,
    number: u64,
    trial: &NewTrial,
    worker: &str,
    now: Timestamp,
    terms: LeaseTerms,
) -> Result<Option<Lease>, Failure> {
    studies::require(db, study)?;
    trial.check()?;
    check_name("worker", worker)?;
    let mut known =
        db.prepare_cached("SELECT 1 FROM tinderbox_trials WHERE study_id = ?1 AND trial_key = ?2")?;
    if trials::next(db, study)? != number || known.exists(params![study.0, trial.key])? {
        return Ok(None);
    }
    // Written as it is to stay: a waiting trial that is begun would be written twice.
    let id = insert(db, study, number, trial, Some(now))?;
    queue::begin_attempt(db, id, 1, worker, now, terms)?;
    Ok(Some(trial.leased(study, TrialId(id), number, worker)))
}

/// A trial's row is below this: what refers to a row beyond is damage, and leaves room for trials below.
const ROWS_END: i64 = 1 << 62;

/// Adds a trial that waits, or whose first attempt begins at a moment; returns its row.
///
/// SQLite would give it the row of a trial that was deleted, to which other tables may still have something to say.
/// Those hold whatever was written, fractions too: the next row is the whole number above.
fn insert(
    db: &mut Db,
    study: StudyId,
    number: u64,
    trial: &NewTrial,
    begins: Option<Timestamp>,
) -> Result<i64, Failure> {
    let state = if begins.is_some() { State::Running } else { State::Waiting };
    let id = db
        .prepare_cached(
            "INSERT INTO trials (trial_id, number, study_id, state, datetime_start)
             SELECT CAST(max(last) AS INTEGER) + 1, ?1, ?2, ?3, ?4 FROM (
                 SELECT max(trial_id) AS last FROM trials WHERE trial_id < ?5
                 UNION ALL SELECT max(trial_id) FROM trial_params WHERE trial_id < ?5
                 UNION ALL SELECT max(trial_id) FROM trial_values WHERE trial_id < ?5
                 UNION ALL SELECT max(trial_id) FROM trial_user_attributes WHERE trial_id < ?5
                 UNION ALL SELECT max(trial_id) FROM trial_system_attributes WHERE trial_id < ?5
                 UNION ALL SELECT max(trial_id) FROM trial_intermediate_values WHERE trial_id < ?5
                 UNION ALL SELECT max(trial_id) FROM trial_heartbeats WHERE trial_id < ?5
                 UNION ALL SELECT max(trial_id) FROM tinderbox_trials WHERE trial_id < ?5
                 UNION ALL SELECT max(trial_id) FROM tinderbox_attempts WHERE trial_id < ?5
             )",
        )?
        .insert(params![number, study.0, state, begins, ROWS_END])?;
    cached::execute(
        db,
        "INSERT INTO tinderbox_trials (trial_id, study_id, trial_key, attempt) VALUES (?1, ?2, ?3, ?4)",
        params![id, study.0, trial.key, begins.is_some()],
    )?;
    set_parameters(db, id, &trial.parameters)?;
    queue::set_attributes(db, id, &trial.attributes)?;
    Ok(id)
}

/// Gives a trial of another program that waits a key, parameters and attributes.
pub(super) fn adopt(db: &mut Db, study: StudyId, queued: TrialId, trial: &NewTrial) -> Result<bool, Failure> {
    studies::require(db, study)?;
    trial.check()?;
    let adopted = cached::execute(
        db,
        "INSERT INTO tinderbox_trials (trial_id, study_id, trial_key)
         SELECT trial_id, study_id, ?3 FROM trials WHERE trial_id = ?2 AND study_id = ?1 AND state = 'WAITING'
         ON CONFLICT DO NOTHING",
        params![study.0, queued.0, trial.key],
    )?;
    if adopted == 0 {
        return Ok(false);
    }
    cached::execute(db, "DELETE FROM trial_params WHERE trial_id = ?1", [queued.0])?;
    set_parameters(db, queued.0, &trial.parameters)?;
    queue::set_attributes(db, queued.0, &trial.attributes)?;
    Ok(true)
}

fn set_parameters(db: &mut Db, id: i64, parameters: &Point) -> Result<(), Failure> {
    let mut insert = db.prepare_cached(
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (name, parameter) in parameters.iter() {
        let distribution = columns::distribution(parameter.distribution());
        insert.execute(params![id, name, parameter.stored(), distribution])?;
    }
    Ok(())
}
