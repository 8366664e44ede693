//! Promises about what Optuna wrote: its study can be used, and what it does to a trial of ours holds.

use serde_json::json;

use super::{at, claim, fenced, new, nothing_to_claim, queue};
use crate::parameter::Distribution;
use crate::storage::{Direction, Storage};
use crate::trial::{Outcome, State, Told};

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

    nothing_to_claim(storage, study, 0);
    assert_eq!(storage.enqueue(study, &new("ours")).unwrap(), 5);
    assert_eq!(claim(storage, study, "worker", 0).number, 5);
    assert_eq!(storage.retry_failed(study, at(1)).unwrap(), 0, "the failed one is not ours");
}

/// On the same studies.
pub(crate) fn a_study_of_several_objectives_is_refused_by_name(storage: &mut dyn Storage) {
    let error = storage.open_study("two-objectives", &[Direction::Maximize]).unwrap_err().to_string();
    assert!(
        error.starts_with("study `two-objectives` is there already, to maximize, minimize and not"),
        "{error}"
    );
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn a_trial_that_optuna_failed_is_no_longer_held(
    storage: &mut dyn Storage,
    execute: impl Fn(&str),
) {
    let study = queue(storage, &["a"]);
    let held = claim(storage, study, "slow", 0);
    // `optuna.storages.fail_stale_trials`
    execute("UPDATE trials SET state = 'FAIL'");
    fenced(storage.heartbeat(&held, at(1)));
    fenced(storage.tell(&held, &Told::complete(1.0), at(1)));
    assert_eq!(storage.attempts(study, 0).unwrap()[0].refused.as_deref(), Some("complete, with 1"));
    assert_eq!(storage.retry_failed(study, at(2)).unwrap(), 1);
    assert_eq!(claim(storage, study, "next", 3).attempt, 2);
    assert_eq!(storage.attempts(study, 0).unwrap()[0].outcome, Outcome::Expired);
    fenced(storage.tell(&held, &Told::complete(1.0), at(4)));
}

/// `execute` runs SQL on a connection that knows nothing of Tinderbox.
pub(crate) fn a_trial_that_optuna_took_is_not_taken_over(storage: &mut dyn Storage, execute: impl Fn(&str)) {
    let study = queue(storage, &["a"]);
    execute("UPDATE trials SET state = 'RUNNING'");
    nothing_to_claim(storage, study, 1_000_000);
}
