//! Studies that other programs change: numbers are not indices, and what they left open blocks nobody.

use proptest::prelude::*;

use super::*;
use crate::storage::StorageError;
use crate::storage::memory::foreign::Edit;
#[cfg(feature = "sqlite")]
use crate::storage::sqlite::Sqlite;

/// A grid of 48 points, in order.
fn grid(trials: u64) -> Settings {
    Settings { lag: Some(2), trials: Some(trials), ..Settings::new(finite(), Grid) }
}

/// Six trials of a study, one of them failed, as `edits` leave them.
fn edited(edits: &[Edit]) -> Memory {
    let storage = Memory::new();
    let mut study = Study::open(Box::new(storage.clone()), "study", grid(6)).unwrap();
    study.run(SystemTime::now, begun).unwrap();
    for edit in edits {
        storage.edit(study.id(), edit);
    }
    storage
}

fn begun(trial: &mut Running<'_>) -> Result<f64, Box<dyn std::error::Error>> {
    if trial.number() == 1 { Err("diverged".into()) } else { objective(trial) }
}

/// Goes on to 12 trials.
fn resumed(storage: Box<dyn Storage>, workers: usize) -> Result<Study, StudyError> {
    let mut study = Study::open(storage, "study", grid(12))?.time_limit(Duration::from_mins(1));
    study.run_on(workers, SystemTime::now, |trial| objective(trial))?;
    Ok(study)
}

/// What counts as a trial of the budget.
fn counted(trials: &[Trial]) -> usize {
    let has_point = |trial: &&Trial| {
        trial.queued.as_ref().is_some_and(|queued| queued.fixed.is_some() || !trial.parameters.is_empty())
    };
    trials.iter().filter(|it| it.state.is_finished() || it.is_ours() || has_point(it)).count()
}

/// The promises that hold whatever there was.
fn goes_on(before: &[Trial], answer: Result<Study, StudyError>) -> Result<Vec<Trial>, TestCaseError> {
    let highest = before.last().map_or(0, |trial| trial.number);
    let study = match answer {
        Err(StudyError::Storage(StorageError::NumbersUsedUp { number, .. })) => {
            prop_assert_eq!(number, i32::MAX as u64 - 1);
            return Ok(Vec::new());
        }
        answer => answer.map_err(|error| TestCaseError::fail(error.to_string()))?,
    };
    let after = study.trials().unwrap();
    prop_assert_eq!(counted(&after), counted(before).max(12));
    let waits = |trial: &&Trial| trial.is_ours() && !trial.state.is_finished();
    prop_assert_eq!(after.iter().find(waits), None);
    let new: Vec<_> = after[before.len()..].iter().map(|trial| trial.number).collect();
    let first = if before.is_empty() { 0 } else { highest + 1 };
    prop_assert_eq!(&new, &(first..first + new.len() as u64).collect::<Vec<_>>());
    let mut points: Vec<_> = after.iter().filter(|trial| trial.is_sampled()).collect();
    points.sort_by_key(|trial| finite().place(&trial.parameters).unwrap());
    let twice = points.windows(2).find(|two| two[0].parameters == two[1].parameters);
    prop_assert_eq!(twice, None, "each point of a grid is tried once");
    Ok(after)
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let number = || {
        prop_oneof![
            8 => 0..9_i64,
            1 => Just(-1_i64),
            1 => Just(i64::MIN),
            1 => Just(900_i64),
            1 => Just(1_i64 << 40),
            1 => Just(i64::from(i32::MAX) - 2),
        ]
    };
    let state = prop_oneof![
        Just(State::Waiting),
        Just(State::Running),
        Just(State::Complete),
        Just(State::Pruned),
        Just(State::Fail),
    ];
    let fixed = prop_oneof![
        Just(None),
        Just(Some(json!({}))),
        Just(Some(json!({ "layers": 2.0, "units": 128 }))),
        Just(Some(json!({ "layers": 7 }))),
        Just(Some(json!("NaN"))),
    ];
    let edit = prop_oneof![
        3 => (0..6_usize).prop_map(|row| Edit::Delete { row }),
        3 => (0..6_usize, number()).prop_map(|(row, number)| Edit::Renumber { row, number }),
        3 => (number(), state, fixed).prop_map(|(number, state, fixed)| Edit::Add { number, state, fixed }),
        1 => (0..6_usize).prop_map(|row| Edit::Take { row }),
    ];
    prop::collection::vec(edit, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn whatever_others_did_a_study_goes_on_and_comes_out_the_same(edits in edits()) {
        let made = |workers| {
            let storage = edited(&edits);
            let study = storage.clone().studies().unwrap()["study"];
            let before = storage.trials(study).unwrap();
            goes_on(&before, resumed(Box::new(storage), workers)).map(|trials| table(&trials))
        };
        prop_assert_eq!(made(1)?, made(3)?);
    }
}

#[cfg(feature = "sqlite")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn so_does_one_in_a_file(edits in edits()) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("studies.db");
        let mut study = Study::open(Box::new(Sqlite::open(&file).unwrap()), "study", grid(6)).unwrap();
        study.run(SystemTime::now, begun).unwrap();
        let plain = rusqlite::Connection::open(&file).unwrap();
        // Optuna's connections do not check them either.
        plain.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        for edit in &edits {
            plain.execute_batch(&sql(edit)).unwrap();
        }
        let before = study.trials().unwrap();
        goes_on(&before, resumed(Box::new(Sqlite::open(&file).unwrap()), 3))?;
    }
}

