//! What a lease may write while it holds: heartbeats, intermediate values, the result.

use std::time::{Duration, SystemTime};

use postgres::SimpleQueryRow;

use super::error::{Failure, Reason};
use super::queue;
use super::session::{Db, attempt_column, study_row, text, trial_row, whole};
use super::values::step_column;
use crate::storage::columns::{self, Word};
use crate::storage::sql::{studies, trials};
use crate::storage::{StorageError, pruned_value};
use crate::timestamp::Timestamp;
use crate::trial::{AttemptOutcome, FinalState, Lease, State, TrialResult};

pub(super) fn heartbeat(db: &mut Db, lease: &Lease, now: Timestamp) -> Result<(), Failure> {
    let trial = Locked::by(db, lease)?;
    let length = trial.held(lease)?;
    let sql = "UPDATE tinderbox_attempts SET expires = $3 WHERE trial_id = $1 AND attempt = $2";
    db.execute(sql, &[&trial.id, &attempt_column(lease.attempt), &SystemTime::from(now + length)])?;
    queue::beat(db, trial.id, now)
}

pub(super) fn report(db: &mut Db, lease: &Lease, step: u32, value: f64) -> Result<(), Failure> {
    let trial = Locked::by(db, lease)?;
    trial.held(lease)?;
    let (value, kind) = columns::split(value);
    db.execute(
        "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type)
         VALUES ($1, $2, $3, $4::text::trialintermediatevaluetype)
         ON CONFLICT (trial_id, step) DO UPDATE SET
             intermediate_value = excluded.intermediate_value,
             intermediate_value_type = excluded.intermediate_value_type",
        &[&trial.id, &step_column(step), &value, &kind],
    )?;
    Ok(())
}

/// Stores the result; the inner error is a refusal that is itself worth storing.
///
/// `lost` is the answer of an earlier try of this very call, of which it is not known whether it was committed.
pub(super) fn tell(
    db: &mut Db,
    lost: Option<&Result<(), StorageError>>,
    lease: &Lease,
    result: &TrialResult,
    now: Timestamp,
) -> Result<Result<(), StorageError>, Failure> {
    let trial = Locked::by(db, lease)?;
    result.check(lease.number, trial.objectives)?;
    match trial.held(lease) {
        Err(error @ StorageError::Fenced { .. }) => {
            // Without an attempt of its own there is only that of the worker that began the trial again.
            if trial.attempt.is_some() {
                remember_refusal(db, trial.id, lease, &result.state)?;
            }
            return Ok(Err(error));
        }
        // Only this lease can have told it.
        Err(StorageError::AlreadyTold { .. }) if matches!(lost, Some(Ok(()))) => {
            return Ok(Ok(()));
        }
        other => other?,
    };
    let (state, outcome, values, reason) = match &result.state {
        FinalState::Complete { values } => (State::Complete, AttemptOutcome::Complete, values.clone(), None),
        FinalState::Pruned => {
            let reported = trials::intermediate_values(db, trial.id.into())?.into_values().last();
            let kept = pruned_value(reported, trial.objectives);
            (State::Pruned, AttemptOutcome::Pruned, kept.into_iter().collect(), None)
        }
        FinalState::Fail { reason } => {
            (State::Fail, AttemptOutcome::Fail, Vec::new(), Some(reason.replace('\0', NUL)))
        }
    };
    let (numbers, kinds): (Vec<_>, Vec<_>) = values.into_iter().map(columns::split).unzip();
    let keys: Vec<_> = result.attributes.keys().collect();
    let attributes: Vec<_> = result.attributes.values().map(ToString::to_string).collect();
    db.execute(
        "WITH ended AS (
             UPDATE tinderbox_attempts SET outcome = $4, ended = $5, reason = $6
             WHERE trial_id = $1 AND attempt = $2
         ), unvalued AS (
             DELETE FROM trial_values
             WHERE trial_id = $1 AND objective NOT BETWEEN 0 AND cardinality($7::float8[]) - 1
         ), valued AS (
             INSERT INTO trial_values (trial_id, objective, value, value_type)
             SELECT $1, place - 1, value, kind::trialvaluetype
             FROM unnest($7::float8[], $8::text[]) WITH ORDINALITY AS new (value, kind, place)
             ON CONFLICT (trial_id, objective) DO UPDATE SET value = excluded.value, value_type = excluded.value_type
         ), noted AS (
             INSERT INTO trial_user_attributes (trial_id, key, value_json)
             SELECT $1, new.key, value FROM unnest($9::text[], $10::text[]) AS new (key, value)
             ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json
         ), unfiled AS (
             DELETE FROM tinderbox_trial_attachments WHERE trial_id = $1
         ), unbound AS (
             DELETE FROM trial_system_attributes WHERE trial_id = $1 AND key = 'constraints'
         )
         UPDATE trials SET state = $3::text::trialstate, datetime_complete = $5 WHERE trial_id = $1",
        &[
            &trial.id,
            &attempt_column(lease.attempt),
            &state.word(),
            &outcome.word(),
            &SystemTime::from(now),
            &reason,
            &numbers,
            &kinds,
            &keys,
            &attributes,
        ],
    )?;
    add(db, trial.id, result)?;
    Ok(Ok(()))
}

