//! Promises about what is reported and told.

use serde_json::json;

use super::{at, lease, new, only, queue, states};
use crate::storage::{Direction, Storage, StorageError};
use crate::trial::{AttemptOutcome, Counts, NewTrial, State, Trial, TrialResult};

pub(crate) fn a_result_is_stored_whole(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let lease = lease(storage, study, "worker", 0);
    let told = TrialResult {
        attributes: [("seconds".to_owned(), json!(1.5))].into(),
        attachments: [("history".to_owned(), vec![0, 1, 255]), ("empty".to_owned(), vec![])].into(),
        ..TrialResult::complete(0.1 + 0.2)
    };
    storage.tell(&lease, &told, at(5)).unwrap();
    let trial = only(storage, study);
    assert_eq!((trial.state, trial.value(), &trial.failure), (State::Complete, Some(0.1 + 0.2), &None));
    assert_eq!((trial.started, trial.finished), (Some(at(0)), Some(at(5))));
    assert_eq!(trial.attributes, told.attributes);
    assert_eq!(storage.attachment(study, 0, "history").unwrap(), Some(vec![0, 1, 255]));
    assert_eq!(storage.attachment(study, 0, "empty").unwrap(), Some(vec![]));
    assert_eq!(storage.attachment(study, 0, "other").unwrap(), None);
    let attempt = &storage.attempts(study, 0).unwrap()[0];
    assert_eq!((attempt.outcome, attempt.ended), (AttemptOutcome::Complete, Some(at(5))));
}