#[cfg(feature = "sqlite")]
fn sql(edit: &Edit) -> String {
    match edit {
        Edit::Delete { row } => format!("DELETE FROM trials WHERE trial_id = {row} + 1"),
        Edit::Renumber { row, number } => {
            format!("UPDATE trials SET number = {number} WHERE trial_id = {row} + 1")
        }
        Edit::Add { number, state, fixed } => {
            let attribute = "INSERT INTO trial_system_attributes (trial_id, key, value_json) \
                             SELECT max(trial_id), 'fixed_params',";
            let fixed = fixed.as_ref().map(|fixed| format!("{attribute} '{fixed}' FROM trials;"));
            format!(
                "INSERT INTO trials (number, study_id, state) SELECT {number}, study_id, '{}' FROM studies; {}",
                format!("{state:?}").to_uppercase(),
                fixed.unwrap_or_default()
            )
        }
        // The attempt has ended: it is another program that runs it.
        Edit::Take { row } => format!("UPDATE trials SET state = 'RUNNING' WHERE trial_id = {row} + 1"),
    }
}

fn points(storage: &Memory) -> Vec<(u64, Option<u64>)> {
    let study = storage.studies().unwrap()["study"];
    let trials = storage.trials(study).unwrap();
    trials.iter().map(|trial| (trial.number, finite().place(&trial.parameters).unwrap())).collect()
}

#[test]
fn a_deleted_trial_is_no_longer_known_and_its_point_is_tried_again() {
    let storage = edited(&[Edit::Delete { row: 0 }]);
    resumed(Box::new(storage.clone()), 2).unwrap();
    let numbers: Vec<_> = points(&storage).iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..13).collect::<Vec<_>>());
    assert_eq!(points(&storage)[5], (6, Some(0)));
    assert_eq!(points(&storage)[6], (7, Some(6)));
}

#[test]
fn a_trial_that_is_deleted_while_a_worker_runs_is_noticed() {
    let storage = edited(&[]);
    let also = storage.clone();
    let mut study = Study::open(Box::new(storage.clone()), "study", grid(12)).unwrap();
    let id = study.id();
    study
        .run(SystemTime::now, move |trial| {
            if trial.number() == 8 {
                // The last two that have finished, and a number that the worker thinks is the next.
                also.edit(id, &Edit::Delete { row: 7 });
                also.edit(id, &Edit::Delete { row: 8 });
            }
            objective(trial)
        })
        .unwrap();
    let trials = storage.trials(id).unwrap();
    assert_eq!(trials.len(), 12);
    assert!(trials.iter().all(|trial| trial.state.is_finished()));
}

#[test]
fn two_trials_of_one_number_are_two_trials() {
    let storage = edited(&[Edit::Renumber { row: 4, number: 3 }, Edit::Renumber { row: 5, number: 4 }]);
    resumed(Box::new(storage.clone()), 1).unwrap();
    let expected: Vec<_> = [0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10].into_iter().zip((0..12).map(Some)).collect();
    assert_eq!(points(&storage), expected);
}

