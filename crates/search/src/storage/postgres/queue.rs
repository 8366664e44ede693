//! The queue: trials are leased, taken over, released and retried.
//!
//! Who changes a trial locks its row in `trials` first, as Optuna does, and looks at it again afterwards: a statement
//! that waited for the lock has read the other tables as they were before.

use std::time::SystemTime;

use postgres::Row;

use super::error::{Failure, Reason};
use super::session::{Db, attempt_column, number_column, study_row, trial_row};
use crate::storage::columns::{self, Word};
use crate::storage::sql::{studies, trials};
use crate::storage::{LeaseTerms, StudyId, TrialId, check_name, given_up};
use crate::timestamp::Timestamp;
use crate::trial::{AttemptOutcome, Lease, State};

/// `lost` is the answer of an earlier try of this very call, of which it is not known whether it was committed.
pub(super) fn lease(
    db: &mut Db,
    lost: Option<&Option<Lease>>,
    (study, limit): (StudyId, u64),
    (worker, now, terms): (&str, Timestamp, LeaseTerms),
) -> Result<Option<Lease>, Failure> {
    check_name("worker", worker)?;
    if let Some(Some(lease)) = lost
        && is_stored(db, lease, now)?
    {
        return Ok(Some(lease.clone()));
    }
    loop {
        let found = db.row(
            "SELECT trial_id FROM trials
             JOIN tinderbox_trials USING (trial_id)
             LEFT JOIN tinderbox_attempts USING (trial_id, attempt)
             WHERE trials.study_id = $1 AND number BETWEEN 0 AND $3 - 1 AND state IN ('WAITING', 'RUNNING')
               AND (state = 'WAITING' OR (state = 'RUNNING' AND outcome = 'RUNNING' AND expires < $2))
             ORDER BY number, trial_id LIMIT 1 FOR NO KEY UPDATE OF trials SKIP LOCKED",
            &[&study_row(study), &SystemTime::from(now), &number_column(limit)],
        )?;
        let Some(found) = found else {
            studies::require(db, study)?;
            return Ok(None);
        };
        let id: i32 = found.try_get(0)?;
        let row = db.one(
            "SELECT state::text, number, trial_key, attempt, coalesce(outcome = 'RUNNING' AND expires < $2, false)
             FROM trials JOIN tinderbox_trials USING (trial_id)
             LEFT JOIN tinderbox_attempts USING (trial_id, attempt) WHERE trial_id = $1",
            &[&id, &SystemTime::from(now)],
        )?;
        let state = State::from_word(row.try_get(0)?);
        match state.map_err(|why| Reason::Damaged(format!("a word {why}")))? {
            State::Waiting => {
                if let Some(lease) = leased(db, study, (id, &row), worker, now, terms)? {
                    return Ok(Some(lease));
                }
            }
            State::Running if row.try_get(4)? => lose(db, id, AttemptOutcome::Expired, now)?,
            // Another was faster: the next look sees that.
            _ => {}
        }
    }
}

/// Begins the next attempt at a trial that waits; a trial whose parameters cannot be read fails instead.
fn leased(
    db: &mut Db,
    study: StudyId,
    (id, row): (i32, &Row),
    worker: &str,
    now: Timestamp,
    terms: LeaseTerms,
) -> Result<Option<Lease>, Failure> {
    // A damaged row may hold any number.
    let attempt = row.try_get::<_, i64>(3)?.clamp(0, u32::MAX.into()) + 1;
    begin(db, id, attempt, worker, now, terms)?;
    let parameters = match trials::parameters(db, id.into()) {
        // It would be another trial, and it holds nobody up.
        Err(Failure::Database(Reason::Damaged(why))) => {
            fail(db, id, attempt, &why, now)?;
            return Ok(None);
        }
        parameters => parameters?,
    };
    Ok(Some(Lease {
        study,
        trial: TrialId(id.into()),
        number: row.try_get::<_, i32>(1)? as u64,
        attempt: attempt as u64,
        worker: worker.to_owned(),
        key: row.try_get(2)?,
        parameters,
        attributes: trials::attributes(db, id.into())?,
    }))
}

pub(super) fn release(db: &mut Db, study: StudyId, worker: &str, now: Timestamp) -> Result<usize, Failure> {
    studies::require(db, study)?;
    let held = "SELECT trial_id FROM trials
                JOIN tinderbox_trials USING (trial_id)
                JOIN tinderbox_attempts USING (trial_id, attempt)
                WHERE trials.study_id = $1 AND state = 'RUNNING' AND outcome = 'RUNNING' AND worker = $2
                ORDER BY trial_id FOR NO KEY UPDATE OF trials";
    // Once to lock them, once more to see which of them are still held.
    db.rows(held, &[&study_row(study), &worker])?;
    let held = db.rows(held, &[&study_row(study), &worker])?;
    for row in &held {
        lose(db, row.try_get(0)?, AttemptOutcome::Released, now)?;
    }
    Ok(held.len())
}

