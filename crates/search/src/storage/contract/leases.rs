//! Promises about leases: who holds a trial, for how long, and what happens when a worker dies.

use serde_json::json;

use super::{TERMS, at, fenced, lease, new, nothing_to_lease, only, queue, states};
use crate::storage::{LeaseTerms, Storage, StorageError};
use crate::trial::{AttemptOutcome, State, TrialResult};

pub(crate) fn trials_are_leased_in_order_and_once(storage: &mut dyn Storage) {
    let study = queue(storage, &["a", "b"]);
    let first = lease(storage, study, "one", 0);
    let second = lease(storage, study, "two", 0);
    assert_eq!((first.number, first.attempt, first.worker.as_str(), first.key.as_str()), (0, 1, "one", "a"));
    assert_eq!(
        (second.number, second.attempt, second.worker.as_str(), second.key.as_str()),
        (1, 1, "two", "b")
    );
    nothing_to_lease(storage, study, 0);
    let trial = &storage.trials(study).unwrap()[1];
    assert_eq!((trial.state, trial.attempt), (State::Running, 1));
    assert_eq!((trial.worker.as_deref(), trial.started), (Some("two"), Some(at(0))));
}

pub(crate) fn a_lease_holds_until_it_has_run_out(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    lease(storage, study, "dead", 0);
    nothing_to_lease(storage, study, 10);
    let second = lease(storage, study, "alive", 11);
    assert_eq!((second.number, second.attempt), (0, 2));
    let attempts = storage.attempts(study, 0).unwrap();
    assert_eq!((attempts[0].outcome, attempts[0].ended), (AttemptOutcome::Expired, Some(at(11))));
    assert_eq!(
        (attempts[1].outcome, attempts[1].leased, attempts[1].ended),
        (AttemptOutcome::Running, at(11), None)
    );
    assert_eq!((attempts[0].worker.as_str(), attempts[1].worker.as_str()), ("dead", "alive"));
}

pub(crate) fn a_heartbeat_starts_the_lease_again(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let first = lease(storage, study, "slow", 0);
    storage.heartbeat(&first, at(8)).unwrap();
    nothing_to_lease(storage, study, 18);
    assert_eq!(lease(storage, study, "other", 19).attempt, 2);
}

pub(crate) fn a_taken_over_lease_can_write_nothing(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let stale = lease(storage, study, "slow", 0);
    let fresh = lease(storage, study, "quick", 11);
    let before = only(storage, study);
    fenced(storage.heartbeat(&stale, at(12)));
    fenced(storage.report(&stale, 0, 1.0));
    fenced(storage.tell(&stale, &TrialResult::complete(1.0), at(12)));
    assert_eq!(only(storage, study), before);
    storage.report(&fresh, 0, 0.5).unwrap();
    storage.tell(&fresh, &TrialResult::complete(0.5), at(13)).unwrap();
    fenced(storage.tell(&stale, &TrialResult::complete(1.0), at(14)));
    assert_eq!(only(storage, study).value(), Some(0.5));
    let error = storage.heartbeat(&stale, at(15)).unwrap_err().to_string();
    assert_eq!(
        error,
        "trial 0: attempt 1 of worker `slow` no longer holds it; drop its result and lease again"
    );
}

pub(crate) fn a_late_result_is_refused_and_remembered(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let stale = lease(storage, study, "slow", 0);
    lease(storage, study, "quick", 11);
    let told = TrialResult {
        attributes: [("late".to_owned(), json!(true))].into(),
        attachments: [("late".to_owned(), vec![1])].into(),
        ..TrialResult::complete(0.75)
    };
    fenced(storage.tell(&stale, &told, at(12)));
    let attempts = storage.attempts(study, 0).unwrap();
    assert_eq!(attempts[0].refused.as_deref(), Some("complete, with 0.75"));
    assert_eq!((attempts[0].outcome, &attempts[1].refused), (AttemptOutcome::Expired, &None));
    assert!(only(storage, study).attributes.is_empty());
    assert_eq!(storage.attachment(study, 0, "late").unwrap(), None);
}

