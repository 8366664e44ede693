//! Trials as they are read back.

use postgres::Row;

use super::error::Failure;
use super::session::{Db, number_column, study_row};
use crate::storage::cell::Cell;
use crate::storage::reading::Reading;
use crate::storage::sql::Database as _;
use crate::storage::{StorageError, StudyId, TrialId};
use crate::trial::Trial;

/// In one statement, so that a worker learns what others told on one way to the server and back. Each table is looked
/// into for each trial: there are few new ones, in a study however long. An upper end, which no number reaches, lets the
/// server guess that too, and take the index of numbers.
pub(super) fn trials_from(db: &mut Db, study: StudyId, first: u64) -> Result<Vec<Trial>, Failure> {
    let rows = db.rows(
        "SELECT number, state::text, datetime_start, datetime_complete, trial_key, attempt,
                CASE WHEN state <> 'RUNNING' OR outcome = 'RUNNING' THEN worker END, reason,
                names, distributions, stored, keys, attributes, steps, reported, reported_kinds,
                objectives, told, told_kinds, broken,
                (SELECT count(*) FROM study_directions WHERE study_directions.study_id = $1), trials.trial_id,
                CASE WHEN state = 'WAITING' AND trial_key IS NULL THEN (
                    SELECT value_json FROM trial_system_attributes
                    WHERE trial_id = trials.trial_id AND key = 'fixed_params'
                ) END
         FROM studies LEFT JOIN trials ON trials.study_id = studies.study_id AND number BETWEEN $2 AND $3
         LEFT JOIN LATERAL (
             SELECT trial_key, attempt, worker, outcome, reason
             FROM tinderbox_trials LEFT JOIN tinderbox_attempts USING (trial_id, attempt)
             WHERE trial_id = trials.trial_id LIMIT 1
         ) AS attempt ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(param_name::text) AS names, array_agg(distribution_json) AS distributions,
                    array_agg(param_value) AS stored
             FROM trial_params WHERE trial_id = trials.trial_id
         ) AS parameters ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(key::text) AS keys, array_agg(value_json) AS attributes
             FROM trial_user_attributes WHERE trial_id = trials.trial_id
         ) AS attributes ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(step) AS steps, array_agg(intermediate_value) AS reported,
                    array_agg(intermediate_value_type::text) AS reported_kinds
             FROM trial_intermediate_values WHERE trial_id = trials.trial_id
         ) AS reports ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(objective) AS objectives, array_agg(value) AS told,
                    array_agg(value_type::text) AS told_kinds
             FROM trial_values WHERE trial_id = trials.trial_id
         ) AS objectives ON true
         LEFT JOIN LATERAL (
             SELECT array_agg(value_json ORDER BY key COLLATE \"C\") AS broken
             FROM trial_system_attributes
             WHERE trial_id = trials.trial_id AND (key = 'constraints' OR key LIKE 'constraints:%')
         ) AS constraints ON true
         WHERE studies.study_id = $1 ORDER BY number, trials.trial_id",
        &[&study_row(study), &number_column(first), &i32::MAX],
    )?;
    if rows.is_empty() {
        return Err(StorageError::UnknownStudy(study).into());
    }
    // A study without such trials has one row all the same.
    let there = |row: &&Row| !matches!(row.try_get::<_, Option<i32>>(0), Ok(None));
    let trials = rows.iter().filter(there).map(trial).collect::<Result<Vec<_>, _>>()?;
    Ok(trials.into_iter().flatten().collect())
}

/// A row of [`trials_from`]; none if no trial can have its number.
fn trial(row: &Row) -> Result<Option<Trial>, Failure> {
    let cell = |column: usize| row.try_get::<_, Cell<'_>>(column);
    let objectives = row.try_get::<_, i64>(20)? as usize;
    let Some(mut trial) = Reading::begin(objectives, cell(0)?, cell(1)?, [cell(2)?, cell(3)?]) else {
        return Ok(None);
    };
    let key = cell(4)?;
    trial.own(key, cell(5)?, cell(6)?, cell(7)?);
    for [name, distribution, stored] in elements(row, 8)? {
        trial.parameter(name, distribution, stored);
    }
    for [key, value] in elements(row, 11)? {
        trial.attribute(key, value);
    }
    for [step, value, kind] in elements(row, 13)? {
        trial.report(if key == Cell::Null { step } else { Db::step(step) }, value, kind);
    }
    for [objective, value, kind] in elements(row, 16)? {
        trial.value(objective, value, kind);
    }
    for [constraints] in elements(row, 19)? {
        trial.constraints(constraints);
    }
    if trial.is_queued() {
        trial.queued(TrialId(row.try_get::<_, i32>(21)?.into()));
        trial.fixed(cell(22)?);
    }
    Ok(Some(trial.end()))
}

/// The elements of columns of arrays from `first` on, side by side; none where these are null.
fn elements<const COLUMNS: usize>(row: &Row, first: usize) -> Result<Vec<[Cell<'_>; COLUMNS]>, Failure> {
    let mut rows = Vec::new();
    for place in 0..COLUMNS {
        let column: Option<Vec<Cell<'_>>> = row.try_get(first + place)?;
        let column = column.unwrap_or_default();
        rows.resize(column.len(), [Cell::Null; COLUMNS]);
        for (row, cell) in rows.iter_mut().zip(column) {
            row[place] = cell;
        }
    }
    Ok(rows)
}