#[test]
fn a_far_number_leaves_the_rest_of_a_grid() {
    let storage = edited(&[Edit::Renumber { row: 5, number: 900 }]);
    resumed(Box::new(storage.clone()), 1).unwrap();
    assert_eq!(points(&storage)[6..8], [(901, Some(6)), (902, Some(7))]);
}

#[test]
fn what_others_left_open_takes_no_place_in_the_budget() {
    let open = [State::Running, State::Waiting].map(|state| Edit::Add { number: 6, state, fixed: None });
    let done = Edit::Add { number: 7, state: State::Complete, fixed: None };
    let [running, waiting] = open;
    let storage = edited(&[running, waiting, done]);
    resumed(Box::new(storage.clone()), 1).unwrap();
    let ours = points(&storage).iter().filter(|(_, place)| place.is_some()).count();
    assert_eq!(ours, 11, "with the one that another program has finished they are 12");
}

#[cfg(feature = "sqlite")]
#[test]
fn after_the_highest_number_there_is_none() {
    let highest = Edit::Renumber { row: 5, number: i64::from(i32::MAX) - 1 };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("studies.db");
    let mut study = Study::open(Box::new(Sqlite::open(&file).unwrap()), "study", grid(6)).unwrap();
    study.run(SystemTime::now, begun).unwrap();
    rusqlite::Connection::open(&file).unwrap().execute_batch(&sql(&highest)).unwrap();
    let error = resumed(Box::new(Sqlite::open(&file).unwrap()), 2).unwrap_err().to_string();
    let expected = "has number 2147483646, and no number is left for the next one";
    assert!(error.contains(expected), "{error}");
}

