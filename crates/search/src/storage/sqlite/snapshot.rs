//! Trials as they are read back: any program may have written them, and SQLite holds anything in any column.

use rusqlite::params;

use super::error::Failure;
use super::values::{Db, cell};
use crate::storage::cell::Cell;
use crate::storage::reading::Reading;
use crate::storage::sql::trials::{ATTRIBUTES, PARAMETERS, REPORTS};
use crate::storage::sql::{Database as _, studies};
use crate::storage::{StudyId, TrialId};
use crate::trial::Trial;

pub(super) fn trials_from(db: &mut Db, study: StudyId, first: u64) -> Result<Vec<Trial>, Failure> {
    studies::require(db, study)?;
    let objectives = objectives(db, study)?;
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
            db.each(FIXED, &[Cell::Int(id)], |[fixed]| reading.fixed(fixed))?;
        }
        trials.push(reading.end());
    }
    Ok(trials)
}

/// Hands what other tables hold of a trial to its reading.
fn fill(db: &mut Db, id: i64, reading: &mut Reading) -> Result<(), Failure> {
    let id = [Cell::Int(id)];
    db.each(PARAMETERS, &id, |[name, distribution, stored]| reading.parameter(name, distribution, stored))?;
    db.each(ATTRIBUTES, &id, |[key, value]| reading.attribute(key, value))?;
    db.each(REPORTS, &id, |[step, value, kind]| reading.report(step, value, kind))?;
    let values = "SELECT objective, value, value_type FROM trial_values WHERE trial_id = $1";
    db.each(values, &id, |[objective, value, kind]| reading.value(objective, value, kind))?;
    // The unnamed ones first, then the named ones by name.
    let constraints = "SELECT value_json FROM trial_system_attributes
                       WHERE trial_id = $1 AND (key = 'constraints' OR key GLOB 'constraints:*') ORDER BY key";
    db.each(constraints, &id, |[json]| reading.constraints(json))
}

const FIXED: &str =
    "SELECT value_json FROM trial_system_attributes WHERE trial_id = $1 AND key = 'fixed_params'";

/// How many objectives a study has, whatever their directions.
pub(super) fn objectives(db: &mut Db, study: StudyId) -> Result<usize, Failure> {
    let count =
        db.number("SELECT count(*) FROM study_directions WHERE study_id = $1", &[Cell::Int(study.0)])?;
    Ok(count.map_or(0, |count| count as usize))
}
