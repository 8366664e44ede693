//! Studies of Tinderbox in the hands of Optuna itself, where `TINDERBOX_PYTHON` names a Python that has it.
#![cfg(all(unix, any(feature = "postgres", feature = "sqlite")))]

use std::env;
use std::ffi::OsString;
use std::io::{Write, stderr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::json;
use tinderbox_search::{
    Direction, Distribution, LeaseTerms, NewTrial, Parameter, State, Storage, StudyId, Timestamp,
    TrialResult, open,
};

use support::{Place, in_each_place};

mod support;

const TERMS: LeaseTerms = LeaseTerms::new(Duration::from_mins(10));

in_each_place! {
    optuna_loads_a_study_of_tinderbox
    optuna_and_tinderbox_work_on_one_study
    optuna_and_tinderbox_go_on_from_each_other
    a_study_that_optuna_deletes_is_gone_whole
}

fn optuna_loads_a_study_of_tinderbox(place: &Place) {
    let Some(python) = python() else { return };
    let (mut storage, study) = study(place);
    let first = storage.lease(study, "worker", at(0), TERMS).unwrap().unwrap();
    for (step, value) in [(0, 0.25), (1, f64::NAN), (2, f64::INFINITY)] {
        storage.report(&first, step, value).unwrap();
    }
    let attributes = [("seconds".to_owned(), json!(1.5))].into();
    let attachments = [("history".to_owned(), vec![1, 2, 3])].into();
    storage
        .tell(&first, &TrialResult { attributes, attachments, ..TrialResult::complete(0.9375) }, at(2))
        .unwrap();
    let second = storage.lease(study, "worker", at(2), TERMS).unwrap().unwrap();
    storage.tell(&second, &TrialResult::fail("diverged"), at(3)).unwrap();
    let third = storage.lease(study, "worker", at(3), TERMS).unwrap().unwrap();
    storage.tell(&third, &TrialResult::complete(f64::INFINITY), at(4)).unwrap();
    storage.lease(study, "worker", at(4), TERMS).unwrap().unwrap();
    storage.set_study_attribute(study, "paper", &json!({"title": "é"})).unwrap();
    run(&python, "load_study.py", place);
}

fn optuna_and_tinderbox_work_on_one_study(place: &Place) {
    let Some(python) = python() else { return };
    let (mut storage, study) = study(place);
    let now = Timestamp::from(SystemTime::now());
    let ours = storage.lease(study, "worker", now, TERMS).unwrap().unwrap();
    run(&python, "share_study.py", place);

    storage.tell(&ours, &TrialResult::complete(0.5), now).unwrap();
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.len(), 6, "four of ours, one asked for and one enqueued by Optuna");
    assert_eq!(
        (trials[1].state, trials[1].value()),
        (State::Complete, Some(0.25)),
        "Optuna took it from our queue"
    );
    assert_eq!((&trials[4].key, trials[4].state), (&None, State::Complete));
    assert_eq!(trials[4].parameters["rate"].value(), &json!(0.01));
    assert_eq!(storage.lease(study, "worker", now, TERMS).unwrap().unwrap().number, 2);
}

