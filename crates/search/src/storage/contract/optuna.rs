//! Promises about what Optuna wrote: its study can be used, and what it does to a trial of ours holds.

use serde_json::json;

use super::{TERMS, at, fenced, lease, new, nothing_to_lease, queue, states};
use crate::parameter::{Distribution, Parameter};
use crate::storage::{Direction, Storage, StorageError, TrialId};
use crate::trial::{AttemptOutcome, NewTrial, Queued, State, Trial, TrialResult};

/// On the studies that Optuna 5.0.0 made by the script `tests/optuna/make_fixture.py`.
pub(crate) fn a_study_of_optuna_is_read_and_added_to(storage: &mut dyn Storage) {
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

    nothing_to_lease(storage, study, 0);
    assert_eq!(storage.enqueue(study, &new("ours")).unwrap(), 5);
    assert_eq!(lease(storage, study, "worker", 0).number, 5);
    assert_eq!(storage.retry_failed(study, at(1)).unwrap(), 0, "the failed one is not ours");
}

/// On the same studies.
pub(crate) fn a_study_of_several_objectives_is_refused_by_name(storage: &mut dyn Storage) {
    let error = storage.open_study("two-objectives", &[Direction::Maximize]).unwrap_err().to_string();
    assert!(error.starts_with("study `two-objectives` already exists to maximize, minimize, not"), "{error}");
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn a_trial_that_optuna_failed_is_no_longer_held(
    storage: &mut dyn Storage,
    execute: impl Fn(&str),
) {
    let study = queue(storage, &["a"]);
    let held = lease(storage, study, "slow", 0);
    // `optuna.storages.fail_stale_trials`
    execute("UPDATE trials SET state = 'FAIL'");
    fenced(storage.heartbeat(&held, at(1)));
    fenced(storage.tell(&held, &TrialResult::complete(1.0), at(1)));
    assert_eq!(storage.attempts(study, 0).unwrap()[0].refused.as_deref(), Some("complete, with 1"));
    assert_eq!(storage.retry_failed(study, at(2)).unwrap(), 1);
    assert_eq!(lease(storage, study, "next", 3).attempt, 2);
    assert_eq!(storage.attempts(study, 0).unwrap()[0].outcome, AttemptOutcome::Expired);
    fenced(storage.tell(&held, &TrialResult::complete(1.0), at(4)));
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn a_trial_that_optuna_took_is_not_taken_over(storage: &mut dyn Storage, execute: impl Fn(&str)) {
    let study = queue(storage, &["a"]);
    execute("UPDATE trials SET state = 'RUNNING'");
    nothing_to_lease(storage, study, 1_000_000);
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn numbers_of_other_programs_are_no_indices(storage: &mut dyn Storage, execute: impl Fn(&str)) {
    let study = queue(storage, &["a", "b", "c", "d"]);
    execute("DELETE FROM trials WHERE number = 0");
    execute("UPDATE trials SET number = 2 WHERE number = 1");
    execute("UPDATE trials SET number = -1 WHERE number = 3");
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.iter().map(|trial| trial.number).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(storage.next_number(study).unwrap(), 3);

    // Both have number 2, and each lease goes by its trial.
    let (first, second) = (lease(storage, study, "one", 0), lease(storage, study, "two", 0));
    assert_eq!((first.number, second.number), (2, 2));
    nothing_to_lease(storage, study, 0);
    storage.heartbeat(&second, at(5)).unwrap();
    storage.report(&second, 0, 0.25).unwrap();
    storage.tell(&second, &TrialResult::complete(0.5), at(6)).unwrap();
    let again = lease(storage, study, "three", 11);
    assert_eq!((again.key.as_str(), again.attempt), (first.key.as_str(), 2));
    fenced(storage.tell(&first, &TrialResult::complete(1.0), at(12)));
    storage.tell(&again, &TrialResult::complete(0.75), at(12)).unwrap();
    let values: Vec<_> = storage.trials(study).unwrap().iter().map(Trial::value).collect();
    assert_eq!(values, [Some(0.75), Some(0.5)]);

    assert_eq!(storage.start(study, 1, &new("e"), "one", at(13), TERMS).unwrap(), None);
    assert_eq!(storage.start(study, 3, &new("d"), "one", at(13), TERMS).unwrap(), None, "the key is there");
    assert_eq!(storage.start(study, 3, &new("e"), "one", at(13), TERMS).unwrap().unwrap().number, 3);
    assert_eq!(storage.enqueue(study, &new("f")).unwrap(), 4);
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn no_number_follows_the_last_one(storage: &mut dyn Storage, execute: impl Fn(&str)) {
    let last = i32::MAX as u64 - 1;
    let study = queue(storage, &["a"]);
    execute(&format!("UPDATE trials SET number = {}", last - 1));
    assert_eq!(storage.enqueue(study, &new("b")).unwrap(), last);
    let refused = |answer: Result<(), StorageError>| match answer {
        Err(StorageError::NumbersUsedUp { number, .. }) => assert_eq!(number, last),
        other => panic!("{other:?}"),
    };
    refused(storage.next_number(study).map(drop));
    refused(storage.enqueue(study, &new("c")).map(drop));
    refused(storage.start(study, last, &new("c"), "one", at(0), TERMS).map(drop));
    assert_eq!(storage.trials(study).unwrap().len(), 2);
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn a_queued_trial_is_adopted_and_leased_in_its_place(
    storage: &mut dyn Storage,
    execute: impl Fn(&str),
) {
    let study = queue(storage, &["a", "b"]);
    execute("UPDATE trials SET number = 3 WHERE number = 1");
    for (id, state) in [(1000, "WAITING"), (1001, "RUNNING")] {
        execute(&format!(
            "INSERT INTO trials (trial_id, number, study_id, state) SELECT {id}, 2, max(study_id), '{state}' FROM studies"
        ));
        execute(&format!(
            "INSERT INTO trial_system_attributes (trial_id, key, value_json)
             VALUES ({id}, 'fixed_params', '{{\"rate\": 0.5}}')"
        ));
    }
    let queued: Vec<_> = storage.trials(study).unwrap().into_iter().map(|trial| trial.queued).collect();
    let expected = Queued { trial: TrialId(1000), fixed: Some(json!({ "rate": 0.5 })) };
    assert_eq!(queued, [None, Some(expected), None, None], "ours are not, and what runs is not");

    let rate = Distribution::Float { low: 0.0, high: 1.0, log: false, step: None };
    let parameters = [("rate".to_owned(), Parameter::new(rate, json!(0.5)).unwrap())].into();
    let trial = NewTrial { parameters, attributes: [("why".to_owned(), json!(1))].into(), ..new("queued") };
    assert!(!storage.adopt(study, TrialId(1000), &new("a")).unwrap(), "the key is there");
    assert!(!storage.adopt(study, TrialId(1001), &trial).unwrap(), "it runs");
    assert!(storage.adopt(study, TrialId(1000), &trial).unwrap());
    assert!(!storage.adopt(study, TrialId(1000), &new("again")).unwrap());
    let stored = &storage.trials(study).unwrap()[1];
    assert_eq!((&stored.key, &stored.queued), (&Some("queued".to_owned()), &None));

    assert_eq!(lease(storage, study, "one", 0).number, 0);
    let leased = lease(storage, study, "one", 0);
    assert_eq!((leased.number, leased.attempt), (2, 1));
    assert_eq!((&leased.parameters, &leased.attributes), (&trial.parameters, &trial.attributes));
    storage.tell(&leased, &TrialResult::complete(0.5), at(1)).unwrap();
    assert_eq!(lease(storage, study, "one", 1).number, 3);
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn a_trial_that_another_program_runs_has_no_worker(
    storage: &mut dyn Storage,
    execute: impl Fn(&str),
) {
    let study = queue(storage, &["a", "b"]);
    lease(storage, study, "one", 0);
    lease(storage, study, "two", 0);
    storage.release(study, "two", at(1)).unwrap();
    // Optuna's `ask` takes any waiting trial.
    execute("UPDATE trials SET state = 'RUNNING'");
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.iter().map(|trial| trial.worker.as_deref()).collect::<Vec<_>>(), [Some("one"), None]);
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn a_waiting_trial_that_cannot_be_read_fails_and_the_next_is_leased(
    storage: &mut dyn Storage,
    execute: impl Fn(&str),
) {
    let study = queue(storage, &["a", "b"]);
    execute(
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
         SELECT trial_id, 'x', 1.0, 'no distribution' FROM trials WHERE number = 0",
    );
    assert_eq!(lease(storage, study, "one", 0).number, 1);
    let trial = &storage.trials(study).unwrap()[0];
    assert_eq!((trial.state, trial.finished), (State::Fail, Some(at(0))));
    assert!(trial.failure.as_ref().unwrap().contains("distribution"), "{:?}", trial.failure);
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn a_damaged_count_of_attempts_holds_nobody_up(storage: &mut dyn Storage, execute: impl Fn(&str)) {
    let study = queue(storage, &["a", "b"]);
    lease(storage, study, "one", 0);
    // Attempts less those that were forgiven are one more than 64 bits hold.
    execute("UPDATE tinderbox_trials SET forgiven = -9223372036854775807");
    assert_eq!(lease(storage, study, "two", 1000).number, 1);
    assert_eq!(states(storage, study), [State::Fail, State::Running]);
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn a_result_takes_the_place_of_values_that_another_program_wrote(
    storage: &mut dyn Storage,
    execute: impl Fn(&str),
) {
    let study = queue(storage, &["a", "b", "c"]);
    let leases = ["one", "two", "three"].map(|worker| lease(storage, study, worker, 0));
    for objective in [0, 1] {
        execute(&format!(
            "INSERT INTO trial_values (trial_id, objective, value, value_type)
             SELECT trial_id, {objective}, 7.0, 'FINITE' FROM trials"
        ));
    }
    for (lease, told) in
        leases.iter().zip([TrialResult::complete(0.5), TrialResult::pruned(), TrialResult::fail("diverged")])
    {
        storage.tell(lease, &told, at(1)).unwrap();
    }
    let trials = storage.trials(study).unwrap();
    let values: Vec<_> = trials.iter().map(|trial| trial.values.clone()).collect();
    assert_eq!(values, [vec![0.5], vec![], vec![]]);
    assert!(trials.iter().all(|trial| trial.notes.is_empty()), "{trials:?}");
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn an_attribute_without_a_value_is_settled(storage: &mut dyn Storage, execute: impl Fn(&str)) {
    let study = queue(storage, &[]);
    execute(
        "INSERT INTO study_user_attributes (study_id, key, value_json) SELECT study_id, 'id', NULL FROM studies",
    );
    assert_eq!(storage.settle_study_attribute(study, "id", &json!("first")).unwrap(), json!("first"));
    assert_eq!(storage.settle_study_attribute(study, "id", &json!("second")).unwrap(), json!("first"));
    assert_eq!(storage.study_attributes(study).unwrap()["id"], json!("first"));
}
