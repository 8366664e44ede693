//! Studies: their names, directions, attributes and files.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::{Failure, Reason};
use super::session::{Db, study_row};
use crate::storage::cell::Cell;
use crate::storage::columns::Word;
use crate::storage::reading::{Directions, json};
use crate::storage::{Direction, StorageError, StudyId, check_name, same_directions, some_objective};

pub(super) fn open(db: &mut Db, name: &str, directions: &[Direction]) -> Result<StudyId, Failure> {
    check_name("study", name)?;
    some_objective(name, directions)?;
    if let Some(study) = create(db, name, directions)? {
        return Ok(study);
    }
    let row = db.one("SELECT study_id FROM studies WHERE study_name = $1", &[&name])?;
    let study = StudyId(row.try_get::<_, i32>(0)?.into());
    same_directions(name, &self::directions(db, study)?, directions)?;
    Ok(study)
}

pub(super) fn all(db: &mut Db) -> Result<BTreeMap<String, StudyId>, Failure> {
    let rows = db.rows("SELECT study_name, study_id FROM studies", &[])?;
    rows.iter().map(|row| Ok((row.try_get(0)?, StudyId(row.try_get::<_, i32>(1)?.into())))).collect()
}

/// Refuses a study that is not there.
pub(super) fn require(db: &mut Db, study: StudyId) -> Result<(), Failure> {
    let found = db.row("SELECT 1 FROM studies WHERE study_id = $1", &[&study_row(study)])?;
    found.map(|_| ()).ok_or(StorageError::UnknownStudy(study).into())
}

/// Keeps others, and Optuna, from adding trials to a study until the transaction ends.
///
/// The next statement then sees every trial that is there.
pub(super) fn lock(db: &mut Db, study: StudyId) -> Result<(), Failure> {
    let sql = format!("SELECT 1 FROM studies WHERE study_id = {} FOR NO KEY UPDATE", study_row(study));
    let [found] = db.together(&[sql])?;
    if found.is_empty() { Err(StorageError::UnknownStudy(study).into()) } else { Ok(()) }
}

pub(super) fn set_attribute(db: &mut Db, study: StudyId, key: &str, value: &Value) -> Result<(), Failure> {
    require(db, study)?;
    check_name("attribute", key)?;
    db.execute(
        "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES ($1, $2, $3)
         ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json",
        &[&study_row(study), &key, &value.to_string()],
    )?;
    Ok(())
}

/// Sets an attribute unless there is one; returns the value that is stored then.
pub(super) fn settle_attribute(
    db: &mut Db,
    study: StudyId,
    key: &str,
    value: &Value,
) -> Result<Value, Failure> {
    require(db, study)?;
    check_name("attribute", key)?;
    // An update that changes nothing waits for another caller who is setting it, and returns what that one has set. A null
    // is not a value.
    let row = db.one(
        "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES ($1, $2, $3)
         ON CONFLICT (study_id, key) DO UPDATE
         SET value_json = coalesce(study_user_attributes.value_json, excluded.value_json)
         RETURNING value_json",
        &[&study_row(study), &key, &value.to_string()],
    )?;
    let stored: &str = row.try_get(0)?;
    Ok(serde_json::from_str(stored).unwrap_or_else(|_| Value::from(stored)))
}

pub(super) fn attributes(db: &mut Db, study: StudyId) -> Result<BTreeMap<String, Value>, Failure> {
    Ok(read_attributes(db, study)?.0)
}

/// The attributes that can be read, and what cannot.
fn read_attributes(db: &mut Db, study: StudyId) -> Result<(BTreeMap<String, Value>, Vec<String>), Failure> {
    require(db, study)?;
    let sql = "SELECT key, value_json FROM study_user_attributes WHERE study_id = $1";
    let (mut attributes, mut notes) = (BTreeMap::new(), Vec::new());
    for row in &db.rows(sql, &[&study_row(study)])? {
        let (key, value): (Option<&str>, Option<&str>) = (row.try_get(0)?, row.try_get(1)?);
        let key = Cell::from(key);
        match (key.text(), json(value.into())) {
            (Ok(key), Ok(value)) => _ = attributes.insert(key.to_owned(), value),
            (Ok(_), Err(why)) => notes.push(format!("attribute {key} of the study {why}")),
            (Err(why), _) => notes.push(format!("the name of an attribute of the study {why}")),
        }
    }
    Ok((attributes, notes))
}

/// What cannot be read of a study itself.
pub(super) fn left_out(db: &mut Db, study: StudyId) -> Result<Vec<String>, Failure> {
    let mut notes = read_attributes(db, study)?.1;
    notes.extend(read_directions(db, study)?.err());
    Ok(notes)
}

pub(super) fn set_attachment(db: &mut Db, study: StudyId, name: &str, content: &[u8]) -> Result<(), Failure> {
    require(db, study)?;
    check_name("file", name)?;
    db.execute(
        "INSERT INTO tinderbox_study_attachments (study_id, name, content) VALUES ($1, $2, $3)
         ON CONFLICT (study_id, name) DO UPDATE SET content = excluded.content",
        &[&study_row(study), &name, &content],
    )?;
    Ok(())
}

pub(super) fn attachment(db: &mut Db, study: StudyId, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    require(db, study)?;
    let sql = "SELECT content FROM tinderbox_study_attachments WHERE study_id = $1 AND name = $2";
    let found = db.row(sql, &[&study_row(study), &name])?;
    Ok(found.map(|row| row.try_get(0)).transpose()?)
}

/// One an objective, in their order.
pub(super) fn directions(db: &mut Db, study: StudyId) -> Result<Vec<Direction>, Failure> {
    Ok(read_directions(db, study)?.map_err(Reason::Damaged)?)
}

/// The directions, or what is wrong with them.
fn read_directions(db: &mut Db, study: StudyId) -> Result<Result<Vec<Direction>, String>, Failure> {
    require(db, study)?;
    let sql =
        "SELECT direction::text, objective FROM study_directions WHERE study_id = $1 ORDER BY objective";
    let rows = db.rows(sql, &[&study_row(study)])?;
    let mut directions = Directions::default();
    for row in &rows {
        directions.read(Cell::Text(row.try_get(0)?), Cell::Int(row.try_get::<_, i32>(1)?.into()));
    }
    Ok(directions.end())
}

/// Nothing if the name is taken.
fn create(db: &mut Db, name: &str, directions: &[Direction]) -> Result<Option<StudyId>, Failure> {
    let directions: Vec<_> = directions.iter().map(|direction| direction.word()).collect();
    let created = db.row(
        "WITH created AS (
             INSERT INTO studies (study_name) VALUES ($1)
             ON CONFLICT (study_name) DO NOTHING RETURNING study_id
         ), directed AS (
             INSERT INTO study_directions (direction, study_id, objective)
             SELECT direction::studydirection, study_id, place - 1
             FROM created, unnest($2::text[]) WITH ORDINALITY AS new (direction, place)
         )
         SELECT study_id FROM created",
        &[&name, &directions],
    )?;
    Ok(created.map(|row| row.try_get::<_, i32>(0)).transpose()?.map(|row| StudyId(row.into())))
}
