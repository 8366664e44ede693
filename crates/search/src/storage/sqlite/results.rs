//! What a lease may write while it holds: heartbeats, intermediate values, the result.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::error::Failure;
use super::values::{Db, cell};
use super::{cached, queue, snapshot};
use crate::storage::columns::Word;
use crate::storage::sql::{studies, trials};
use crate::storage::{StorageError, columns, pruned_value};
use crate::timestamp::Timestamp;
use crate::trial::{AttemptOutcome, FinalState, Lease, State, TrialResult};

pub(super) fn heartbeat(db: &mut Db, lease: &Lease, now: Timestamp) -> Result<(), Failure> {
    let held = Held::by(db, lease)?;
    cached::execute(
        db,
        "UPDATE tinderbox_attempts SET expires = ?3 WHERE trial_id = ?1 AND attempt = ?2",
        params![held.id, lease.attempt, now + held.length],
    )?;
    queue::beat(db, held.id, now)
}

pub(super) fn report(db: &mut Db, lease: &Lease, step: u32, value: f64) -> Result<(), Failure> {
    let held = Held::by(db, lease)?;
    let (value, kind) = columns::split(value);
    cached::execute(
        db,
        "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (trial_id, step) DO UPDATE SET
             intermediate_value = excluded.intermediate_value,
             intermediate_value_type = excluded.intermediate_value_type",
        params![held.id, step, value, kind],
    )?;
    Ok(())
}

/// Stores the result; the inner error is a refusal that is itself worth storing.
pub(super) fn tell(
    db: &mut Db,
    lease: &Lease,
    result: &TrialResult,
    now: Timestamp,
) -> Result<Result<(), StorageError>, Failure> {
    studies::require(db, lease.study)?;
    let objectives = snapshot::objectives(db, lease.study)?;
    result.check(lease.number, objectives)?;
    let held = match Held::by(db, lease) {
        Err(Failure::Refused(error @ StorageError::Fenced { .. })) => {
            remember_refusal(db, lease, &result.state)?;
            return Ok(Err(error));
        }
        other => other?,
    };
    let (state, outcome, reason) = match &result.state {
        FinalState::Complete { values } => {
            set_values(db, held.id, values)?;
            (State::Complete, AttemptOutcome::Complete, None)
        }
        FinalState::Pruned => {
            let last = trials::intermediate_values(db, held.id)?.into_values().last();
            let value = pruned_value(last, objectives);
            set_values(db, held.id, value.as_slice())?;
            (State::Pruned, AttemptOutcome::Pruned, None)
        }
        FinalState::Fail { reason } => {
            set_values(db, held.id, &[])?;
            (State::Fail, AttemptOutcome::Fail, Some(reason))
        }
    };
    cached::execute(
        db,
        "UPDATE trials SET state = ?2, datetime_complete = ?3 WHERE trial_id = ?1",
        params![held.id, state, now],
    )?;
    cached::execute(
        db,
        "UPDATE tinderbox_attempts SET outcome = ?3, ended = ?4, reason = ?5 WHERE trial_id = ?1 AND attempt = ?2",
        params![held.id, lease.attempt, outcome, now, reason],
    )?;
    queue::set_attributes(db, held.id, &result.attributes)?;
    set_constraints(db, held.id, &result.constraints)?;
    cached::execute(db, "DELETE FROM tinderbox_trial_attachments WHERE trial_id = ?1", [held.id])?;
    for (name, content) in &result.attachments {
        cached::execute(
            db,
            "INSERT INTO tinderbox_trial_attachments (trial_id, name, content) VALUES (?1, ?2, ?3)",
            params![held.id, name, content],
        )?;
    }
    Ok(Ok(()))
}

/// In place of what another program may have put there.
fn set_values(db: &mut Db, id: i64, values: &[f64]) -> Result<(), Failure> {
    cached::execute(db, "DELETE FROM trial_values WHERE trial_id = ?1", [id])?;
    let mut insert = db.prepare_cached(
        "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (trial_id, objective) DO UPDATE SET value = excluded.value, value_type = excluded.value_type",
    )?;
    for (objective, value) in (0_u32..).zip(values) {
        let (value, kind) = columns::split(*value);
        insert.execute(params![id, objective, value, kind])?;
    }
    Ok(())
}

/// Where Optuna keeps them: a system attribute, null where there are none.
fn set_constraints(db: &mut Db, id: i64, constraints: &[f64]) -> Result<(), Failure> {
    cached::execute(
        db,
        "DELETE FROM trial_system_attributes WHERE trial_id = ?1 AND key = 'constraints'",
        [id],
    )?;
    if !constraints.is_empty() {
        cached::execute(
            db,
            "INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (?1, 'constraints', ?2)",
            params![id, columns::constraints(constraints)],
        )?;
    }
    Ok(())
}

/// A trial whose lease still holds.
struct Held {
    id: i64,
    length: Duration,
}

impl Held {
    fn by(db: &mut Db, lease: &Lease) -> Result<Self, Failure> {
        studies::require(db, lease.study)?;
        let mut select = db.prepare_cached(
            "SELECT state, outcome, lease_micros FROM trials
             LEFT JOIN tinderbox_attempts
             ON tinderbox_attempts.trial_id = trials.trial_id AND attempt = ?3 AND worker = ?4
             WHERE study_id = ?1 AND trials.trial_id = ?2",
        )?;
        let row = select
            .query_row(params![lease.study.0, lease.trial.0, lease.attempt, lease.worker], |row| {
                // A word that nobody knows is not RUNNING: then the lease holds no more.
                let state = cell(row, 0)?.text().and_then(State::from_word).ok();
                let outcome = cell(row, 1)?.text().and_then(AttemptOutcome::from_word).ok();
                Ok((state, outcome, cell(row, 2)?.whole(0, i64::MAX).ok()))
            })
            .optional()?;
        let unknown = StorageError::UnknownTrial { study: lease.study, number: lease.number };
        let (state, outcome, length) = row.ok_or(unknown)?;
        lease.holds(state, outcome)?;
        Ok(Self { id: lease.trial.0, length: Duration::from_micros(length.map_or(0, i64::unsigned_abs)) })
    }
}

fn remember_refusal(db: &mut Db, lease: &Lease, state: &FinalState) -> Result<(), Failure> {
    cached::execute(
        db,
        "UPDATE tinderbox_attempts SET refused = ?4 WHERE trial_id = ?1 AND attempt = ?2 AND worker = ?3",
        params![lease.trial.0, lease.attempt, lease.worker, state.to_string()],
    )?;
    Ok(())
}
