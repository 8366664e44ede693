//! A database that Optuna wrote: its tables are the ones that Tinderbox writes, and its study can be used.

use std::collections::BTreeMap;
use std::time::SystemTime;

use postgres::Client;
use serde_json::json;

use super::{Postgres, plain, server};
use crate::parameter::Distribution;
use crate::storage::contract::{LEASE, at, claim, fenced, new, nothing_to_claim, queue};
use crate::storage::{Direction, Storage};
use crate::timestamp::Timestamp;
use crate::trial::{Outcome, State, Told};

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
    let mut storage = Postgres::open(&url).unwrap();
    let study = storage.open_study("by-optuna", &[Direction::Maximize]).unwrap();
    assert_eq!(storage.study_attributes(study).unwrap(), [("paper".to_owned(), json!([1, "two"]))].into());

    let trials = storage.trials(study).unwrap();
    let states: Vec<_> = trials.iter().map(|trial| trial.state).collect();
    assert_eq!(states, [State::Complete, State::Pruned, State::Fail, State::Running, State::Waiting]);
    assert_eq!((&trials[0].key, trials[0].attempt, trials[0].value()), (&None, 0, Some(0.5)));
    let parameters = &trials[0].parameters;
    assert_eq!(parameters["activation"].value(), &json!("relu"));
    assert_eq!(
        parameters["units"].distribution(),
        &Distribution::Int { low: 1, high: 9, log: false, step: 2 }
    );
    assert_eq!(parameters["rate"].value(), &json!(0.001));
    assert_eq!(
        trials[0].attributes,
        [("loss".to_owned(), json!("NaN")), ("note".to_owned(), json!("é"))].into()
    );
    assert!(trials[0].intermediate_values[&1].is_nan());
    assert_eq!(trials[0].intermediate_values.get(&2), Some(&f64::NEG_INFINITY));
    assert!(trials[0].started <= trials[0].finished);

    nothing_to_claim(&mut storage, study, 0);
    assert_eq!(storage.enqueue(study, &new("ours")).unwrap(), 5);
    assert_eq!(claim(&mut storage, study, "worker", 0).number, 5);
    assert_eq!(storage.retry_failed(study, at(1)).unwrap(), 0, "the failed one is not ours");
}

#[test]
fn a_study_of_several_objectives_is_refused_by_name() {
    let Some(url) = by_optuna() else { return };
    let error = Postgres::open(&url)
        .unwrap()
        .open_study("two-objectives", &[Direction::Maximize])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("study `two-objectives` is there already, to maximize, minimize and not"),
        "{error}"
    );
}

#[test]
fn a_trial_that_optuna_failed_is_no_longer_held() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    let held = claim(&mut storage, study, "slow", 0);
    // `optuna.storages.fail_stale_trials`
    plain(&url).batch_execute("UPDATE trials SET state = 'FAIL'").unwrap();
    fenced(storage.heartbeat(&held, at(1)));
    fenced(storage.tell(&held, &Told::complete(1.0), at(1)));
    assert_eq!(storage.attempts(study, 0).unwrap()[0].refused.as_deref(), Some("complete, with 1"));
    assert_eq!(storage.retry_failed(study, at(2)).unwrap(), 1);
    assert_eq!(claim(&mut storage, study, "next", 3).attempt, 2);
    assert_eq!(storage.attempts(study, 0).unwrap()[0].outcome, Outcome::Expired);
    fenced(storage.tell(&held, &Told::complete(1.0), at(4)));
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
    let held = claim(&mut storage, study, "worker", 0);
    assert_eq!(heartbeats(), ["2023-11-14 22:13:20"]);
    storage.heartbeat(&held, at(5)).unwrap();
    assert_eq!(heartbeats(), ["2023-11-14 22:13:25"]);
    storage.release(study, "worker", at(6)).unwrap();
    assert!(heartbeats().is_empty(), "Optuna would fail the next attempt by the heartbeat of this one");
}

#[test]
fn a_trial_that_optuna_took_is_not_taken_over() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    plain(&url).batch_execute("UPDATE trials SET state = 'RUNNING'").unwrap();
    nothing_to_claim(&mut storage, study, 1_000_000);
}

#[test]
fn a_study_that_optuna_deleted_leaves_nothing_to_the_next() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    let claim = claim(&mut storage, study, "worker", 0);
    let told = Told { attachments: [("file".to_owned(), vec![1])].into(), ..Told::complete(1.0) };
    storage.tell(&claim, &told, at(1)).unwrap();
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
    storage.claim(study, "worker", now, LEASE).unwrap().unwrap();
    let fresh = "SELECT abs(extract(epoch FROM now()::timestamp - heartbeat)) < 60 FROM trial_heartbeats";
    assert!(plain(&url).query_one(fresh, &[]).unwrap().get::<_, bool>(0));
    assert_eq!(storage.trials(study).unwrap()[0].started, Some(now), "all else is UTC");
}