fn a_study_that_optuna_deletes_is_gone_whole(place: &Place) {
    let Some(python) = python() else { return };
    let (mut storage, study) = study(place);
    storage.lease(study, "worker", at(0), TERMS).unwrap().unwrap();
    storage.set_study_attachment(study, "labels", &[1]).unwrap();
    run(&python, "delete_study.py", place);
    assert!(storage.studies().unwrap().is_empty());
    #[cfg(feature = "sqlite")]
    if let Some(file) = place.url.strip_prefix("sqlite:///") {
        let sql = "SELECT (SELECT count(*) FROM tinderbox_trials) + (SELECT count(*) FROM tinderbox_attempts)
                        + (SELECT count(*) FROM tinderbox_study_attachments)";
        let file = rusqlite::Connection::open(file).unwrap();
        assert_eq!(file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }
}

fn optuna_and_tinderbox_go_on_from_each_other(place: &Place) {
    let Some(python) = python() else { return };
    let (mut storage, study) = study(place);
    for (key, rate) in [("e", 0.003), ("f", 0.03)] {
        storage.enqueue(study, &trial(key, rate)).unwrap();
    }
    let mut constraints = vec![-0.5, 1.5];
    while let Some(lease) = storage.lease(study, "worker", at(0), TERMS).unwrap() {
        let told = TrialResult::complete(lease.number as f64);
        if lease.number < 5 {
            storage
                .tell(&lease, &TrialResult { constraints: std::mem::take(&mut constraints), ..told }, at(1))
                .unwrap();
        } else {
            storage.report(&lease, 0, 0.75).unwrap();
            storage.report(&lease, 1, 0.25).unwrap();
            storage.tell(&lease, &TrialResult::pruned(), at(1)).unwrap();
        }
    }
    run(&python, "optimize.py", place);

    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.iter().map(|trial| trial.number).collect::<Vec<_>>(), (0..16).collect::<Vec<_>>());
    for trial in &trials[6..] {
        let number = |name: &str| trial.parameters[name].value().as_f64().unwrap();
        if trial.number % 3 == 0 {
            let (first, last) = (number("rate"), 2.0 * number("rate"));
            assert_eq!((trial.state, &trial.values), (State::Pruned, &vec![last]));
            assert_eq!(trial.intermediate_values, [(0, first), (1, last)].into());
            assert!(trial.constraints.is_empty());
        } else {
            let activation = if trial.parameters["activation"].value() == "relu" { -1.0 } else { 1.0 };
            assert_eq!((trial.state, trial.values.len()), (State::Complete, 1));
            assert_eq!(trial.constraints, [activation, number("units") - 256.0], "by name");
        }
    }

    assert_eq!(
        storage.start(study, 15, &trial("g", 0.01), "worker", at(2), TERMS).unwrap(),
        None,
        "it is Optuna's"
    );
    let next = storage.start(study, 16, &trial("g", 0.01), "worker", at(2), TERMS).unwrap().unwrap();
    storage
        .tell(&next, &TrialResult { constraints: vec![0.25], ..TrialResult::complete(0.125) }, at(3))
        .unwrap();
    assert_eq!(storage.enqueue(study, &trial("h", 0.01)).unwrap(), 17);
    let last = storage.lease(study, "worker", at(3), TERMS).unwrap().unwrap();
    storage.report(&last, 0, 0.5).unwrap();
    storage.tell(&last, &TrialResult::pruned(), at(4)).unwrap();
    run(&python, "check_study.py", place);
    assert_eq!(storage.trials_from(study, 18).unwrap()[0].state, State::Complete);
}

/// A study in which four trials wait.
fn study(place: &Place) -> (Box<dyn Storage>, StudyId) {
    let mut storage = open(&place.url).unwrap();
    let study = storage.open_study("by-tinderbox", &[Direction::Maximize]).unwrap();
    for (key, rate) in [("a", 0.0001), ("b", 0.001), ("c", 0.1), ("d", 0.01)] {
        storage.enqueue(study, &trial(key, rate)).unwrap();
    }
    (storage, study)
}

fn trial(key: &str, rate: f64) -> NewTrial {
    let rates = Distribution::Float { low: 0.0001, high: 0.1, log: true, step: None };
    let units = Distribution::Int { low: 1, high: 512, log: false, step: 1 };
    let activations = vec![json!("relu"), json!("sigmoid")];
    let parameters = [
        ("rate".to_owned(), Parameter::new(rates, json!(rate)).unwrap()),
        ("units".to_owned(), Parameter::new(units, json!(128)).unwrap()),
        ("activation".to_owned(), Parameter::categorical(activations, json!("sigmoid")).unwrap()),
    ];
    let attributes = [("config".to_owned(), json!({"learning_rate": rate}))].into();
    NewTrial { key: key.to_owned(), parameters: parameters.into(), attributes }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

/// The Python to test with. Without one the test passes unseen, so it says that it did not run.
fn python() -> Option<OsString> {
    let python = env::var_os("TINDERBOX_PYTHON");
    if python.is_none() {
        let skipped = "SKIPPED, not tested: Optuna on studies of Tinderbox; set TINDERBOX_PYTHON to a Python \
                       with `optuna`, `pandas` and `psycopg`";
        // Not `eprintln`: the output of a test that passes is hidden.
        let mut terminal = stderr();
        writeln!(terminal, "{skipped}").unwrap();
    }
    python
}

#[track_caller]
fn run(python: &OsString, script: &str, place: &Place) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/optuna").join(script);
    let output = Command::new(python).arg(script).arg(&place.url).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
