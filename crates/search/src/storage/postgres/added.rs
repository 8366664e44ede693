//! How a trial comes into a study: to wait, or begun at once.

use std::time::SystemTime;

use super::error::Failure;
use super::queue;
use super::session::{Db, number_column, study_row, trial_row};
use crate::parameter::Parameter;
use crate::storage::sql::{studies, trials};
use crate::storage::{LeaseTerms, StorageError, StudyId, TrialId, check_name, columns};
use crate::timestamp::Timestamp;
use crate::trial::{Lease, NewTrial};

pub(super) fn enqueue(db: &mut Db, study: StudyId, trial: &NewTrial) -> Result<u64, Failure> {
    lock(db, study)?;
    trial.check()?;
    let known = "SELECT number FROM trials JOIN tinderbox_trials USING (trial_id)
                 WHERE tinderbox_trials.study_id = $1 AND trial_key = $2";
    if let Some(row) = db.row(known, &[&study_row(study), &trial.key])? {
        return Ok(row.try_get::<_, i32>(0)? as u64);
    }
    let number = trials::next(db, study)?;
    insert(db, study, number, trial)?;
    Ok(number)
}

/// Keeps others, and Optuna, from adding trials to a study until the transaction ends.
///
/// The next statement then sees every trial that is there.
fn lock(db: &mut Db, study: StudyId) -> Result<(), Failure> {
    let sql = format!("SELECT 1 FROM studies WHERE study_id = {} FOR NO KEY UPDATE", study_row(study));
    let [found] = db.together(&[sql])?;
    if found.is_empty() { Err(StorageError::UnknownStudy(study).into()) } else { Ok(()) }
}

/// Gives a trial of another program that waits a key, parameters and attributes.
pub(super) fn adopt(db: &mut Db, study: StudyId, queued: TrialId, trial: &NewTrial) -> Result<bool, Failure> {
    studies::require(db, study)?;
    trial.check()?;
    let id = trial_row(queued);
    let waits =
        "SELECT 1 FROM trials WHERE trial_id = $1 AND study_id = $2 AND state = 'WAITING' FOR NO KEY UPDATE";
    if db.row(waits, &[&id, &study_row(study)])?.is_none() {
        return Ok(false);
    }
    let keyed = "INSERT INTO tinderbox_trials (trial_id, study_id, trial_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    if db.execute(keyed, &[&id, &study_row(study), &trial.key])? == 0 {
        return Ok(false);
    }
    let Parameters { names, stored, distributions } = Parameters::new(trial);
    let (keys, values) = attributes(trial);
    db.execute("DELETE FROM trial_params WHERE trial_id = $1", &[&id])?;
    db.execute(
        "WITH chosen AS (
             INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
             SELECT $1, name, stored, distribution
             FROM unnest($2::text[], $3::float8[], $4::text[]) AS new (name, stored, distribution)
         )
         INSERT INTO trial_user_attributes (trial_id, key, value_json)
         SELECT $1, new.key, value FROM unnest($5::text[], $6::text[]) AS new (key, value)
         ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json",
        &[&id, &names, &stored, &distributions, &keys, &values],
    )?;
    Ok(true)
}

