//! Databases that cannot be used, each with its message, and sessions that meet.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Postgres, plain, server};
use crate::parameter::Parameter;
use crate::storage::contract::{TERMS, at, fenced, lease, new, queue};
use crate::storage::postgres::{Address, session::Db};
use crate::storage::{Direction, Storage};
use crate::trial::{NewTrial, State, TrialResult};

/// The address in messages.
fn shown(url: &str) -> String {
    url.replace("postgresql://", "postgres://").replace(":secret@", "@").replace(":wrong@", "@")
}

#[track_caller]
fn refused(url: &str, expected: &str) {
    let error = Postgres::open(url).unwrap_err().to_string();
    assert_eq!(error, format!("{}: {expected}", shown(url)));
}

#[test]
fn what_was_told_is_there_after_reopening() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    let lease = lease(&mut storage, study, "worker", 0);
    storage.tell(&lease, &TrialResult::complete(0.5), at(1)).unwrap();
    let before = storage.trials(study).unwrap();
    drop(storage);
    assert_eq!(Postgres::open(&url).unwrap().trials(study).unwrap(), before);
}

#[test]
fn commits_wait_for_the_disk_whatever_the_database_says() {
    let Some(url) = server::database() else { return };
    let name = url.rsplit_once('/').unwrap().1;
    plain(&url).batch_execute(&format!("ALTER DATABASE {name} SET synchronous_commit = off")).unwrap();
    let mut storage = Postgres::open(&url).unwrap();
    let setting = |db: &mut Db<'_>| Ok(db.one("SHOW synchronous_commit", &[])?.try_get::<_, String>(0)?);
    assert_eq!(storage.write(setting).unwrap(), "on");
    assert_eq!(storage.write_in_order(setting).unwrap(), "off", "but not where that is said");
    assert_eq!(storage.write(setting).unwrap(), "on");
}

#[test]
fn a_lease_whose_start_a_crash_took_away_holds_no_more() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &[]);
    let mut start = |key: &str, worker: &str| {
        let lease = storage.start(study, 0, &new(key), worker, at(0), TERMS).unwrap().unwrap();
        assert_eq!(lease.attempt, 1);
        lease
    };
    let forget = || {
        let rows = ["trial_heartbeats", "trials"].map(|table| format!("DELETE FROM {table}"));
        plain(&url).batch_execute(&rows.join(";")).unwrap();
    };
    let lost = start("a", "one");
    forget();
    let mut other = Postgres::open(&url).unwrap();
    fenced(other.tell(&lost, &TrialResult::complete(1.0), at(1)));
    fenced(other.heartbeat(&lost, at(1)));
    // Attempts of the next trial with this number count from 1 again.
    for (key, worker) in [("a", "two"), ("b", "one")] {
        let held = start(key, worker);
        fenced(other.tell(&lost, &TrialResult::complete(1.0), at(1)));
        fenced(other.report(&lost, 0, 1.0));
        other.tell(&held, &TrialResult::complete(2.0), at(2)).unwrap();
        assert_eq!(other.trials(study).unwrap()[0].value(), Some(2.0));
        assert_eq!(other.attempts(study, 0).unwrap()[0].refused, None, "what was refused was another's");
        plain(&url).batch_execute("DELETE FROM trial_values").unwrap();
        forget();
    }
}

#[test]
fn the_database_of_another_program_is_refused_and_left_alone() {
    let Some(url) = server::database() else { return };
    plain(&url).batch_execute("CREATE TABLE bookmarks (url TEXT)").unwrap();
    refused(&url, "a database of another program, without Optuna's tables; name another");
    let tables = plain(&url).query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", &[]).unwrap();
    assert_eq!(tables.len(), 1);
}

#[test]
fn another_revision_is_refused_by_name() {
    let Some(url) = server::database() else { return };
    drop(Postgres::open(&url).unwrap());
    plain(&url).batch_execute("UPDATE alembic_version SET version_num = 'v3.0.0.d'").unwrap();
    refused(
        &url,
        "Optuna's tables are of revision `v3.0.0.d`, expected `v3.2.0.a`; run `optuna storage upgrade` on the \
         database, or name another",
    );
    plain(&url)
        .batch_execute(
            "UPDATE alembic_version SET version_num = 'v3.2.0.a'; UPDATE tinderbox_version SET version = 2",
        )
        .unwrap();
    refused(
        &url,
        "Tinderbox's tables are of version 2, expected 1; use the Tinderbox that wrote them, or name another database",
    );
}