pub(super) fn retry(db: &mut Db, study: StudyId, keys: &[String], now: Timestamp) -> Result<usize, Failure> {
    studies::require(db, study)?;
    let failed = db.rows(
        "SELECT trial_id FROM trials JOIN tinderbox_trials USING (trial_id)
         WHERE trials.study_id = $1 AND state = 'FAIL' AND trial_key = ANY ($2)
         ORDER BY trial_id FOR NO KEY UPDATE OF trials",
        &[&study_row(study), &keys],
    )?;
    let failed: Vec<i32> = failed.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    // Only a trial that another program failed has an attempt that still runs.
    let retried = db.execute(
        "WITH expired AS (
             UPDATE tinderbox_attempts SET outcome = 'EXPIRED', ended = $2
             WHERE outcome = 'RUNNING' AND trial_id = ANY ($1)
         ), forgiven AS (
             UPDATE tinderbox_trials SET forgiven = attempt WHERE trial_id = ANY ($1)
         )
         UPDATE trials SET state = 'WAITING', datetime_start = NULL, datetime_complete = NULL
         WHERE trial_id = ANY ($1)",
        &[&failed, &SystemTime::from(now)],
    )?;
    Ok(retried as usize)
}

/// Says that the trial's attempt is alive, to Tinderbox and to Optuna, which compares with the clock of its session.
pub(super) fn beat(db: &mut Db, id: i32, now: Timestamp) -> Result<(), Failure> {
    db.execute(
        "INSERT INTO trial_heartbeats (trial_id, heartbeat)
         VALUES ($1, ($2::timestamp AT TIME ZONE 'UTC')::timestamp)
         ON CONFLICT (trial_id) DO UPDATE SET heartbeat = excluded.heartbeat",
        &[&id, &SystemTime::from(now)],
    )?;
    Ok(())
}

/// Begins attempt `attempt` of a waiting trial.
fn begin(
    db: &mut Db,
    id: i32,
    attempt: i64,
    worker: &str,
    now: Timestamp,
    terms: LeaseTerms,
) -> Result<(), Failure> {
    let (micros, attempts) = columns::terms(terms);
    db.execute(
        "WITH running AS (
             UPDATE trials SET state = 'RUNNING', datetime_start = $6 WHERE trial_id = $1
         ), dropped AS (
             DELETE FROM trial_intermediate_values WHERE trial_id = $1
         ), counted AS (
             UPDATE tinderbox_trials SET attempt = $2 WHERE trial_id = $1
         )
         INSERT INTO tinderbox_attempts
         (trial_id, attempt, worker, lease_micros, lease_attempts, claimed, expires, outcome)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'RUNNING')",
        &[
            &id,
            &attempt,
            &worker,
            &micros,
            &attempts,
            &SystemTime::from(now),
            &SystemTime::from(now + terms.length),
        ],
    )?;
    beat(db, id, now)
}

/// Ends a running attempt and its trial with it.
fn fail(db: &mut Db, id: i32, attempt: i64, reason: &str, now: Timestamp) -> Result<(), Failure> {
    db.execute(
        "WITH ended AS (
             UPDATE tinderbox_attempts SET outcome = 'FAIL', ended = $3, reason = $4
             WHERE trial_id = $1 AND attempt = $2
         ), silent AS (
             DELETE FROM trial_heartbeats WHERE trial_id = $1
         )
         UPDATE trials SET state = 'FAIL', datetime_complete = $3 WHERE trial_id = $1",
        &[&id, &attempt, &SystemTime::from(now), &reason],
    )?;
    Ok(())
}

/// Ends the running attempt of a trial, which waits again, or fails if no attempt is left.
fn lose(db: &mut Db, id: i32, outcome: AttemptOutcome, now: Timestamp) -> Result<(), Failure> {
    let row = db.one(
        "SELECT attempt, forgiven, lease_attempts
         FROM tinderbox_trials JOIN tinderbox_attempts USING (trial_id, attempt) WHERE trial_id = $1",
        &[&id],
    )?;
    let (attempt, forgiven, allowed): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let used = attempt.saturating_sub(forgiven);
    let reason = (used >= allowed).then(|| given_up(used.max(0).unsigned_abs()));
    db.execute(
        "WITH ended AS (
             UPDATE tinderbox_attempts SET outcome = $3, ended = $4, reason = $5
             WHERE trial_id = $1 AND attempt = $2
         ), silent AS (
             DELETE FROM trial_heartbeats WHERE trial_id = $1
         )
         UPDATE trials SET
             state = CASE WHEN $5 IS NULL THEN 'WAITING' ELSE 'FAIL' END::trialstate,
             datetime_start = CASE WHEN $5 IS NULL THEN NULL ELSE datetime_start END,
             datetime_complete = CASE WHEN $5 IS NULL THEN datetime_complete ELSE $4 END
         WHERE trial_id = $1",
        &[&id, &attempt, &outcome.word(), &SystemTime::from(now), &reason],
    )?;
    Ok(())
}

/// Whether a lease whose commit had no answer was committed. Waits until that is settled.
pub(super) fn is_stored(db: &mut Db, lease: &Lease, now: Timestamp) -> Result<bool, Failure> {
    let sql = "SELECT trial_id FROM trials WHERE study_id = $1 AND trial_id = $2 FOR NO KEY UPDATE";
    let Some(row) = db.row(sql, &[&study_row(lease.study), &trial_row(lease.trial)])? else {
        return Ok(false);
    };
    let stored = db.row(
        "SELECT 1 FROM tinderbox_attempts WHERE trial_id = $1 AND attempt = $2 AND worker = $3 AND claimed = $4",
        &[&row.try_get::<_, i32>(0)?, &attempt_column(lease.attempt), &lease.worker, &SystemTime::from(now)],
    )?;
    Ok(stored.is_some())
}
