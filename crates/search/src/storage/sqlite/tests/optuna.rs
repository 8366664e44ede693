//! A file that Optuna wrote: its tables are the ones that Tinderbox writes, and its study can be used.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Folder;
use crate::storage::Storage;
use crate::storage::contract::{at, lease, optuna as contract, queue};
use crate::trial::TrialResult;

/// A study that Optuna 5.0.0 made, dumped as SQL by the script `tests/optuna/make_fixture.py`.
const BY_OPTUNA: &str = include_str!("optuna-5.0.0.sql");

fn by_optuna(folder: &Folder) {
    // The dump is in alphabetical order; Optuna's connections do not check foreign keys either.
    folder.plain().execute_batch(&format!("PRAGMA foreign_keys = OFF; {BY_OPTUNA}")).unwrap();
}

/// Each table and index as SQL, with neither comments nor spaces nor quotes; SQLite's own are left out.
fn tables(db: &Connection) -> BTreeMap<String, String> {
    let mut select = db
        .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'tinderbox%'")
        .unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).unwrap();
    rows.map(|row| {
        let (name, sql) = row.unwrap();
        (name, sql.split_whitespace().collect::<String>().replace('"', ""))
    })
    .collect()
}

#[test]
fn the_tables_are_optunas() {
    let (ours, theirs) = (Folder::new(), Folder::new());
    drop(ours.open());
    by_optuna(&theirs);
    let expected = tables(&theirs.plain());
    assert_eq!(expected.len(), 12 + 1 + 2, "12 tables, alembic's and two indices");
    assert_eq!(tables(&ours.plain()), expected);
    drop(theirs.open());
    assert_eq!(tables(&theirs.plain()), expected, "opening alters none of them");
}

#[test]
fn a_study_of_optuna_is_read_and_added_to() {
    let folder = Folder::new();
    by_optuna(&folder);
    contract::a_study_of_optuna_is_read_and_added_to(&mut folder.open());
}

#[test]
fn a_study_of_several_objectives_is_refused_by_name() {
    let folder = Folder::new();
    by_optuna(&folder);
    contract::a_study_of_several_objectives_is_refused_by_name(&mut folder.open());
}

#[test]
fn a_trial_that_optuna_failed_is_no_longer_held() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::a_trial_that_optuna_failed_is_no_longer_held(&mut folder.open(), execute);
}

#[test]
fn optuna_sees_the_heartbeats_of_what_runs_and_no_others() {
    let folder = Folder::new();
    let mut storage = folder.open();
    let study = queue(&mut storage, &["a"]);
    let heartbeats = || -> Vec<String> {
        let db = folder.plain();
        let mut select = db.prepare("SELECT heartbeat FROM trial_heartbeats").unwrap();
        select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert!(heartbeats().is_empty());
    let held = lease(&mut storage, study, "worker", 0);
    assert_eq!(heartbeats(), ["2023-11-14 22:13:20.000000"]);
    storage.heartbeat(&held, at(5)).unwrap();
    assert_eq!(heartbeats(), ["2023-11-14 22:13:25.000000"]);
    storage.release(study, "worker", at(6)).unwrap();
    assert!(heartbeats().is_empty(), "Optuna would fail the next attempt by the heartbeat of this one");
}

#[test]
fn a_trial_that_optuna_took_is_not_taken_over() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::a_trial_that_optuna_took_is_not_taken_over(&mut folder.open(), execute);
}

#[test]
fn numbers_of_other_programs_are_no_indices() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::numbers_of_other_programs_are_no_indices(&mut folder.open(), execute);
}

#[test]
fn no_number_follows_the_last_one() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::no_number_follows_the_last_one(&mut folder.open(), execute);
}

#[test]
fn a_queued_trial_is_adopted_and_leased_in_its_place() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::a_queued_trial_is_adopted_and_leased_in_its_place(&mut folder.open(), execute);
}

#[test]
fn a_trial_that_another_program_runs_has_no_worker() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::a_trial_that_another_program_runs_has_no_worker(&mut folder.open(), execute);
}

#[test]
fn a_waiting_trial_that_cannot_be_read_fails_and_the_next_is_leased() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::a_waiting_trial_that_cannot_be_read_fails_and_the_next_is_leased(&mut folder.open(), execute);
}

#[test]
fn a_study_that_optuna_deleted_leaves_nothing_to_the_next() {
    let folder = Folder::new();
    let mut storage = folder.open();
    let study = queue(&mut storage, &["a"]);
    let lease = lease(&mut storage, study, "worker", 0);
    let told =
        TrialResult { attachments: [("file".to_owned(), vec![1])].into(), ..TrialResult::complete(1.0) };
    storage.tell(&lease, &told, at(1)).unwrap();
    storage.set_study_attachment(study, "labels", &[1]).unwrap();
    let optuna = folder.plain();
    optuna
        .execute_batch(
            "PRAGMA foreign_keys = OFF; DELETE FROM trial_values; DELETE FROM trial_heartbeats; DELETE FROM trials;
             DELETE FROM study_directions; DELETE FROM studies;",
        )
        .unwrap();
    let next = queue(&mut storage, &["a"]);
    assert_eq!(next, study, "SQLite gives the number again");
    assert_eq!(storage.study_attachment(next, "labels").unwrap(), None);
    assert!(storage.attempts(next, 0).unwrap().is_empty());
    assert_eq!(storage.attachment(next, 0, "file").unwrap(), None);
    assert_eq!(storage.trials(next).unwrap()[0].attempt, 0);
}

#[test]
fn a_damaged_count_of_attempts_holds_nobody_up() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::a_damaged_count_of_attempts_holds_nobody_up(&mut folder.open(), execute);
}

#[test]
fn a_result_takes_the_place_of_values_that_another_program_wrote() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::a_result_takes_the_place_of_values_that_another_program_wrote(&mut folder.open(), execute);
}

#[test]
fn an_attribute_without_a_value_is_settled() {
    let folder = Folder::new();
    let execute = |sql: &str| folder.plain().execute_batch(sql).unwrap();
    contract::an_attribute_without_a_value_is_settled(&mut folder.open(), execute);
}