#[test]
fn a_wrong_password_or_database_is_refused_without_showing_the_password() {
    let Some(url) = server::database() else { return };
    refused(
        &url.replace(":secret@", ":wrong@"),
        "login failed: password authentication failed for user \"tinderbox\"; check user and password",
    );
    let missing = format!("{}/nowhere", url.rsplit_once('/').unwrap().0);
    refused(&missing, "database \"nowhere\" does not exist; create it with `createdb`, or name another");
    assert!(!format!("{:?}", Postgres::open(&url).unwrap()).contains("secret"));
}

#[test]
fn a_server_that_was_never_there_is_not_waited_for() {
    let started = Instant::now();
    // Port 1 is reserved, and nobody listens there.
    let error = Postgres::open("postgres://me:secret@127.0.0.1:1/studies").unwrap_err().to_string();
    assert!(
        error.starts_with("postgres://me@127.0.0.1:1/studies: no PostgreSQL server answers: "),
        "{error}"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_database_that_may_not_be_written_is_refused() {
    let Some(url) = server::database() else { return };
    let name = url.rsplit_once('/').unwrap().1;
    plain(&url)
        .batch_execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"))
        .unwrap();
    refused(
        &url,
        "cannot be written: cannot execute CREATE TYPE in a read-only transaction; ask its owner, or name another \
         database",
    );
}

#[test]
fn rows_of_other_programs_are_read_one_by_one() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["b"]);
    let parameters = [("units".to_owned(), Parameter::categorical(vec![json!(1)], json!(1)).unwrap())].into();
    storage.enqueue(study, &NewTrial { parameters, ..new("a") }).unwrap();
    plain(&url)
        .batch_execute(
            "UPDATE trial_params SET distribution_json = '{}';
             INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES
                 (100, 1, 1, 'COMPLETE', '-infinity', 'infinity'), (101, NULL, 1, 'FAIL', NULL, NULL),
                 (102, -1, 1, 'WAITING', NULL, NULL);
             INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (100, 1, 1, 'FINITE');
             INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type)
                 VALUES (100, -1, 1, 'FINITE'), (100, 3, NULL, 'FINITE'), (100, 4, 0.5, 'FINITE');
             INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
                 VALUES (100, 'x', NULL, NULL), (100, NULL, 1, NULL);
             INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (1, 'odd', NULL)",
        )
        .unwrap();
    let trials = storage.trials(study).unwrap();
    let read: Vec<_> = trials.iter().map(|trial| (trial.number, trial.state)).collect();
    assert_eq!(read, [(0, State::Waiting), (1, State::Waiting), (1, State::Fail)]);
    assert_eq!(trials[1].notes, ["parameter `units` is left out: its distribution has no name"]);
    assert_eq!(trials[2].intermediate_values, [(4, 0.5)].into());
    assert_eq!((trials[2].started, trials[2].finished, trials[2].notes.len()), (None, None, 8));
    assert_eq!(
        storage.left_out(study).unwrap(),
        [
            "attribute `odd` of the study is NULL, expected a text",
            "a trial is left out: its number is NULL, expected a whole number from 0 to 2147483646",
            "a trial is left out: its number is -1, expected a whole number from 0 to 2147483646",
        ]
    );
    assert_eq!((storage.counts(study).unwrap().waiting, storage.counts(study).unwrap().complete), (2, 1));
}

#[test]
fn a_look_makes_and_writes_nothing() {
    let Some(url) = server::database() else { return };
    for answer in [Postgres::open_existing(&url), Postgres::open_read_only(&url)] {
        let error = answer.unwrap_err().to_string();
        assert!(error.ends_with("an empty database, without studies; `open` makes its tables"), "{error}");
    }
    let study = queue(&mut Postgres::open(&url).unwrap(), &["a"]);
    let mut reader = Postgres::open_read_only(&url).unwrap();
    assert_eq!(reader.trials(study).unwrap().len(), 1);
    let error = reader.enqueue(study, &new("b")).unwrap_err().to_string();
    assert!(error.contains("cannot be written: it was opened to be read"), "{error}");
    // Without tables of Tinderbox there are sessions that have some of their own.
    plain(&url)
        .batch_execute(
            "DROP TABLE tinderbox_version, tinderbox_trials, tinderbox_attempts, tinderbox_study_attachments,
                 tinderbox_trial_attachments",
        )
        .unwrap();
    let reader = Postgres::open_read_only(&url).unwrap();
    for reader in
        [Box::new(reader) as Box<dyn Storage>, Postgres::open_read_only(&url).unwrap().reopen().unwrap()]
    {
        assert_eq!(reader.trials(study).unwrap()[0].key, None);
    }
    let tables = plain(&url)
        .query(
            "SELECT 1 FROM pg_tables WHERE tablename LIKE 'tinderbox%' AND schemaname NOT LIKE 'pg_temp%'",
            &[],
        )
        .unwrap();
    assert!(tables.is_empty());
}