pub(crate) fn a_late_result_counts_while_nobody_took_over(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let slow = lease(storage, study, "slow", 0);
    storage.tell(&slow, &TrialResult::complete(1.0), at(1000)).unwrap();
    assert_eq!(only(storage, study).state, State::Complete);
}

pub(crate) fn a_trial_that_kills_its_workers_fails(storage: &mut dyn Storage) {
    let study = queue(storage, &["deadly", "harmless"]);
    lease(storage, study, "one", 0);
    assert_eq!(storage.release(study, "one", at(1)).unwrap(), 1);
    assert_eq!(lease(storage, study, "two", 2).attempt, 2);
    let last = lease(storage, study, "three", 20);
    assert_eq!((last.number, last.attempt), (0, 3));
    assert_eq!(lease(storage, study, "four", 40).number, 1, "the next lease fails it, and takes the next");

    let trial = &storage.trials(study).unwrap()[0];
    assert_eq!((trial.state, trial.finished), (State::Fail, Some(at(40))));
    assert_eq!(trial.failure.as_deref(), Some("no worker finished it in 3 attempts"));
    fenced(storage.tell(&last, &TrialResult::complete(1.0), at(41)));
    let outcomes: Vec<_> =
        storage.attempts(study, 0).unwrap().iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::Released, AttemptOutcome::Expired, AttemptOutcome::Expired]);

    let once = LeaseTerms { attempts: 1, ..TERMS };
    storage.enqueue(study, &new("once")).unwrap();
    storage.lease(study, "five", at(42), once).unwrap().unwrap();
    assert_eq!(storage.release(study, "five", at(43)).unwrap(), 1);
    assert_eq!(states(storage, study)[2], State::Fail, "a release fails it at once");
}

pub(crate) fn a_released_worker_loses_its_trials_at_once(storage: &mut dyn Storage) {
    let study = queue(storage, &["a", "b"]);
    let dead = lease(storage, study, "dead", 0);
    lease(storage, study, "alive", 0);
    assert_eq!(storage.release(study, "dead", at(1)).unwrap(), 1);
    assert_eq!(storage.release(study, "dead", at(1)).unwrap(), 0);
    assert_eq!(states(storage, study), [State::Waiting, State::Running]);
    let trial = &storage.trials(study).unwrap()[0];
    assert_eq!((trial.started, trial.worker.as_deref()), (None, Some("dead")));
    fenced(storage.tell(&dead, &TrialResult::complete(1.0), at(1)));
    assert_eq!(lease(storage, study, "next", 2).attempt, 2);
}

pub(crate) fn a_failed_trial_can_be_retried(storage: &mut dyn Storage) {
    let study = queue(storage, &["a", "b"]);
    let failed = lease(storage, study, "worker", 0);
    storage.tell(&failed, &TrialResult::fail("diverged"), at(1)).unwrap();
    let complete = lease(storage, study, "worker", 1);
    storage.tell(&complete, &TrialResult::complete(0.5), at(2)).unwrap();

    assert_eq!(storage.retry_failed(study, at(3)).unwrap(), 1);
    assert_eq!(storage.retry_failed(study, at(3)).unwrap(), 0);
    let trial = &storage.trials(study).unwrap()[0];
    assert_eq!(
        (trial.state, &trial.failure, trial.started, trial.finished),
        (State::Waiting, &None, None, None)
    );

    // Three attempts anew, although the trial has used one before.
    for (attempt, seconds) in [(2, 20), (3, 40), (4, 60)] {
        assert_eq!(lease(storage, study, "worker", seconds).attempt, attempt);
    }
    nothing_to_lease(storage, study, 80);
    assert_eq!(states(storage, study), [State::Fail, State::Complete]);
    let error = storage.tell(&failed, &TrialResult::complete(1.0), at(81)).unwrap_err();
    assert!(matches!(error, StorageError::AlreadyTold { number: 0, attempt: 1 }), "{error}");
}