/// PostgreSQL's text holds no NUL, and a failure that says one is still told.
const NUL: &str = "\u{fffd}";

/// Adds constraints and files; those of an earlier attempt are gone. Constraints lie where Optuna keeps them: in a system
/// attribute, null where there are none.
fn add(db: &mut Db, id: i32, result: &TrialResult) -> Result<(), Failure> {
    if !result.constraints.is_empty() {
        db.execute(
            "INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES ($1, 'constraints', $2)",
            &[&id, &columns::constraints(&result.constraints)],
        )?;
    }
    for (name, content) in &result.attachments {
        db.execute(
            "INSERT INTO tinderbox_trial_attachments (trial_id, name, content) VALUES ($1, $2, $3)",
            &[&id, name, content],
        )?;
    }
    Ok(())
}

/// The trial of a lease, which nobody else changes until the transaction ends.
struct Locked {
    id: i32,
    state: State,
    /// How many its study has.
    objectives: usize,
    /// How the attempt of the lease stands, and the length of its lease.
    attempt: Option<(AttemptOutcome, Duration)>,
}

impl Locked {
    fn by(db: &mut Db, lease: &Lease) -> Result<Self, Failure> {
        let (study, id) = (study_row(lease.study), trial_row(lease.trial));
        let attempt = attempt_column(lease.attempt);
        // The second statement sees what the previous holder of the lock has written.
        let [trials, attempts] = db.together(&[
            format!(
                "SELECT trial_id, state, (SELECT count(*) FROM study_directions WHERE study_id = {study})
                 FROM trials WHERE study_id = {study} AND trial_id = {id} FOR NO KEY UPDATE OF trials"
            ),
            format!(
                "SELECT outcome, lease_micros, worker, trial_key
                 FROM trials JOIN tinderbox_trials USING (trial_id)
                 JOIN tinderbox_attempts ON tinderbox_attempts.trial_id = trials.trial_id
                     AND tinderbox_attempts.attempt = {attempt}
                 WHERE trials.study_id = {study} AND trials.trial_id = {id}"
            ),
        ])?;
        let Some(trial) = trials.first() else {
            studies::require(db, lease.study)?;
            // The holder of a lease has seen the trial: a crash of the server took it away.
            return Err(lease.fenced().into());
        };
        // After such a crash another worker may have begun a trial with this number, and its attempts count from 1 again.
        let own = |row: &&SimpleQueryRow| {
            row.get("worker") == Some(&*lease.worker) && row.get("trial_key") == Some(&*lease.key)
        };
        let damaged = |why: String| Reason::Damaged(format!("a word {why}"));
        let attempt = attempts.iter().find(own).map(|row| -> Result<_, Failure> {
            let length = Duration::from_micros(whole(row, 1)?);
            Ok((AttemptOutcome::from_word(text(row, 0)?).map_err(damaged)?, length))
        });
        Ok(Self {
            id: whole(trial, 0)?,
            state: State::from_word(text(trial, 1)?).map_err(damaged)?,
            objectives: whole(trial, 2)?,
            attempt: attempt.transpose()?,
        })
    }

    /// The length of the lease, if the lease still holds.
    fn held(&self, lease: &Lease) -> Result<Duration, StorageError> {
        lease.holds(Some(self.state), self.attempt.map(|(outcome, _)| outcome))?;
        Ok(self.attempt.map_or(Duration::ZERO, |(_, length)| length))
    }
}

fn remember_refusal(db: &mut Db, id: i32, lease: &Lease, state: &FinalState) -> Result<(), Failure> {
    db.execute(
        "UPDATE tinderbox_attempts SET refused = $3 WHERE trial_id = $1 AND attempt = $2",
        &[&id, &attempt_column(lease.attempt), &state.to_string().replace('\0', NUL)],
    )?;
    Ok(())
}