#[test]
fn a_text_that_postgres_cannot_hold_does_not_keep_a_failure_from_being_told() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    let lease = lease(&mut storage, study, "worker", 0);
    storage.tell(&lease, &TrialResult::fail("killed\0by 9"), at(1)).unwrap();
    assert_eq!(storage.trials(study).unwrap()[0].failure.as_deref(), Some("killed\u{fffd}by 9"));
}

#[test]
fn a_connection_that_the_server_ends_is_made_anew() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    plain(&url).batch_execute(end).unwrap();
    assert_eq!(storage.enqueue(study, &new("b")).unwrap(), 1);
    plain(&url).batch_execute(end).unwrap();
    assert_eq!(storage.trials(study).unwrap().len(), 2);
}

#[test]
fn a_database_that_stays_away_is_given_up_with_its_name() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    storage.tries = 2;
    // Nobody listens at port 1.
    storage.address.config = Address::read("postgres://me:secret@127.0.0.1:1/studies").unwrap().config;
    *storage.session.borrow_mut() = None;
    let error = storage.enqueue(study, &new("b")).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{}: the database was away for over a minute: ", shown(&url))),
        "{error}"
    );
    assert!(error.ends_with("start it and run again: earlier results are safe"), "{error}");
}

#[test]
fn a_row_that_another_holds_is_passed_over() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a", "b"]);
    let mut other = plain(&url);
    let mut held = other.transaction().unwrap();
    held.execute("SELECT 1 FROM trials WHERE number = 0 FOR UPDATE", &[]).unwrap();
    assert_eq!(lease(&mut storage, study, "worker", 0).number, 1);
    held.rollback().unwrap();
    assert_eq!(lease(&mut storage, study, "worker", 0).number, 0);
}

#[test]
fn a_number_is_given_only_after_the_one_before_it_is_stored() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let study = queue(&mut storage, &["a"]);
    let mut other = plain(&url);
    // What Optuna does when it adds a trial.
    let mut adding = other.transaction().unwrap();
    adding.execute("SELECT 1 FROM studies FOR UPDATE", &[]).unwrap();
    adding
        .execute(
            "INSERT INTO trials (number, study_id, state) SELECT 1, study_id, 'RUNNING' FROM studies",
            &[],
        )
        .unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| storage.enqueue(study, &new("b")).unwrap());
        thread::sleep(Duration::from_millis(50));
        assert!(!waiting.is_finished());
        adding.commit().unwrap();
        assert_eq!(waiting.join().unwrap(), 2);
    });
}

#[test]
fn a_trial_is_taken_over_by_one_of_many() {
    let Some(url) = server::database() else { return };
    let mut storage = Postgres::open(&url).unwrap();
    let keys: Vec<_> = (0..30).map(|key| key.to_string()).collect();
    let study = queue(&mut storage, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    while storage.lease(study, "dead", at(0), TERMS).unwrap().is_some() {}
    let taken = AtomicUsize::new(0);
    thread::scope(|scope| {
        for i in 0..6 {
            let (url, taken) = (&url, &taken);
            scope.spawn(move || {
                let mut storage = Postgres::open(url).unwrap();
                // All but the first hold a fresh lease once they are leased.
                while let Some(lease) = storage.lease(study, &i.to_string(), at(11), TERMS).unwrap() {
                    assert_eq!(lease.attempt, 2, "trial {}", lease.number);
                    taken.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(taken.into_inner(), 30);
    assert!(
        storage
            .trials(study)
            .unwrap()
            .iter()
            .all(|trial| (trial.attempt, trial.state) == (2, State::Running))
    );
}

#[test]
fn programs_may_open_a_new_database_and_the_same_study_at_once() {
    let Some(url) = server::database() else { return };
    let studies: Vec<_> = thread::scope(|scope| {
        let opened: Vec<_> =
            (0..6).map(|_| scope.spawn(|| queue(&mut Postgres::open(&url).unwrap(), &["a", "b"]))).collect();
        opened.into_iter().map(|study| study.join().unwrap()).collect()
    });
    let mut storage = Postgres::open(&url).unwrap();
    let study = storage.open_study("study", &[Direction::Maximize]).unwrap();
    assert!(studies.iter().all(|other| *other == study));
    let numbers: Vec<_> = storage.trials(study).unwrap().iter().map(|trial| trial.number).collect();
    assert_eq!(numbers, [0, 1]);
}