pub(crate) fn failed_trials_can_be_retried_one_by_one(storage: &mut dyn Storage) {
    let study = queue(storage, &["a", "b", "c"]);
    for told in [TrialResult::fail("diverged"), TrialResult::fail("diverged"), TrialResult::complete(0.5)] {
        let lease = lease(storage, study, "worker", 0);
        storage.tell(&lease, &told, at(1)).unwrap();
    }
    assert_eq!(storage.retry(study, &[], at(2)).unwrap(), 0);
    let keys = ["b", "c", "d", ""].map(str::to_owned);
    assert_eq!(storage.retry(study, &keys, at(2)).unwrap(), 1, "one of them failed");
    assert_eq!(storage.attempts_of(study, "b").unwrap(), storage.attempts(study, 1).unwrap());
    assert_eq!(storage.attempts_of(study, "d").unwrap(), []);
    assert_eq!(states(storage, study), [State::Fail, State::Waiting, State::Complete]);
    assert_eq!(lease(storage, study, "worker", 3).attempt, 2);
}

pub(crate) fn a_new_attempt_starts_without_the_old_intermediate_values(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let first = lease(storage, study, "dead", 0);
    storage.report(&first, 0, 0.1).unwrap();
    storage.report(&first, 1, 0.2).unwrap();
    let second = lease(storage, study, "alive", 11);
    storage.report(&second, 0, 0.3).unwrap();
    assert_eq!(only(storage, study).intermediate_values, [(0, 0.3)].into());
}

pub(crate) fn a_number_is_started_once(storage: &mut dyn Storage) {
    let study = queue(storage, &["a"]);
    let mut start = |number, key: &str, seconds| {
        storage.start(study, number, &new(key), "one", at(seconds), TERMS).unwrap()
    };
    assert_eq!(start(0, "b", 0), None, "another trial has the number");
    assert_eq!(start(2, "b", 0), None, "a number would be missing");
    assert_eq!(start(1, "a", 0), None, "a key is there once");
    let first = start(1, "b", 0).unwrap();
    assert_eq!((first.number, first.attempt, first.key.as_str()), (1, 1, "b"));
    assert_eq!(start(1, "c", 0), None);
    assert_eq!(start(2, "c", 5).unwrap().number, 2);

    assert_eq!(states(storage, study), [State::Waiting, State::Running, State::Running]);
    let from: Vec<_> = storage.trials_from(study, 1).unwrap().iter().map(|trial| trial.number).collect();
    assert_eq!(from, [1, 2]);
    assert!(storage.trials_from(study, 3).unwrap().is_empty());
    assert_eq!(lease(storage, study, "two", 11).number, 0);
    assert_eq!(lease(storage, study, "two", 11).attempt, 2, "its lease had run out like any other");
    fenced(storage.tell(&first, &TrialResult::complete(1.0), at(12)));
}

pub(crate) fn no_trial_is_leased_at_the_limit_or_above(storage: &mut dyn Storage) {
    let study = queue(storage, &["a", "b", "c"]);
    let mut lease = |limit, seconds| {
        let lease = storage.lease_below(study, limit, "one", at(seconds), TERMS).unwrap();
        lease.map(|lease| (lease.number, lease.attempt))
    };
    assert_eq!(lease(0, 0), None);
    assert_eq!(lease(2, 0), Some((0, 1)));
    assert_eq!(lease(2, 0), Some((1, 1)));
    assert_eq!(lease(2, 0), None, "the third waits at the limit");
    assert_eq!(lease(2, 11), Some((0, 2)), "a lease that ran out is below it");
    assert_eq!(lease(u64::MAX, 11), Some((1, 2)));
    assert_eq!(lease(u64::MAX, 11), Some((2, 1)));
}
