//! A database that Optuna wrote: its tables are the ones that Tinderbox writes, and its study can be used.

use std::collections::BTreeMap;
use std::time::SystemTime;

use postgres::Client;

use super::{Postgres, plain, server};
use crate::storage::Storage;
use crate::storage::contract::{TERMS, at, lease, optuna as contract, queue};
use crate::timestamp::Timestamp;
use crate::trial::TrialResult;

/// A study that Optuna 5.0.0 made, dumped as SQL by the script `tests/optuna/make_fixture.py`.
const BY_OPTUNA: &str = include_str!("optuna-5.0.0.sql");

fn by_optuna() -> Option<String> {
    let url = server::database()?;
    plain(&url).batch_execute(BY_OPTUNA).unwrap();
    Some(url)
}

/// Columns, constraints, indices and enumerations by table, in words; our own are left out.
fn tables(db: &mut Client) -> BTreeMap<String, Vec<String>> {
    let rows = db
        .query(
            "SELECT table_name::text, concat_ws(' ', column_name, udt_name, character_maximum_length, is_nullable,
                    column_default)
             FROM information_schema.columns WHERE table_schema = 'public'
             UNION ALL SELECT conrelid::regclass::text, concat_ws(' ', conname, pg_get_constraintdef(oid))
             FROM pg_constraint WHERE conrelid <> 0 AND connamespace = 'public'::regnamespace
             UNION ALL SELECT tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
             UNION ALL SELECT enumtypid::regtype::text, enumlabel || enumsortorder FROM pg_enum
             ORDER BY 1, 2",
            &[],
        )
        .unwrap();
    let mut tables = BTreeMap::<_, Vec<_>>::new();
    for row in rows {
        let (table, what): (String, String) = (row.get(0), row.get(1));
        if !table.starts_with("tinderbox") && !what.contains("tinderbox") {
            tables.entry(table).or_default().push(what);
        }
    }
    tables
}

#[test]
fn the_tables_are_optunas() {
    let (Some(ours), Some(theirs)) = (server::database(), by_optuna()) else { return };
    drop(Postgres::open(&ours).unwrap());
    let expected = tables(&mut plain(&theirs));
    assert_eq!(expected.len(), 12 + 1 + 4, "12 tables, alembic's and four enumerations");
    assert_eq!(tables(&mut plain(&ours)), expected);
    drop(Postgres::open(&theirs).unwrap());
    assert_eq!(tables(&mut plain(&theirs)), expected, "opening alters none of them");
}

#[test]
fn a_study_of_optuna_is_read_and_added_to() {
    let Some(url) = by_optuna() else { return };
    contract::a_study_of_optuna_is_read_and_added_to(&mut Postgres::open(&url).unwrap());
}

#[test]
fn a_study_of_several_objectives_is_refused_by_name() {
    let Some(url) = by_optuna() else { return };
    contract::a_study_of_several_objectives_is_refused_by_name(&mut Postgres::open(&url).unwrap());
}

#[test]
fn a_trial_that_optuna_failed_is_no_longer_held() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::a_trial_that_optuna_failed_is_no_longer_held(&mut Postgres::open(&url).unwrap(), execute);
}

#[test]
fn optuna_sees_the_heartbeats_of_what_runs_and_no_others() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    let heartbeats = || -> Vec<String> {
        let rows = plain(&url).query("SELECT heartbeat::text FROM trial_heartbeats", &[]).unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    assert!(heartbeats().is_empty());
    let held = lease(&mut storage, study, "worker", 0);
    assert_eq!(heartbeats(), ["2023-11-14 22:13:20"]);
    storage.heartbeat(&held, at(5)).unwrap();
    assert_eq!(heartbeats(), ["2023-11-14 22:13:25"]);
    storage.release(study, "worker", at(6)).unwrap();
    assert!(heartbeats().is_empty(), "Optuna would fail the next attempt by the heartbeat of this one");
}

#[test]
fn a_trial_that_optuna_took_is_not_taken_over() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::a_trial_that_optuna_took_is_not_taken_over(&mut Postgres::open(&url).unwrap(), execute);
}

#[test]
fn numbers_of_other_programs_are_no_indices() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::numbers_of_other_programs_are_no_indices(&mut Postgres::open(&url).unwrap(), execute);
}

#[test]
fn no_number_follows_the_last_one() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::no_number_follows_the_last_one(&mut Postgres::open(&url).unwrap(), execute);
}

#[test]
fn a_queued_trial_is_adopted_and_leased_in_its_place() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::a_queued_trial_is_adopted_and_leased_in_its_place(&mut Postgres::open(&url).unwrap(), execute);
}

#[test]
fn a_trial_that_another_program_runs_has_no_worker() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::a_trial_that_another_program_runs_has_no_worker(&mut Postgres::open(&url).unwrap(), execute);
}

#[test]
fn a_waiting_trial_that_cannot_be_read_fails_and_the_next_is_leased() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::a_waiting_trial_that_cannot_be_read_fails_and_the_next_is_leased(
        &mut Postgres::open(&url).unwrap(),
        execute,
    );
}

#[test]
fn a_result_takes_the_place_of_values_that_another_program_wrote() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::a_result_takes_the_place_of_values_that_another_program_wrote(
        &mut Postgres::open(&url).unwrap(),
        execute,
    );
}

#[test]
fn an_attribute_without_a_value_is_settled() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::an_attribute_without_a_value_is_settled(&mut Postgres::open(&url).unwrap(), execute);
}

#[test]
fn a_damaged_count_of_attempts_holds_nobody_up() {
    let Some(url) = server::database() else { return };
    let execute = |sql: &str| plain(&url).batch_execute(sql).unwrap();
    contract::a_damaged_count_of_attempts_holds_nobody_up(&mut Postgres::open(&url).unwrap(), execute);
}

#[test]
fn a_study_that_optuna_deleted_leaves_nothing_to_the_next() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    let lease = lease(&mut storage, study, "worker", 0);
    let told =
        TrialResult { attachments: [("file".to_owned(), vec![1])].into(), ..TrialResult::complete(1.0) };
    storage.tell(&lease, &told, at(1)).unwrap();
    storage.set_study_attachment(study, "labels", &[1]).unwrap();
    plain(&url)
        .batch_execute(
            "DELETE FROM trial_values; DELETE FROM trial_heartbeats; DELETE FROM trials;
             DELETE FROM study_directions; DELETE FROM studies;",
        )
        .unwrap();
    for table in ["trials", "attempts", "trial_attachments", "study_attachments"] {
        let left = plain(&url).query(&format!("SELECT 1 FROM tinderbox_{table}"), &[]).unwrap();
        assert!(left.is_empty(), "{table}");
    }
}

#[test]
fn optuna_compares_heartbeats_with_the_clock_of_its_session() {
    let Some(url) = server::database() else { return };
    let name = url.rsplit_once('/').unwrap().1;
    plain(&url).batch_execute(&format!("ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")).unwrap();
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    let now = Timestamp::from(SystemTime::now());
    storage.lease(study, "worker", now, TERMS).unwrap().unwrap();
    let fresh = "SELECT abs(extract(epoch FROM now()::timestamp - heartbeat)) < 60 FROM trial_heartbeats";
    assert!(plain(&url).query_one(fresh, &[]).unwrap().get::<_, bool>(0));
    assert_eq!(storage.trials(study).unwrap()[0].started, Some(now), "all else is UTC");
}
