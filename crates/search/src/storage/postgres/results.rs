//! What a claim may write while it holds: heartbeats, intermediate values, the result.

use std::time::{Duration, SystemTime};

use super::error::Failure;
use super::session::{Db, attempt_column, number_column, study_row};
use super::{queue, studies, trials};
use crate::storage::columns::{self, Word};
use crate::storage::{StorageError, pruned_value};
use crate::timestamp::Timestamp;
use crate::trial::{Claim, Outcome, State, Told, Verdict};

pub(super) fn heartbeat(db: &mut Db, claim: &Claim, now: Timestamp) -> Result<(), Failure> {
    let trial = Locked::by(db, claim)?;
    let lease = trial.held(db, claim)?;
    db.execute(
        "UPDATE tinderbox_attempts SET expires = $3 WHERE trial_id = $1 AND attempt = $2",
        &[&trial.id, &attempt_column(claim.attempt), &SystemTime::from(now + lease)],
    )?;
    queue::beat(db, trial.id, now)
}

pub(super) fn report(db: &mut Db, claim: &Claim, step: u32, value: f64) -> Result<(), Failure> {
    let trial = Locked::by(db, claim)?;
    trial.held(db, claim)?;
    let (value, kind) = columns::split(value);
    db.execute(
        "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type)
         VALUES ($1, $2, $3, $4::text::trialintermediatevaluetype)
         ON CONFLICT (trial_id, step) DO UPDATE SET
             intermediate_value = excluded.intermediate_value,
             intermediate_value_type = excluded.intermediate_value_type",
        &[&trial.id, &trials::step_column(step), &value, &kind],
    )?;
    Ok(())
}

/// Stores the result; the inner error is a refusal that is itself worth storing.
///
/// `lost` is the answer of an earlier try of this very call, of which it is not known whether it was committed.
pub(super) fn tell(
    db: &mut Db,
    lost: Option<&Result<(), StorageError>>,
    claim: &Claim,
    told: &Told,
    now: Timestamp,
) -> Result<Result<(), StorageError>, Failure> {
    let trial = Locked::by(db, claim)?;
    told.check(claim.number, trial.objectives)?;
    match trial.held(db, claim) {
        Err(Failure::Refused(error @ StorageError::Fenced { .. })) => {
            remember_refusal(db, trial.id, claim, &told.verdict)?;
            return Ok(Err(error));
        }
        // Only this claim can have told it.
        Err(Failure::Refused(StorageError::AlreadyTold { .. })) if matches!(lost, Some(Ok(()))) => {
            return Ok(Ok(()));
        }
        other => other?,
    };
    let (state, outcome, values, reason) = match &told.verdict {
        Verdict::Complete { values } => (State::Complete, Outcome::Complete, values.clone(), None),
        Verdict::Pruned => {
            let reported = trials::intermediate_values(db, trial.id)?.into_values().last();
            let kept = pruned_value(reported, trial.objectives);
            (State::Pruned, Outcome::Pruned, kept.into_iter().collect(), None)
        }
        Verdict::Fail { reason } => (State::Fail, Outcome::Fail, Vec::new(), Some(reason.replace('\0', NUL))),
    };
    let (numbers, kinds): (Vec<_>, Vec<_>) = values.into_iter().map(columns::split).unzip();
    let keys: Vec<_> = told.attributes.keys().collect();
    let attributes: Vec<_> = told.attributes.values().map(ToString::to_string).collect();
    db.execute(
        "WITH ended AS (
             UPDATE tinderbox_attempts SET outcome = $4, ended = $5, reason = $6
             WHERE trial_id = $1 AND attempt = $2
         ), valued AS (
             INSERT INTO trial_values (trial_id, objective, value, value_type)
             SELECT $1, place - 1, value, kind::trialvaluetype
             FROM unnest($7::float8[], $8::text[]) WITH ORDINALITY AS new (value, kind, place)
         ), noted AS (
             INSERT INTO trial_user_attributes (trial_id, key, value_json)
             SELECT $1, new.key, value FROM unnest($9::text[], $10::text[]) AS new (key, value)
             ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json
         )
         UPDATE trials SET state = $3::text::trialstate, datetime_complete = $5 WHERE trial_id = $1",
        &[
            &trial.id,
            &attempt_column(claim.attempt),
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
    replace(db, trial.id, told)?;
    Ok(Ok(()))
}

/// PostgreSQL's text holds no NUL, and a failure that says one is still told.
const NUL: &str = "\u{fffd}";

/// Puts constraints and files in place of those of an earlier attempt. Constraints lie where Optuna keeps them: in a
/// system attribute, null where there are none.
fn replace(db: &mut Db, id: i32, told: &Told) -> Result<(), Failure> {
    db.execute(
        "WITH dropped AS (DELETE FROM tinderbox_trial_attachments WHERE trial_id = $1)
         DELETE FROM trial_system_attributes WHERE trial_id = $1 AND key = 'constraints'",
        &[&id],
    )?;
    if !told.constraints.is_empty() {
        db.execute(
            "INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES ($1, 'constraints', $2)",
            &[&id, &serde_json::json!(told.constraints).to_string()],
        )?;
    }
    for (name, content) in &told.attachments {
        db.execute(
            "INSERT INTO tinderbox_trial_attachments (trial_id, name, content) VALUES ($1, $2, $3)",
            &[&id, name, content],
        )?;
    }
    Ok(())
}

/// The trial of a claim, which nobody else changes until the transaction ends.
struct Locked {
    id: i32,
    state: State,
    /// How many its study has.
    objectives: usize,
}

impl Locked {
    fn by(db: &mut Db, claim: &Claim) -> Result<Self, Failure> {
        let row = db.row(
            "SELECT trial_id, state::text, (SELECT count(*) FROM study_directions WHERE study_id = $1)
             FROM trials WHERE study_id = $1 AND number = $2 FOR NO KEY UPDATE OF trials",
            &[&study_row(claim.study), &number_column(claim.number)],
        )?;
        let Some(row) = row else {
            studies::require(db, claim.study)?;
            return Err(StorageError::UnknownTrial { study: claim.study, number: claim.number }.into());
        };
        Ok(Self {
            id: row.try_get(0)?,
            state: trials::word(&row, 1)?,
            objectives: row.try_get::<_, i64>(2)? as usize,
        })
    }

    /// The length of the lease, if the claim still holds.
    fn held(&self, db: &mut Db, claim: &Claim) -> Result<Duration, Failure> {
        let sql = "SELECT outcome, lease_micros FROM tinderbox_attempts WHERE trial_id = $1 AND attempt = $2";
        let Some(row) = db.row(sql, &[&self.id, &attempt_column(claim.attempt)])? else {
            return Err(claim.fenced().into());
        };
        match (self.state, trials::word::<Outcome>(&row, 0)?) {
            (State::Running, Outcome::Running) => Ok(Duration::from_micros(row.try_get::<_, i64>(1)? as u64)),
            (_, Outcome::Complete | Outcome::Pruned | Outcome::Fail) => Err(claim.already_told().into()),
            _ => Err(claim.fenced().into()),
        }
    }
}

fn remember_refusal(db: &mut Db, id: i32, claim: &Claim, verdict: &Verdict) -> Result<(), Failure> {
    db.execute(
        "UPDATE tinderbox_attempts SET refused = $3 WHERE trial_id = $1 AND attempt = $2",
        &[&id, &attempt_column(claim.attempt), &verdict.to_string().replace('\0', NUL)],
    )?;
    Ok(())
}