/// The trial that `fixed` becomes, at number 6 of a study of the mixed space.
fn queued(fixed: serde_json::Value) -> Trial {
    let storage = Memory::new();
    let settings = Settings { trials: Some(6), ..Settings::new(mixed(), Random { seed: 7 }) };
    let mut study = Study::open(Box::new(storage.clone()), "study", settings.clone()).unwrap();
    study.run(SystemTime::now, |trial| objective(trial)).unwrap();
    storage.edit(study.id(), &Edit::Add { number: 6, state: State::Waiting, fixed: Some(fixed) });
    let more = Settings { trials: Some(8), ..settings };
    let mut study = Study::open(Box::new(storage), "study", more).unwrap();
    study.run_on(2, SystemTime::now, |trial| objective(trial)).unwrap();
    let mut trials = study.trials().unwrap();
    assert_eq!(trials.iter().map(|trial| trial.number).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    assert!(trials.iter().all(|trial| trial.state.is_finished()));
    trials.remove(6)
}

#[test]
fn a_queued_point_is_tried_in_its_place_and_the_rest_is_drawn() {
    let whole = json!({ "layers": 3, "rate": 0.0123, "activation": "relu", "dropout": 0.25 });
    let trial = queued(whole.clone());
    assert_eq!(trial.state, State::Complete);
    let tried: serde_json::Map<_, _> =
        trial.parameters.iter().map(|(name, it)| (name.to_owned(), it.value().clone())).collect();
    assert_eq!(serde_json::Value::from(tried), whole);

    // Python writes 3.0 where it has one, and a dropout needs two layers.
    for fixed in [json!({ "layers": 3.0 }), json!({ "dropout": 0.25 }), json!({})] {
        let (trial, again) = (queued(fixed.clone()), queued(fixed.clone()));
        assert_eq!((trial.state, mixed().check(&trial.parameters)), (State::Complete, Ok(())));
        assert_eq!(trial.parameters, again.parameters, "equal seeds draw equal points");
        for (name, value) in fixed.as_object().unwrap() {
            assert_eq!(trial.parameters[name].value().as_f64(), value.as_f64());
        }
    }
}

#[test]
fn a_queued_point_of_another_space_fails_and_says_why() {
    let failures = [
        (json!({ "layers": 9 }), "enqueued point: `layers`: 9 is not a whole number from 1 to 3"),
        (json!({ "layer": 3 }), "enqueued point: `layer` is not a parameter of the space"),
        (
            json!({ "layers": 1, "dropout": 0.25 }),
            "enqueued point: the conditions of `dropout`, `layers` do not hold together",
        ),
        (
            json!({ "activation": "gelu" }),
            "enqueued point: `activation`: \"gelu\" is not one of the choices [\"relu\",\"sigmoid\"]",
        ),
        (json!("{\"rate\": NaN}"), "enqueued point: \"{\\\"rate\\\": NaN}\", expected parameters by name"),
    ];
    for (fixed, expected) in failures {
        let trial = queued(fixed);
        assert_eq!((trial.state, trial.failure.as_deref()), (State::Fail, Some(expected)));
    }
}

#[test]
fn two_trials_of_one_number_have_a_curve_each() {
    let storage = Memory::new();
    // Two reports without an improvement end a trial.
    let patience = Patience { patience: 2, min_delta: 0.0, inner: None };
    let settings = Settings { pruner: Some(patience.into()), ..grid(6) };
    let mut study = Study::open(Box::new(storage.clone()), "study", settings).unwrap();
    let now = Timestamp::MIN;
    let Asked::Trial(first) = study.ask(now).unwrap() else { panic!("a trial") };
    let Asked::Trial(mut second) = study.ask(now).unwrap() else { panic!("a trial") };
    storage.edit(study.id(), &Edit::Renumber { row: 1, number: 0 });
    second.number = 0;
    for step in 0..6 {
        let falls = 1.0 - f64::from(step) / 10.0;
        assert_eq!(study.report(&first, step, falls).unwrap(), Advice::Continue);
        // It rises, and stands between the values of the other.
        let stops = study.report(&second, step, 2.0 + f64::from(step)).unwrap() == Advice::Stop;
        assert!(stops || step < 3, "the other's curve falls, not its own");
    }
    study.tell(&second, &TrialResult::pruned(), now).unwrap();
    let answer = (6..12).map(|step| study.report(&first, step, 1.0).unwrap());
    assert!(answer.collect::<Vec<_>>().contains(&Advice::Stop), "what it reported before is known yet");
}

#[test]
fn of_two_trials_with_one_number_the_key_says_which_is_retried() {
    let storage = edited(&[Edit::Renumber { row: 2, number: 1 }]);
    let mut other: Box<dyn Storage> = Box::new(storage.clone());
    let study = storage.studies().unwrap()["study"];
    let key = |row: usize| storage.trials(study).unwrap()[row].key.clone().unwrap();
    assert_eq!(other.attempts_of(study, &key(1)).unwrap()[0].outcome, crate::trial::AttemptOutcome::Fail);
    assert_eq!(other.attempts_of(study, &key(2)).unwrap()[0].outcome, crate::trial::AttemptOutcome::Complete);
    assert_eq!(other.retry(study, &[key(2)], Timestamp::MIN).unwrap(), 0);
    assert_eq!(other.retry(study, &[key(1)], Timestamp::MIN).unwrap(), 1);
}

#[test]
fn a_study_whose_space_is_refused_now_is_looked_at_and_not_gone_on_with() {
    for (dimension, expected) in [
        (json!({ "name": "n", "int": [1, 3], "step": 7.0 }), "larger than the range"),
        (json!({ "name": "n", "choices": [1, 1.0] }), "is a duplicate"),
        (json!({ "name": "n\n", "int": [1, 3] }), "name"),
    ] {
        let mut storage = edited(&[]);
        let study = storage.studies().unwrap()["study"];
        let mut stored = storage.study_attributes(study).unwrap()["tinderbox:settings"].clone();
        stored["space"].as_array_mut().unwrap().push(dimension);
        storage.set_study_attribute(study, "tinderbox:settings", &stored).unwrap();
        let error = Study::resume(Box::new(storage.clone()), "study").unwrap_err().to_string();
        assert!(error.starts_with("the settings of study `study` are invalid in this version: "), "{error}");
        assert!(error.contains(expected) && !error.contains("no settings"), "{error}");
        let mut looked = Study::look(Box::new(storage), "study").unwrap();
        let trials = looked.trials().unwrap();
        assert_eq!(trials.len(), 6);
        assert_eq!(looked.settings().space.dimensions().len(), finite().dimensions().len());
        let notes = looked.notes(&trials).unwrap();
        assert!(notes.study[0].contains(expected), "{:?}", notes.study);
        assert!(notes.trials.iter().all(Vec::is_empty), "{:?}", notes.trials);
        assert!(looked.ask(Timestamp::MIN).unwrap_err().to_string().contains(expected));
    }
}