/// Adds a trial and begins it. `lost` is as for [`queue::lease`].
pub(super) fn start(
    db: &mut Db,
    lost: Option<&Option<Lease>>,
    (study, number): (StudyId, u64),
    trial: &NewTrial,
    (worker, now, terms): (&str, Timestamp, LeaseTerms),
) -> Result<Option<Lease>, Failure> {
    lock(db, study)?;
    trial.check()?;
    check_name("worker", worker)?;
    if let Some(Some(lease)) = lost
        && queue::is_stored(db, lease, now)?
    {
        return Ok(Some(lease.clone()));
    }
    // One statement: it sees all trials, for nobody adds one while the study is locked. What it writes is as if the trial
    // had been added, leased and begun.
    let Parameters { names, stored, distributions } = Parameters::new(trial);
    let (keys, values) = attributes(trial);
    let (micros, attempts) = columns::terms(terms);
    let added = db.row(
        "WITH next AS (
             SELECT $1::int4 AS number
             FROM (
                 SELECT max(number) AS number FROM trials WHERE study_id = $2 AND number BETWEEN 0 AND 2147483646
             ) AS highest
             WHERE coalesce(highest.number + 1, 0) = $1 AND $1 <= 2147483646
               AND NOT EXISTS (SELECT 1 FROM tinderbox_trials WHERE study_id = $2 AND trial_key = $3)
         ), added AS (
             INSERT INTO trials (number, study_id, state, datetime_start)
             SELECT number, $2::int4, 'RUNNING', $10::timestamp FROM next RETURNING trial_id
         ), keyed AS (
             INSERT INTO tinderbox_trials (trial_id, study_id, trial_key, attempt)
             SELECT trial_id, $2, $3, 1 FROM added
         ), chosen AS (
             INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
             SELECT trial_id, name, stored, distribution
             FROM added, unnest($4::text[], $5::float8[], $6::text[]) AS new (name, stored, distribution)
         ), noted AS (
             INSERT INTO trial_user_attributes (trial_id, key, value_json)
             SELECT trial_id, new.key, value FROM added, unnest($7::text[], $8::text[]) AS new (key, value)
         ), alive AS (
             INSERT INTO trial_heartbeats (trial_id, heartbeat)
             SELECT trial_id, ($10::timestamp AT TIME ZONE 'UTC')::timestamp FROM added
         )
         INSERT INTO tinderbox_attempts
         (trial_id, attempt, worker, lease_micros, lease_attempts, claimed, expires, outcome)
         SELECT trial_id, 1, $9::text, $11::bigint, $12::bigint, $10, $13::timestamp, 'RUNNING' FROM added
         RETURNING trial_id",
        &[
            &number_column(number),
            &study_row(study),
            &trial.key,
            &names,
            &stored,
            &distributions,
            &keys,
            &values,
            &worker,
            &SystemTime::from(now),
            &micros,
            &attempts,
            &SystemTime::from(now + terms.length),
        ],
    )?;
    let Some(row) = added else {
        // Refuses where no number is left.
        trials::next(db, study)?;
        return Ok(None);
    };
    let id = TrialId(row.try_get::<_, i32>(0)?.into());
    Ok(Some(trial.leased(study, id, number, worker)))
}

/// Adds a trial that waits.
fn insert(db: &mut Db, study: StudyId, number: u64, trial: &NewTrial) -> Result<(), Failure> {
    let Parameters { names, stored, distributions } = Parameters::new(trial);
    let (keys, values) = attributes(trial);
    db.execute(
        "WITH added AS (
             INSERT INTO trials (number, study_id, state) VALUES ($1, $2, 'WAITING') RETURNING trial_id
         ), keyed AS (
             INSERT INTO tinderbox_trials (trial_id, study_id, trial_key) SELECT trial_id, $2, $3 FROM added
         ), chosen AS (
             INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
             SELECT trial_id, name, stored, distribution
             FROM added, unnest($4::text[], $5::float8[], $6::text[]) AS new (name, stored, distribution)
         )
         INSERT INTO trial_user_attributes (trial_id, key, value_json)
         SELECT trial_id, new.key, value FROM added, unnest($7::text[], $8::text[]) AS new (key, value)",
        &[
            &number_column(number),
            &study_row(study),
            &trial.key,
            &names,
            &stored,
            &distributions,
            &keys,
            &values,
        ],
    )?;
    Ok(())
}

/// The parameters of a trial, column by column.
struct Parameters<'a> {
    names: Vec<&'a str>,
    stored: Vec<f64>,
    distributions: Vec<String>,
}

impl<'a> Parameters<'a> {
    fn new(trial: &'a NewTrial) -> Self {
        let parameters = || trial.parameters.values();
        Self {
            names: trial.parameters.keys().collect(),
            stored: parameters().map(Parameter::stored).collect(),
            distributions: parameters().map(|it| columns::distribution(it.distribution())).collect(),
        }
    }
}

/// The attributes of a trial, column by column.
fn attributes(trial: &NewTrial) -> (Vec<&String>, Vec<String>) {
    trial.attributes.iter().map(|(key, value)| (key, value.to_string())).unzip()
}
