//! Studies: their names, directions, attributes and files.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::cached;
use super::error::{Failure, Reason};
use super::values::cell;
use crate::storage::reading::{Directions, json};
use crate::storage::{Direction, StorageError, StudyId, check_name, same_directions, some_objective};

pub(super) fn open(db: &Connection, name: &str, directions: &[Direction]) -> Result<StudyId, Failure> {
    check_name("study", name)?;
    some_objective(name, directions)?;
    let sql = "SELECT study_id FROM studies WHERE study_name = ?1";
    let found = cached::row(db, sql, [name], |row| Ok(StudyId(row.get(0)?))).optional()?;
    let Some(study) = found else { return create(db, name, directions) };
    same_directions(name, &self::directions(db, study)?, directions)?;
    Ok(study)
}

pub(super) fn all(db: &Connection) -> Result<BTreeMap<String, StudyId>, Failure> {
    let mut select = db.prepare_cached("SELECT study_name, study_id FROM studies")?;
    let mut rows = select.query([])?;
    let mut studies = BTreeMap::new();
    while let Some(row) = rows.next()? {
        // Nobody can ask for a name that is not text.
        if let Ok(name) = cell(row, 0)?.text() {
            studies.insert(name.to_owned(), StudyId(row.get(1)?));
        }
    }
    Ok(studies)
}

/// Refuses a study that is not there.
pub(super) fn require(db: &Connection, study: StudyId) -> Result<(), Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM studies WHERE study_id = ?1)";
    if cached::row(db, sql, [study.0], |row| row.get(0))? {
        Ok(())
    } else {
        Err(StorageError::UnknownStudy(study).into())
    }
}

pub(super) fn set_attribute(
    db: &Connection,
    study: StudyId,
    key: &str,
    value: &Value,
) -> Result<(), Failure> {
    require(db, study)?;
    check_name("attribute", key)?;
    cached::execute(
        db,
        "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (?1, ?2, ?3)
         ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json",
        params![study.0, key, value.to_string()],
    )?;
    Ok(())
}

/// Sets an attribute unless there is one; returns the value that is stored then.
pub(super) fn settle_attribute(
    db: &Connection,
    study: StudyId,
    key: &str,
    value: &Value,
) -> Result<Value, Failure> {
    check_name("attribute", key)?;
    if let Some(stored) = attributes(db, study)?.remove(key) {
        return Ok(stored);
    }
    set_attribute(db, study, key, value)?;
    Ok(value.clone())
}

pub(super) fn attributes(db: &Connection, study: StudyId) -> Result<BTreeMap<String, Value>, Failure> {
    Ok(read_attributes(db, study)?.0)
}

/// The attributes that can be read, and what cannot.
fn read_attributes(
    db: &Connection,
    study: StudyId,
) -> Result<(BTreeMap<String, Value>, Vec<String>), Failure> {
    require(db, study)?;
    let mut select =
        db.prepare_cached("SELECT key, value_json FROM study_user_attributes WHERE study_id = ?1")?;
    let mut rows = select.query([study.0])?;
    let (mut attributes, mut notes) = (BTreeMap::new(), Vec::new());
    while let Some(row) = rows.next()? {
        match (cell(row, 0)?.text(), json(cell(row, 1)?)) {
            (Ok(key), Ok(value)) => _ = attributes.insert(key.to_owned(), value),
            (Ok(_), Err(why)) => notes.push(format!("attribute {} of the study {why}", cell(row, 0)?)),
            (Err(why), _) => notes.push(format!("the name of an attribute of the study {why}")),
        }
    }
    Ok((attributes, notes))
}

/// What cannot be read of a study itself.
pub(super) fn left_out(db: &Connection, study: StudyId) -> Result<Vec<String>, Failure> {
    let mut notes = read_attributes(db, study)?.1;
    notes.extend(read_directions(db, study)?.err());
    Ok(notes)
}

pub(super) fn set_attachment(
    db: &Connection,
    study: StudyId,
    name: &str,
    content: &[u8],
) -> Result<(), Failure> {
    require(db, study)?;
    check_name("file", name)?;
    cached::execute(
        db,
        "INSERT INTO tinderbox_study_attachments (study_id, name, content) VALUES (?1, ?2, ?3)
         ON CONFLICT (study_id, name) DO UPDATE SET content = excluded.content",
        params![study.0, name, content],
    )?;
    Ok(())
}

pub(super) fn attachment(db: &Connection, study: StudyId, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    require(db, study)?;
    let sql = "SELECT content FROM tinderbox_study_attachments WHERE study_id = ?1 AND name = ?2";
    Ok(cached::row(db, sql, params![study.0, name], |row| row.get(0)).optional()?)
}

fn create(db: &Connection, name: &str, directions: &[Direction]) -> Result<StudyId, Failure> {
    cached::execute(db, "INSERT INTO studies (study_name) VALUES (?1)", [name])?;
    let study = db.last_insert_rowid();
    for (objective, direction) in (0_u32..).zip(directions) {
        cached::execute(
            db,
            "INSERT INTO study_directions (direction, study_id, objective) VALUES (?1, ?2, ?3)",
            params![direction, study, objective],
        )?;
    }
    Ok(StudyId(study))
}

/// One an objective, in their order.
pub(super) fn directions(db: &Connection, study: StudyId) -> Result<Vec<Direction>, Failure> {
    Ok(read_directions(db, study)?.map_err(Reason::Damaged)?)
}

/// The directions, or what is wrong with them.
fn read_directions(db: &Connection, study: StudyId) -> Result<Result<Vec<Direction>, String>, Failure> {
    require(db, study)?;
    let mut select = db.prepare_cached(
        "SELECT direction, objective FROM study_directions WHERE study_id = ?1 ORDER BY objective",
    )?;
    let mut rows = select.query([study.0])?;
    let mut directions = Directions::default();
    while let Some(row) = rows.next()? {
        directions.read(cell(row, 0)?, cell(row, 1)?);
    }
    Ok(directions.end())
}

/// How many objectives a study has, whatever their directions.
pub(super) fn objectives(db: &Connection, study: StudyId) -> Result<usize, Failure> {
    let sql = "SELECT count(*) FROM study_directions WHERE study_id = ?1";
    Ok(cached::row(db, sql, [study.0], |row| row.get(0))?)
}
