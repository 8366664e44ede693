//! The contract of [`Storage`](super::Storage) as tests that each storage runs: one function a promise.

use std::time::Duration;

use super::{Direction, LeaseTerms, Storage, StorageError, StudyId};
use crate::timestamp::Timestamp;
use crate::trial::{Lease, NewTrial, State, Trial};

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(super) mod agreement;
pub(super) mod leases;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(super) mod optuna;
pub(super) mod results;
pub(super) mod studies;

/// Runs the suite. `$with_storage` calls the function that it is given on an empty storage.
macro_rules! contract {
    ($with_storage:expr) => {
        $crate::storage::contract::contract!(@ $with_storage;
            studies: a_study_is_found_by_its_name
                a_study_keeps_its_direction
                a_study_keeps_attributes_and_files
                the_first_to_settle_an_attribute_decides_it
                names_that_some_storage_cannot_hold_are_refused
                an_unknown_study_or_trial_is_named
                a_key_is_enqueued_once_and_numbers_count_up
                parameters_and_attributes_come_back;
            leases: trials_are_leased_in_order_and_once
                a_lease_holds_until_it_has_run_out
                a_heartbeat_starts_the_lease_again
                a_taken_over_lease_can_write_nothing
                a_late_result_is_refused_and_remembered
                a_late_result_counts_while_nobody_took_over
                a_trial_that_kills_its_workers_fails
                a_released_worker_loses_its_trials_at_once
                a_failed_trial_can_be_retried
                failed_trials_can_be_retried_one_by_one
                a_new_attempt_starts_without_the_old_intermediate_values
                a_number_is_started_once
                no_trial_is_leased_at_the_limit_or_above;
            results: a_result_is_stored_whole
                a_result_is_told_once
                a_failure_keeps_its_reason
                nan_is_no_objective_but_infinity_is
                several_objectives_and_constraints_are_kept
                constraints_may_be_infinite_and_not_nan
                a_pruned_trial_keeps_its_last_report
                intermediate_values_may_be_anything
                a_result_replaces_files_and_adds_attributes
                trials_are_counted_by_state;
        );
    };
    (@ $with_storage:expr; $($module:ident: $($promise:ident)+;)+) => {$($(
        #[test]
        fn $promise() {
            ($with_storage)($crate::storage::contract::$module::$promise);
        }
    )+)+};
}
pub(super) use contract;

/// A lease of ten seconds, with three attempts.
pub(super) const TERMS: LeaseTerms = LeaseTerms::new(Duration::from_secs(10));

/// Second `seconds` of the test.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

/// A study in which trials with these keys wait.
pub(super) fn queue(storage: &mut dyn Storage, keys: &[&str]) -> StudyId {
    let study = storage.open_study("study", &[Direction::Maximize]).unwrap();
    for key in keys {
        storage.enqueue(study, &new(key)).unwrap();
    }
    study
}

pub(super) fn new(key: &str) -> NewTrial {
    NewTrial { key: key.to_owned(), ..NewTrial::default() }
}

/// Leases a trial that must be there.
#[track_caller]
pub(super) fn lease(storage: &mut dyn Storage, study: StudyId, worker: &str, seconds: i64) -> Lease {
    storage.lease(study, worker, at(seconds), TERMS).unwrap().expect("a trial to lease")
}

#[track_caller]
pub(super) fn nothing_to_lease(storage: &mut dyn Storage, study: StudyId, seconds: i64) {
    assert_eq!(storage.lease(study, "idle", at(seconds), TERMS).unwrap(), None);
}

#[track_caller]
pub(super) fn fenced<T: std::fmt::Debug>(answer: Result<T, StorageError>) {
    let error = answer.unwrap_err();
    assert!(matches!(error, StorageError::Fenced { .. }), "{error}");
}

pub(super) fn only(storage: &dyn Storage, study: StudyId) -> Trial {
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.len(), 1);
    trials[0].clone()
}

pub(super) fn states(storage: &dyn Storage, study: StudyId) -> Vec<State> {
    storage.trials(study).unwrap().iter().map(|trial| trial.state).collect()
}
