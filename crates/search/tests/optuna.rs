//! A file of Tinderbox in the hands of Optuna itself, where `TINDERBOX_PYTHON` names a Python that has it.
#![cfg(feature = "sqlite")]

use std::env;
use std::ffi::OsString;
use std::io::{Write, stderr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::json;
use tempfile::TempDir;
use tinderbox_search::{
    Direction, Distribution, Lease, NewTrial, Parameter, Sqlite, State, Storage, StudyId, Timestamp, Told,
};

const LEASE: Lease = Lease::new(Duration::from_mins(10));

#[test]
fn optuna_loads_a_study_of_tinderbox() {
    let Some(python) = python() else { return };
    let (folder, mut storage, study) = study();
    let first = storage.claim(study, "worker", at(0), LEASE).unwrap().unwrap();
    for (step, value) in [(0, 0.25), (1, f64::NAN), (2, f64::INFINITY)] {
        storage.report(&first, step, value).unwrap();
    }
    let attributes = [("seconds".to_owned(), json!(1.5))].into();
    let attachments = [("history".to_owned(), vec![1, 2, 3])].into();
    storage.tell(&first, &Told { attributes, attachments, ..Told::complete(0.9375) }, at(2)).unwrap();
    let second = storage.claim(study, "worker", at(2), LEASE).unwrap().unwrap();
    storage.tell(&second, &Told::fail("diverged"), at(3)).unwrap();
    let third = storage.claim(study, "worker", at(3), LEASE).unwrap().unwrap();
    storage.tell(&third, &Told::complete(f64::INFINITY), at(4)).unwrap();
    storage.claim(study, "worker", at(4), LEASE).unwrap().unwrap();
    storage.set_study_attribute(study, "paper", &json!({"title": "é"})).unwrap();
    run(&python, "load_study.py", folder.path());
}

#[test]
fn optuna_and_tinderbox_work_on_one_study() {
    let Some(python) = python() else { return };
    let (folder, mut storage, study) = study();
    let now = Timestamp::from(SystemTime::now());
    let ours = storage.claim(study, "worker", now, LEASE).unwrap().unwrap();
    run(&python, "share_study.py", folder.path());

    storage.tell(&ours, &Told::complete(0.5), now).unwrap();
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.len(), 6, "four of ours, one asked for and one enqueued by Optuna");
    assert_eq!(
        (trials[1].state, trials[1].value()),
        (State::Complete, Some(0.25)),
        "Optuna took it from our queue"
    );
    assert_eq!((&trials[4].key, trials[4].state), (&None, State::Complete));
    assert_eq!(trials[4].parameters["rate"].value(), &json!(0.01));
    assert_eq!(storage.claim(study, "worker", now, LEASE).unwrap().unwrap().number, 2);
}

#[test]
fn a_study_that_optuna_deletes_is_gone_whole() {
    let Some(python) = python() else { return };
    let (folder, mut storage, study) = study();
    storage.claim(study, "worker", at(0), LEASE).unwrap().unwrap();
    storage.set_study_attachment(study, "labels", &[1]).unwrap();
    run(&python, "delete_study.py", folder.path());
    assert!(storage.studies().unwrap().is_empty());
    let rows: i64 = rusqlite::Connection::open(file(&folder))
        .unwrap()
        .query_row(
            "SELECT (SELECT count(*) FROM tinderbox_trials) + (SELECT count(*) FROM tinderbox_attempts)
                  + (SELECT count(*) FROM tinderbox_study_attachments)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(rows, 0);
}

/// A study in which four trials wait.
fn study() -> (TempDir, Sqlite, StudyId) {
    let folder = tempfile::tempdir().unwrap();
    let mut storage = Sqlite::open(file(&folder)).unwrap();
    let study = storage.open_study("by-tinderbox", &[Direction::Maximize]).unwrap();
    for (key, rate) in [("a", 0.0001), ("b", 0.001), ("c", 0.1), ("d", 0.01)] {
        let rates = Distribution::Float { low: 0.0001, high: 0.1, log: true, step: None };
        let units = Distribution::Int { low: 1, high: 512, log: false, step: 1 };
        let activations = vec![json!("relu"), json!("sigmoid")];
        let parameters = [
            ("rate".to_owned(), Parameter::new(rates, json!(rate)).unwrap()),
            ("units".to_owned(), Parameter::new(units, json!(128)).unwrap()),
            ("activation".to_owned(), Parameter::categorical(activations, json!("sigmoid")).unwrap()),
        ];
        let attributes = [("config".to_owned(), json!({"learning_rate": rate}))].into();
        let trial = NewTrial { key: key.to_owned(), parameters: parameters.into(), attributes };
        storage.enqueue(study, &trial).unwrap();
    }
    (folder, storage, study)
}

fn file(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("studies.db")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

/// The Python to test with. Without one the test passes unseen, so it says that it did not run.
fn python() -> Option<OsString> {
    let python = env::var_os("TINDERBOX_PYTHON");
    if python.is_none() {
        let skipped = "SKIPPED, not tested: Optuna on a file of Tinderbox; set TINDERBOX_PYTHON to a Python with \
                       `optuna` and `pandas`";
        // Not `eprintln`: the output of a test that passes is hidden.
        let mut terminal = stderr();
        writeln!(terminal, "{skipped}").unwrap();
    }
    python
}

#[track_caller]
fn run(python: &OsString, script: &str, folder: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/optuna").join(script);
    let output = Command::new(python).arg(script).arg(folder.join("studies.db")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
