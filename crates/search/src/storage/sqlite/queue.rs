//! The queue: trials are leased, taken over, released and retried.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::cached;
use super::error::{Failure, Reason};
use super::values::{Db, cell};
use crate::storage::sql::{studies, trials};
use crate::storage::{LAST_NUMBER, LeaseTerms, StudyId, TrialId, check_name, columns, given_up};
use crate::timestamp::Timestamp;
use crate::trial::{AttemptOutcome, Lease, State};

pub(super) fn lease(
    db: &mut Db,
    study: StudyId,
    limit: u64,
    worker: &str,
    now: Timestamp,
    terms: LeaseTerms,
) -> Result<Option<Lease>, Failure> {
    studies::require(db, study)?;
    check_name("worker", worker)?;
    let limit = limit.min(LAST_NUMBER + 1);
    let mut first = db.prepare_cached(
        "SELECT trial_id, state FROM trials
         JOIN tinderbox_trials USING (trial_id)
         LEFT JOIN tinderbox_attempts USING (trial_id, attempt)
         WHERE trials.study_id = ?1 AND number >= 0 AND number < ?3 AND typeof(number) = 'integer' AND state IN ('WAITING', 'RUNNING')
           AND (state = 'WAITING' OR (state = 'RUNNING' AND outcome = 'RUNNING' 
                AND (expires < ?2 OR expires NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] *')))
         ORDER BY number, trials.trial_id LIMIT 1",
    )?;
    loop {
        let found =
            first.query_row(params![study.0, now, limit], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match found {
            None => return Ok(None),
            Some((id, State::Waiting)) => {
                if let Some(lease) = begin(db, study, id, worker, now, terms)? {
                    return Ok(Some(lease));
                }
            }
            Some((id, _)) => lose(db, id, AttemptOutcome::Expired, now)?,
        }
    }
}

pub(super) fn release(db: &mut Db, study: StudyId, worker: &str, now: Timestamp) -> Result<usize, Failure> {
    studies::require(db, study)?;
    let mut select = db.prepare_cached(
        "SELECT trial_id FROM trials
         JOIN tinderbox_trials USING (trial_id)
         JOIN tinderbox_attempts USING (trial_id, attempt)
         WHERE trials.study_id = ?1 AND state = 'RUNNING' AND outcome = 'RUNNING' AND worker = ?2",
    )?;
    let held: Vec<i64> =
        select.query_map(params![study.0, worker], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for &id in &held {
        lose(db, id, AttemptOutcome::Released, now)?;
    }
    Ok(held.len())
}

pub(super) fn retry(db: &mut Db, study: StudyId, keys: &[String], now: Timestamp) -> Result<usize, Failure> {
    studies::require(db, study)?;
    // Only a trial that another program failed has an attempt that still runs.
    let mut expire = db.prepare_cached(
        "UPDATE tinderbox_attempts SET outcome = 'EXPIRED', ended = ?2 WHERE outcome = 'RUNNING' AND trial_id = ?1",
    )?;
    let mut failed = db.prepare_cached(
        "SELECT trial_id FROM trials JOIN tinderbox_trials USING (trial_id)
         WHERE trials.study_id = ?1 AND state = 'FAIL' AND trial_key = ?2",
    )?;
    let mut retried = 0;
    for key in keys {
        let found: Vec<i64> =
            failed.query_map(params![study.0, key], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for id in found {
            expire.execute(params![id, now])?;
            cached::execute(db, "UPDATE tinderbox_trials SET forgiven = attempt WHERE trial_id = ?1", [id])?;
            let wait = "UPDATE trials SET state = 'WAITING', datetime_start = NULL, datetime_complete = NULL
                        WHERE trial_id = ?1";
            retried += cached::execute(db, wait, [id])?;
        }
    }
    Ok(retried)
}

/// Adds user attributes to a trial, or puts them in place of its own.
pub(super) fn set_attributes(
    db: &mut Db,
    id: i64,
    attributes: &BTreeMap<String, Value>,
) -> Result<(), Failure> {
    let mut insert = db.prepare_cached(
        "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?1, ?2, ?3)
         ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json",
    )?;
    for (key, value) in attributes {
        insert.execute(params![id, key, value.to_string()])?;
    }
    Ok(())
}

/// Says that the trial's attempt is alive, to Tinderbox and to Optuna.
pub(super) fn beat(db: &mut Db, id: i64, now: Timestamp) -> Result<(), Failure> {
    cached::execute(
        db,
        "INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (?1, ?2)
         ON CONFLICT (trial_id) DO UPDATE SET heartbeat = excluded.heartbeat",
        params![id, now],
    )?;
    Ok(())
}

/// Begins the next attempt of a waiting trial. One that cannot be read any more is not tried: it fails, and says why.
fn begin(
    db: &mut Db,
    study: StudyId,
    id: i64,
    worker: &str,
    now: Timestamp,
    terms: LeaseTerms,
) -> Result<Option<Lease>, Failure> {
    let number = cached::row(
        db,
        "UPDATE trials SET state = ?2, datetime_start = ?3 WHERE trial_id = ?1 RETURNING number",
        params![id, State::Running, now],
        |row| row.get(0),
    )?;
    cached::execute(db, "DELETE FROM trial_intermediate_values WHERE trial_id = ?1", [id])?;
    let (attempt, key): (u64, Result<String, String>) = cached::row(
        db,
        // One more than all attempts before, even if the row is damaged.
        "UPDATE tinderbox_trials SET attempt = 1 + coalesce((
             SELECT max(attempt) FROM (
                 SELECT attempt FROM tinderbox_attempts WHERE trial_id = ?1 UNION ALL
                 SELECT attempt FROM tinderbox_trials WHERE trial_id = ?1
             ) WHERE typeof(attempt) = 'integer' AND attempt BETWEEN 0 AND ?2
         ), 0) WHERE trial_id = ?1 RETURNING attempt, trial_key",
        params![id, i64::from(u32::MAX)],
        |row| Ok((row.get(0)?, cell(row, 1)?.text().map(str::to_owned))),
    )?;
    begin_attempt(db, id, attempt, worker, now, terms)?;
    let read = match (key, trials::parameters(db, id)) {
        (Ok(key), Ok(parameters)) => Ok((key, parameters)),
        (Err(why), _) => Err(format!("the key of the trial {why}")),
        (_, Err(Failure::Database(Reason::Damaged(why)))) => Err(why),
        (_, Err(failure)) => return Err(failure),
    };
    let (key, parameters) = match read {
        Ok(read) => read,
        Err(why) => {
            end(db, id, State::Fail, AttemptOutcome::Fail, now, Some(&why))?;
            return Ok(None);
        }
    };
    Ok(Some(Lease {
        study,
        trial: TrialId(id),
        number,
        attempt,
        worker: worker.to_owned(),
        key,
        parameters,
        attributes: trials::attributes(db, id)?,
    }))
}

/// Adds an attempt that runs.
pub(super) fn begin_attempt(
    db: &mut Db,
    id: i64,
    attempt: u64,
    worker: &str,
    now: Timestamp,
    terms: LeaseTerms,
) -> Result<(), Failure> {
    let (micros, attempts) = columns::terms(terms);
    cached::execute(
        db,
        "INSERT INTO tinderbox_attempts
         (trial_id, attempt, worker, lease_micros, lease_attempts, claimed, expires, outcome)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![id, attempt, worker, micros, attempts, now, now + terms.length, AttemptOutcome::Running],
    )?;
    beat(db, id, now)
}

/// Ends the running attempt of a trial, which waits again, or fails if no attempt is left.
fn lose(db: &mut Db, id: i64, outcome: AttemptOutcome, now: Timestamp) -> Result<(), Failure> {
    // A damaged row holds some number.
    let (attempt, forgiven, allowed): (i64, i64, i64) = cached::row(
        db,
        "SELECT CAST(attempt AS INTEGER), CAST(forgiven AS INTEGER), CAST(lease_attempts AS INTEGER)
         FROM tinderbox_trials JOIN tinderbox_attempts USING (trial_id, attempt) WHERE trial_id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let used = attempt.saturating_sub(forgiven);
    let reason = (used >= allowed).then(|| given_up(used.max(0).unsigned_abs()));
    let state = if reason.is_some() { State::Fail } else { State::Waiting };
    end(db, id, state, outcome, now, reason.as_deref())
}

/// Ends the last attempt of a trial, and leaves the trial in a state.
fn end(
    db: &mut Db,
    id: i64,
    state: State,
    outcome: AttemptOutcome,
    now: Timestamp,
    reason: Option<&str>,
) -> Result<(), Failure> {
    if state == State::Waiting {
        cached::execute(
            db,
            "UPDATE trials SET state = ?2, datetime_start = NULL WHERE trial_id = ?1",
            params![id, state],
        )?;
    } else {
        cached::execute(
            db,
            "UPDATE trials SET state = ?2, datetime_complete = ?3 WHERE trial_id = ?1",
            params![id, state, now],
        )?;
    }
    cached::execute(
        db,
        "UPDATE tinderbox_attempts SET outcome = ?2, ended = ?3, reason = ?4
         WHERE trial_id = ?1 AND attempt = (SELECT attempt FROM tinderbox_trials WHERE trial_id = ?1)",
        params![id, outcome, now, reason],
    )?;
    cached::execute(db, "DELETE FROM trial_heartbeats WHERE trial_id = ?1", [id])?;
    Ok(())
}
