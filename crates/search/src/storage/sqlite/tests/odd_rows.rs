//! Rows that any program may have written: with any content a study can be read, shown and resumed.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::Folder;
use crate::observation::Observation;
use crate::parameter::Distribution;
use crate::sampler::tpe::Tpe;
use crate::space::Space;
use crate::storage::StorageError;
use crate::storage::contract::{TERMS, at};
use crate::study::{Asked, Settings, Study, StudyError};
use crate::trial::{NewTrial, TrialResult};

/// What another program, or damage, does to a file.
#[derive(Clone, Debug)]
enum Deed {
    /// Puts a value into a column of one of a table's rows.
    Update { place: usize, row: u8, value: Value },
    /// Adds a trial with these cells: number, state, start, end.
    Trial([Value; 4]),
    /// Adds a row with these cells to a table of trials.
    Row { table: usize, trial: i64, cells: [Value; 3] },
    /// Removes a row of a table.
    Delete { table: usize, row: u8 },
}

/// The columns that are damaged, by table. The settings of the study are not among them: without them it is refused.
const COLUMNS: [(&str, &[&str]); 10] = [
    ("trials", &["number", "state", "datetime_start", "datetime_complete"]),
    ("trial_params", &["param_name", "param_value", "distribution_json", "trial_id"]),
    ("trial_values", &["objective", "value", "value_type", "trial_id"]),
    ("trial_intermediate_values", &["step", "intermediate_value", "intermediate_value_type"]),
    ("trial_user_attributes", &["key", "value_json"]),
    ("trial_system_attributes", &["key", "value_json"]),
    ("trial_heartbeats", &["heartbeat", "trial_id"]),
    ("study_directions", &["direction", "objective"]),
    ("tinderbox_trials", &["trial_key", "attempt", "forgiven"]),
    (
        "tinderbox_attempts",
        &[
            "worker",
            "lease_micros",
            "lease_attempts",
            "claimed",
            "expires",
            "ended",
            "outcome",
            "reason",
            "attempt",
        ],
    ),
];

/// Tables to which rows are added, with what their cells are.
const ROWS: [(&str, &str); 6] = [
    ("trial_params", "param_name, param_value, distribution_json"),
    ("trial_values", "objective, value, value_type"),
    ("trial_intermediate_values", "step, intermediate_value, intermediate_value_type"),
    ("trial_user_attributes", "key, value_json, trial_user_attribute_id"),
    ("trial_system_attributes", "key, value_json, trial_system_attribute_id"),
    ("tinderbox_trials", "study_id, trial_key, attempt"),
];

/// Words that mean something somewhere, or nearly.
const WORDS: [&str; 33] = [
    "WAITING",
    "RUNNING",
    "COMPLETE",
    "PRUNED",
    "FAIL",
    "PAUSED",
    "EXPIRED",
    "FINITE",
    "INF_POS",
    "INF_NEG",
    "NAN",
    "MAXIMIZE",
    "NOT_SET",
    "2024-01-01 00:00:00.000000",
    "2031-12-31 23:59:59",
    "2024-13-01 00:00:00",
    "yesterday",
    "",
    "x",
    "optimizer",
    "constraints",
    "fixed_params",
    "sampled 7",
    "[NaN, 1.0]",
    r#"{"x": 0.25, "optimizer": "adam"}"#,
    r#"{"x": Infinity}"#,
    r#"{"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "log": false, "step": null}}"#,
    r#"{"name": "FloatDistribution", "attributes": {"low": -Infinity, "high": NaN}}"#,
    r#"{"name": "CategoricalDistribution", "attributes": {"choices": [Infinity, null, [1]]}}"#,
    r#"{"name": "IntDistribution", "attributes": {"low": 0, "high": 36893488147419103232, "step": 0}}"#,
    r#"{"name": "DiscreteUniformDistribution", "attributes": {"low": 0.0, "high": 1.0, "q": 0.25}}"#,
    r#"{"name": "PoissonDistribution", "attributes": null}"#,
    r#"{"name": "#,
];