pub(crate) fn a_result_is_told_once(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let lease = lease(storage, study, "worker", 0);
    storage.tell(&lease, &TrialResult::complete(0.5), at(1)).unwrap();
    let before = only(storage, study);
    let error = storage.tell(&lease, &TrialResult::complete(0.9), at(2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "trial 0: attempt 1 has already reported its result; each attempt reports one"
    );
    assert!(matches!(storage.report(&lease, 1, 0.9), Err(StorageError::AlreadyTold { .. })));
    assert!(matches!(storage.heartbeat(&lease, at(2)), Err(StorageError::AlreadyTold { .. })));
    assert_eq!(only(storage, study), before);
    assert_eq!(storage.attempts(study, 0).unwrap()[0].refused, None);
    assert_eq!(storage.release(study, "worker", at(3)).unwrap(), 0, "it holds nothing any more");
}

pub(crate) fn a_failure_keeps_its_reason(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let lease = lease(storage, study, "worker", 0);
    storage.tell(&lease, &TrialResult::fail("the loss is NaN"), at(1)).unwrap();
    let trial = only(storage, study);
    assert_eq!((trial.state, trial.value()), (State::Fail, None));
    assert_eq!((trial.failure.as_deref(), trial.finished), (Some("the loss is NaN"), Some(at(1))));
    let attempt = &storage.attempts(study, 0).unwrap()[0];
    assert_eq!((attempt.outcome, attempt.reason.as_deref()), (AttemptOutcome::Fail, Some("the loss is NaN")));
}

pub(crate) fn nan_is_no_objective_but_infinity_is(storage: &mut dyn Storage) {
    let study = queue(storage, &["a", "b"]);
    let first = lease(storage, study, "worker", 0);
    let error = storage.tell(&first, &TrialResult::complete(f64::NAN), at(1)).unwrap_err();
    assert_eq!(error.to_string(), "trial 0: the objective is NaN; report the trial as failed, with a reason");
    assert_eq!(states(storage, study)[0], State::Running, "it can still tell");
    let error = storage.tell(&first, &TrialResult::complete_all([0.5, 0.5]), at(1)).unwrap_err();
    assert_eq!(error.to_string(), "trial 0: 2 values, expected 1: one for each objective of the study");
    storage.tell(&first, &TrialResult::complete(f64::INFINITY), at(1)).unwrap();
    let second = lease(storage, study, "worker", 0);
    storage.tell(&second, &TrialResult::complete(f64::NEG_INFINITY), at(1)).unwrap();
    let values: Vec<_> = storage.trials(study).unwrap().iter().map(Trial::value).collect();
    assert_eq!(values, [Some(f64::INFINITY), Some(f64::NEG_INFINITY)]);
}

pub(crate) fn several_objectives_and_constraints_are_kept(storage: &mut dyn Storage) {
    let directions = [Direction::Maximize, Direction::Minimize];
    let study = storage.open_study("two", &directions).unwrap();
    assert_eq!(storage.directions(study).unwrap(), directions);
    for key in ["a", "b", "c"] {
        storage.enqueue(study, &new(key)).unwrap();
    }
    let constraints = vec![-0.5, 1.5];
    let first = lease(storage, study, "worker", 0);
    let told =
        TrialResult { constraints: constraints.clone(), ..TrialResult::complete_all([0.9, f64::INFINITY]) };
    storage.tell(&first, &told, at(1)).unwrap();
    let second = lease(storage, study, "worker", 1);
    storage.report(&second, 0, 0.5).unwrap();
    storage.tell(&second, &TrialResult::pruned(), at(2)).unwrap();
    let trials = storage.trials(study).unwrap();
    assert_eq!((&trials[0].values, &trials[0].constraints), (&vec![0.9, f64::INFINITY], &constraints));
    assert_eq!((trials[1].state, &trials[1].values), (State::Pruned, &vec![]));

    let error = storage.open_study("two", &[Direction::Maximize]).unwrap_err().to_string();
    assert!(
        error.starts_with("study `two` already exists to maximize, minimize, not to maximize;"),
        "{error}"
    );
    let error = storage.open_study("none", &[]).unwrap_err().to_string();
    assert_eq!(error, "study `none` has no objective, expected a direction for each");
}

pub(crate) fn constraints_may_be_infinite_and_not_nan(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let held = lease(storage, study, "worker", 0);
    let told =
        |constraints: &[f64]| TrialResult { constraints: constraints.to_vec(), ..TrialResult::complete(0.5) };
    let error = storage.tell(&held, &told(&[0.0, f64::NAN]), at(1)).unwrap_err().to_string();
    assert_eq!(error, "trial 0: a constraint is NaN; report the trial as failed, with a reason");
    let constraints = [f64::INFINITY, -1e300, f64::NEG_INFINITY];
    storage.tell(&held, &told(&constraints), at(1)).unwrap();
    let trial = only(storage, study);
    assert_eq!((&trial.constraints[..], trial.notes.len()), (&constraints[..], 0));
}

pub(crate) fn a_pruned_trial_keeps_its_last_report(storage: &mut dyn Storage) {
    let study = queue(storage, &["a", "b", "c"]);
    for reports in [&[0.9, 0.5][..], &[0.9, f64::NAN], &[]] {
        let lease = lease(storage, study, "worker", 0);
        for (step, value) in (0..).zip(reports) {
            storage.report(&lease, step, *value).unwrap();
        }
        storage.tell(&lease, &TrialResult::pruned(), at(1)).unwrap();
        let error = storage.tell(&lease, &TrialResult::complete(1.0), at(2)).unwrap_err();
        assert!(matches!(error, StorageError::AlreadyTold { .. }), "{error}");
    }
    let trials = storage.trials(study).unwrap();
    assert!(trials.iter().all(|trial| trial.state == State::Pruned && trial.value().is_none()));
    let values: Vec<_> = trials.iter().map(|trial| trial.values.clone()).collect();
    assert_eq!(values, [vec![0.5], vec![], vec![]]);
    assert_eq!(storage.attempts(study, 0).unwrap()[0].outcome, AttemptOutcome::Pruned);
    assert_eq!(storage.counts(study).unwrap().pruned, 3);
    assert_eq!(storage.retry_failed(study, at(3)).unwrap(), 0, "none of them failed");
}

pub(crate) fn intermediate_values_may_be_anything(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let lease = lease(storage, study, "worker", 0);
    let values = [0.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE / 2.0, f64::MAX];
    for (step, value) in (0..).zip(values) {
        storage.report(&lease, step, 7.0).unwrap();
        storage.report(&lease, step, value).unwrap();
    }
    storage.report(&lease, u32::MAX, 1.0).unwrap();
    let read = only(storage, study).intermediate_values;
    assert_eq!(read.len(), 7);
    assert!(read[&1].is_nan());
    for step in [0, 2, 3, 4, 5] {
        assert_eq!(read[&step].to_bits(), values[step as usize].to_bits());
    }
    assert_eq!(read.keys().last(), Some(&u32::MAX));
}

pub(crate) fn a_result_replaces_files_and_adds_attributes(storage: &mut dyn Storage) {
    let study = queue(storage, &[]);
    let attributes = [("seed".to_owned(), json!(1)), ("note".to_owned(), json!("old"))].into();
    storage.enqueue(study, &NewTrial { attributes, ..new("a") }).unwrap();
    let first = lease(storage, study, "worker", 0);
    let attachments = [("trace".to_owned(), vec![1])].into();
    storage.tell(&first, &TrialResult { attachments, ..TrialResult::fail("crash") }, at(1)).unwrap();
    assert_eq!(storage.attachment(study, 0, "trace").unwrap(), Some(vec![1]));

    storage.retry_failed(study, at(2)).unwrap();
    let second = lease(storage, study, "worker", 3);
    let attributes = [("note".to_owned(), json!("new"))].into();
    storage.tell(&second, &TrialResult { attributes, ..TrialResult::complete(1.0) }, at(4)).unwrap();
    assert_eq!(storage.attachment(study, 0, "trace").unwrap(), None);
    let expected = [("seed".to_owned(), json!(1)), ("note".to_owned(), json!("new"))].into();
    assert_eq!(only(storage, study).attributes, expected);
}

pub(crate) fn trials_are_counted_by_state(storage: &mut dyn Storage) {
    let study = queue(storage, &["a", "b", "c", "d", "e"]);
    let first = lease(storage, study, "worker", 0);
    storage.tell(&first, &TrialResult::complete(1.0), at(0)).unwrap();
    let second = lease(storage, study, "worker", 0);
    storage.tell(&second, &TrialResult::fail("no"), at(0)).unwrap();
    lease(storage, study, "worker", 0);
    let expected = Counts { waiting: 2, running: 1, complete: 1, pruned: 0, fail: 1 };
    assert_eq!(storage.counts(study).unwrap(), expected);
}
