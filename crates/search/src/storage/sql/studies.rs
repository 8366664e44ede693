//! Studies: their names, directions, attributes and files.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Answer, Database};
use crate::storage::cell::Cell;
use crate::storage::columns::Word;
use crate::storage::reading::{Directions, json};
use crate::storage::{Direction, StorageError, StudyId, check_name, same_directions, some_objective};

pub(crate) fn open<D: Database>(db: &mut D, name: &str, directions: &[Direction]) -> Answer<D, StudyId> {
    check_name("study", name)?;
    some_objective(name, directions)?;
    // Of several callers at a time one makes it, and the others wait for that one.
    let create = "INSERT INTO studies (study_name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING study_id";
    if let Some(id) = db.number(create, &[Cell::Text(name)])? {
        let sql = "INSERT INTO study_directions (direction, study_id, objective) VALUES ($1, $2, $3)";
        for (objective, direction) in (0..).zip(directions) {
            db.run(sql, &[Cell::Text(direction.word()), Cell::Int(id), Cell::Int(objective)])?;
        }
        return Ok(StudyId(id));
    }
    let found = db.number("SELECT study_id FROM studies WHERE study_name = $1", &[Cell::Text(name)])?;
    let study = StudyId(found.ok_or_else(|| D::damaged(format!("study `{name}` is found by no name")))?);
    same_directions(name, &self::directions(db, study)?, directions)?;
    Ok(study)
}

pub(crate) fn all<D: Database>(db: &mut D) -> Answer<D, BTreeMap<String, StudyId>> {
    let mut studies = BTreeMap::new();
    db.each("SELECT study_name, study_id FROM studies", &[], |cells| {
        // Nobody can ask for a name that is not text.
        if let [Cell::Text(name), Cell::Int(id)] = cells {
            studies.insert(name.to_owned(), StudyId(id));
        }
    })?;
    Ok(studies)
}

/// Refuses a study that is not there.
pub(crate) fn require<D: Database>(db: &mut D, study: StudyId) -> Answer<D, ()> {
    let found = db.number("SELECT study_id FROM studies WHERE study_id = $1", &[Cell::Int(study.0)])?;
    found.map(|_| ()).ok_or(StorageError::UnknownStudy(study).into())
}

pub(crate) fn set_attribute<D: Database>(
    db: &mut D,
    study: StudyId,
    key: &str,
    value: &Value,
) -> Answer<D, ()> {
    require(db, study)?;
    check_name("attribute", key)?;
    db.run(
        "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES ($1, $2, $3)
         ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json",
        &[Cell::Int(study.0), Cell::Text(key), Cell::Text(&value.to_string())],
    )
}

/// Sets an attribute unless there is one; returns the value that is stored then.
pub(crate) fn settle_attribute<D: Database>(
    db: &mut D,
    study: StudyId,
    key: &str,
    value: &Value,
) -> Answer<D, Value> {
    require(db, study)?;
    check_name("attribute", key)?;
    // An update that changes nothing waits for another caller who is setting it, and returns what that one has set. A null
    // is not a value.
    let stored = db.first(
        "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES ($1, $2, $3)
         ON CONFLICT (study_id, key) DO UPDATE
         SET value_json = coalesce(study_user_attributes.value_json, excluded.value_json)
         RETURNING value_json",
        &[Cell::Int(study.0), Cell::Text(key), Cell::Text(&value.to_string())],
        |[stored]| Ok(json(stored).ok()),
    )?;
    if let Some(stored) = stored.flatten() {
        return Ok(stored);
    }
    set_attribute(db, study, key, value)?;
    Ok(value.clone())
}

pub(crate) fn attributes<D: Database>(db: &mut D, study: StudyId) -> Answer<D, BTreeMap<String, Value>> {
    Ok(read_attributes(db, study)?.0)
}

/// The attributes that can be read, and what cannot.
fn read_attributes<D: Database>(
    db: &mut D,
    study: StudyId,
) -> Answer<D, (BTreeMap<String, Value>, Vec<String>)> {
    require(db, study)?;
    let sql = "SELECT key, value_json FROM study_user_attributes WHERE study_id = $1";
    let (mut attributes, mut notes) = (BTreeMap::new(), Vec::new());
    db.each(sql, &[Cell::Int(study.0)], |[key, value]| match (key.text(), json(value)) {
        (Ok(key), Ok(value)) => _ = attributes.insert(key.to_owned(), value),
        (Ok(_), Err(why)) => notes.push(format!("attribute {key} of the study {why}")),
        (Err(why), _) => notes.push(format!("the name of an attribute of the study {why}")),
    })?;
    Ok((attributes, notes))
}

/// What cannot be read of a study itself.
pub(super) fn left_out<D: Database>(db: &mut D, study: StudyId) -> Answer<D, Vec<String>> {
    let mut notes = read_attributes(db, study)?.1;
    notes.extend(read_directions(db, study)?.err());
    Ok(notes)
}

pub(crate) fn set_attachment<D: Database>(
    db: &mut D,
    study: StudyId,
    name: &str,
    content: &[u8],
) -> Answer<D, ()> {
    require(db, study)?;
    check_name("file", name)?;
    db.run(
        "INSERT INTO tinderbox_study_attachments (study_id, name, content) VALUES ($1, $2, $3)
         ON CONFLICT (study_id, name) DO UPDATE SET content = excluded.content",
        &[Cell::Int(study.0), Cell::Text(name), Cell::Bytes(content)],
    )
}

pub(crate) fn attachment<D: Database>(db: &mut D, study: StudyId, name: &str) -> Answer<D, Option<Vec<u8>>> {
    require(db, study)?;
    let sql = "SELECT content FROM tinderbox_study_attachments WHERE study_id = $1 AND name = $2";
    db.first(sql, &[Cell::Int(study.0), Cell::Text(name)], |[content]| content.bytes())
}

/// One an objective, in their order.
pub(crate) fn directions<D: Database>(db: &mut D, study: StudyId) -> Answer<D, Vec<Direction>> {
    read_directions(db, study)?.map_err(D::damaged)
}

/// The directions, or what is wrong with them.
fn read_directions<D: Database>(db: &mut D, study: StudyId) -> Answer<D, Result<Vec<Direction>, String>> {
    require(db, study)?;
    let sql = "SELECT direction, objective FROM study_directions WHERE study_id = $1 ORDER BY objective";
    let mut directions = Directions::default();
    db.each(sql, &[Cell::Int(study.0)], |[direction, objective]| directions.read(direction, objective))?;
    Ok(directions.end())
}