fn cell() -> impl Strategy<Value = Value> {
    prop_oneof![
        5 => prop::sample::select(WORDS.to_vec()).prop_map(|word| Value::Text(word.to_owned())),
        3 => (-2..9_i64).prop_map(Value::Integer),
        1 => prop::sample::select(vec![i64::MIN, i64::MAX, i64::MAX - 1, 1 << 62, 900, 5_000_000_000, 2_147_483_647]).prop_map(Value::Integer),
        1 => prop::num::f64::ANY.prop_map(Value::Real),
        1 => (0.0..1.0).prop_map(Value::Real),
        1 => Just(Value::Null),
        1 => Just(Value::Blob(vec![0xff, 0x00])),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let columns = COLUMNS.iter().map(|(_, columns)| columns.len()).sum::<usize>();
    let cells = || [cell(), cell(), cell()];
    prop_oneof![
        4 => (0..columns, any::<u8>(), cell()).prop_map(|(place, row, value)| Deed::Update { place, row, value }),
        2 => [cell(), cell(), cell(), cell()].prop_map(Deed::Trial),
        3 => (0..ROWS.len(), 1..14_i64, cells()).prop_map(|(table, trial, cells)| Deed::Row { table, trial, cells }),
        1 => (0..COLUMNS.len(), any::<u8>()).prop_map(|(table, row)| Deed::Delete { table, row }),
    ]
}

impl Deed {
    /// What the tables refuse by themselves is not done.
    fn done(&self, db: &Connection) {
        let nth = |table: &str| {
            format!(
                "rowid = (SELECT rowid FROM {table} ORDER BY rowid LIMIT 1 OFFSET ?1 % max(1, (SELECT count(*) FROM {table})))"
            )
        };
        _ = match self {
            Self::Update { place, row, value } => {
                let columns = COLUMNS
                    .iter()
                    .flat_map(|(table, columns)| columns.iter().map(move |column| (table, column)));
                let (table, column) = columns.into_iter().nth(*place).unwrap();
                db.execute(
                    &format!("UPDATE OR IGNORE {table} SET {column} = ?2 WHERE {}", nth(table)),
                    params![row, value],
                )
            }
            Self::Trial([number, state, started, finished]) => db.execute(
                "INSERT OR IGNORE INTO trials (number, study_id, state, datetime_start, datetime_complete)
                 VALUES (?1, 1, ?2, ?3, ?4)",
                params![number, state, started, finished],
            ),
            Self::Row { table, trial, cells: [first, second, third] } => {
                let (table, columns) = ROWS[*table];
                let sql =
                    format!("INSERT OR IGNORE INTO {table} (trial_id, {columns}) VALUES (?1, ?2, ?3, ?4)");
                db.execute(&sql, params![trial, first, second, third])
            }
            Self::Delete { table, row } => {
                let (table, _) = COLUMNS[*table];
                db.execute(&format!("DELETE FROM {table} WHERE {}", nth(table)), [row])
            }
        };
    }
}

fn settings() -> Settings {
    let space =
        [("x", Distribution::uniform(0.0, 1.0)), ("optimizer", Distribution::choice(["adam", "sgd"]))];
    Settings { trials: Some(20), ..Settings::new(Space::new(space).unwrap(), Tpe::new(7)) }
}

/// A study with trials in every state, each of which reported.
fn study(folder: &Folder) {
    let mut study = Study::open(Box::new(folder.open()), "study", settings()).unwrap().worker("worker");
    for told in [
        Some(TrialResult::complete(0.5)),
        Some(TrialResult::fail("diverged")),
        Some(TrialResult::pruned()),
        Some(TrialResult::complete(0.25)),
        None,
    ] {
        let Asked::Trial(lease) = study.ask(at(0)).unwrap() else { panic!("a trial") };
        study.report(&lease, 1, 0.75).unwrap();
        if let Some(told) = told {
            study.tell(&lease, &TrialResult { constraints: vec![-1.0], ..told }, at(1)).unwrap();
        }
    }
    let id = study.id();
    study.storage_mut().enqueue(id, &NewTrial { key: "waits".to_owned(), ..NewTrial::default() }).unwrap();
}

/// Reads all of it, and resumes it for a few trials.
fn used(folder: &Folder) -> Result<(), TestCaseError> {
    let started = Instant::now();
    let wrong = |what: &str, error: &dyn std::fmt::Display| TestCaseError::fail(format!("{what}: {error}"));
    let reader = super::Sqlite::open_read_only(folder.file()).map_err(|error| wrong("open", &error))?;
    let study = Study::resume(Box::new(reader), "study").map_err(|error| wrong("resume", &error))?;
    let trials = study.trials().map_err(|error| wrong("trials", &error))?;
    for trial in &trials {
        study.storage().attempts(study.id(), trial.number).map_err(|error| wrong("attempts", &error))?;
        prop_assert!(trial.values.iter().all(|value| !value.is_nan()));
        prop_assert!(trial.notes.iter().all(|note| note.len() < 500), "{:?}", trial.notes);
    }
    study.storage().counts(study.id()).map_err(|error| wrong("counts", &error))?;
    study.notes(&trials).map_err(|error| wrong("notes", &error))?;
    study.best().map_err(|error| wrong("best", &error))?;
    study.front().map_err(|error| wrong("front", &error))?;
    let directions = &study.settings().directions;
    let observed: Vec<_> =
        trials.iter().filter_map(|trial| Observation::from_trial(trial, directions)).collect();
    _ = crate::importance(&observed);
    drop(study);

    let mut study =
        Study::resume(Box::new(folder.open()), "study").unwrap().worker("next").lease_terms(TERMS);
    for second in 0..8 {
        // Later than every lease that was begun.
        let now = at(1_000_000 + second);
        let asked = match study.ask(now) {
            // A trial has the last number, and the error names it.
            Err(StudyError::Storage(StorageError::NumbersUsedUp { .. })) => break,
            asked => asked.map_err(|error| wrong("ask", &error))?,
        };
        match asked {
            Asked::Trial(lease) => {
                study.report(&lease, 0, 0.5).map_err(|error| wrong("report", &error))?;
                study
                    .tell(&lease, &TrialResult::complete(0.5), now)
                    .map_err(|error| wrong("tell", &error))?;
            }
            Asked::Wait | Asked::Done => break,
        }
    }
    let took = started.elapsed();
    prop_assert!(took < Duration::from_secs(20), "{took:?}");
    Ok(())
}

/// 64 cases, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]
    #[test]
    fn no_row_spoils_a_study(deeds in prop::collection::vec(deed(), 1..12)) {
        let folder = Folder::new();
        study(&folder);
        let db = folder.plain();
        db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        for deed in &deeds {
            deed.done(&db);
        }
        drop(db);
        used(&folder)?;
    }
}

/// The row of a new trial lies above all that other tables refer to, be it a fraction or the last row there is.
#[test]
fn a_trial_has_a_row_whatever_others_refer_to() {
    for odd in
        [Value::Real(1_965_516.5), Value::Real(-0.5), Value::Integer(i64::MAX - 1), Value::Real(9.0e18)]
    {
        let folder = Folder::new();
        study(&folder);
        let db = folder.plain();
        db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        db.execute("UPDATE trial_params SET trial_id = ?1 WHERE rowid = 1", [&odd]).unwrap();
        drop(db);
        let mut study = Study::resume(Box::new(folder.open()), "study").unwrap().worker("next");
        for second in 0..3 {
            let now = at(1_000_000 + second);
            let Asked::Trial(lease) = study.ask(now).unwrap() else { panic!("{odd:?}: a trial") };
            study.tell(&lease, &TrialResult::complete(0.5), now).unwrap();
        }
    }
}
