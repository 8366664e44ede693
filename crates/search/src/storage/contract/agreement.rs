//! Whatever happens in whatever order, a storage and the memory answer alike, and what was told stays.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::{at, new};
use crate::storage::memory::Memory;
use crate::storage::{Direction, LeaseTerms, Storage, StudyId};
use crate::trial::{Lease, NewTrial, State, TrialResult};

/// What may happen.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Enqueue { key: u8 },
    Start { ahead: u64, key: u8, length: u64 },
    Lease { worker: u8, length: u64 },
    Heartbeat { lease: usize },
    Report { lease: usize, step: u32, value: f64 },
    Complete { lease: usize, value: f64 },
    Fail { lease: usize },
    Release { worker: u8 },
    RetryFailed,
    Reopen,
}

/// Steps, each with the seconds that pass before it.
pub(crate) fn steps() -> impl Strategy<Value = Vec<(Step, i64)>> {
    prop::collection::vec((step(), 0..8_i64), 1..60)
}

/// Takes the steps in the memory and in the storage that `open` opens, anew at each `Reopen`.
pub(crate) fn agree(
    steps: Vec<(Step, i64)>,
    mut open: impl FnMut() -> Box<dyn Storage>,
) -> Result<(), TestCaseError> {
    let (mut memory, mut other) = (Memory::new(), open());
    let in_memory = memory.open_study("study", &[Direction::Maximize]).unwrap();
    let in_other = other.open_study("study", &[Direction::Maximize]).unwrap();
    let (mut memory_leases, mut other_leases) = (Vec::new(), Vec::new());
    let mut told = BTreeMap::new();
    let mut now = 0;
    for (step, seconds) in steps {
        now += seconds;
        if let Step::Reopen = step {
            other = open();
        }
        let expected = take(&mut memory, in_memory, &step, now, &mut memory_leases);
        let answer = take(&mut *other, in_other, &step, now, &mut other_leases);
        prop_assert_eq!(&expected, &answer, "{:?} at {}", step, now);
        if let Step::Complete { value, .. } = step
            && answer.parse::<u8>().is_ok()
        {
            prop_assert!(told.insert(answer, (value, now)).is_none(), "told twice");
        }
        prop_assert_eq!(all(&memory, in_memory), all(&*other, in_other), "{:?} at {}", step, now);
    }
    for trial in &other.trials(in_other).unwrap() {
        let value = told.get(trial.key.as_deref().unwrap()).copied();
        prop_assert_eq!(trial.value(), value.map(|(value, _)| value));
        prop_assert_eq!(trial.state == State::Complete, value.is_some());
        if let Some((_, second)) = value {
            let file = other.attachment(in_other, trial.number, &second.to_string()).unwrap();
            prop_assert_eq!(file, Some(second.to_string().into_bytes()));
        }
    }
    Ok(())
}

fn step() -> impl Strategy<Value = Step> {
    let value = || prop_oneof![Just(f64::NAN), Just(f64::INFINITY), 0.0..1.0];
    let lease = || 0..12_usize;
    prop_oneof![
        3 => (0..6_u8).prop_map(|key| Step::Enqueue { key }),
        1 => (0..2_u64, 6..9_u8, 1..20_u64).prop_map(|(ahead, key, length)| Step::Start { ahead, key, length }),
        5 => (0..3_u8, 1..20_u64).prop_map(|(worker, length)| Step::Lease { worker, length }),
        2 => lease().prop_map(|lease| Step::Heartbeat { lease }),
        2 => (lease(), 0..3_u32, value()).prop_map(|(lease, step, value)| Step::Report { lease, step, value }),
        3 => (lease(), value()).prop_map(|(lease, value)| Step::Complete { lease, value }),
        1 => lease().prop_map(|lease| Step::Fail { lease }),
        1 => (0..3_u8).prop_map(|worker| Step::Release { worker }),
        1 => Just(Step::RetryFailed),
        1 => Just(Step::Reopen),
    ]
}

/// Takes a step at second `now` and returns the answer in words; a lease joins `leases`.
fn take(storage: &mut dyn Storage, study: StudyId, step: &Step, now: i64, leases: &mut Vec<Lease>) -> String {
    let held = |lease: usize| leases.get(lease % leases.len().max(1)).cloned();
    let told = |told: TrialResult| TrialResult {
        attributes: [("told".to_owned(), json!(now))].into(),
        attachments: [(now.to_string(), now.to_string().into_bytes())].into(),
        ..told
    };
    // The number of the study is each storage's own.
    let words = |lease: &Option<Lease>| {
        let lease = lease.as_ref();
        format!(
            "{:?}",
            lease.map(|lease| (lease.number, lease.attempt, &lease.worker, &lease.key, &lease.attributes))
        )
    };
    let answer = match *step {
        Step::Enqueue { key } => {
            let attributes = [("key".to_owned(), json!(key))].into();
            let trial = NewTrial { key: key.to_string(), attributes, ..NewTrial::default() };
            storage.enqueue(study, &trial).map(|number| number.to_string())
        }
        Step::Lease { worker, length } => {
            let length = LeaseTerms { length: Duration::from_secs(length), attempts: 2 };
            storage.lease(study, &worker.to_string(), at(now), length).map(|lease| {
                leases.extend(lease.clone());
                words(&lease)
            })
        }
        Step::Start { ahead, key, length } => {
            let number = storage.trials(study).unwrap().len() as u64 + ahead;
            let length = LeaseTerms { length: Duration::from_secs(length), attempts: 2 };
            storage.start(study, number, &new(&key.to_string()), "0", at(now), length).map(|lease| {
                leases.extend(lease.clone());
                words(&lease)
            })
        }
        Step::Heartbeat { lease } => match held(lease) {
            Some(lease) => storage.heartbeat(&lease, at(now)).map(|()| "alive".to_owned()),
            None => Ok(String::new()),
        },
        Step::Report { lease, step, value } => match held(lease) {
            Some(lease) => storage.report(&lease, step, value).map(|()| "reported".to_owned()),
            None => Ok(String::new()),
        },
        Step::Complete { lease, value } => match held(lease) {
            Some(lease) => {
                storage.tell(&lease, &told(TrialResult::complete(value)), at(now)).map(|()| lease.key)
            }
            None => Ok(String::new()),
        },
        Step::Fail { lease } => match held(lease) {
            Some(lease) => {
                storage.tell(&lease, &told(TrialResult::fail("no")), at(now)).map(|()| "failed".to_owned())
            }
            None => Ok(String::new()),
        },
        Step::Release { worker } => {
            storage.release(study, &worker.to_string(), at(now)).map(|count| count.to_string())
        }
        Step::RetryFailed => storage.retry_failed(study, at(now)).map(|count| count.to_string()),
        Step::Reopen => Ok(String::new()),
    };
    answer.unwrap_or_else(|error| error.to_string())
}

/// Everything that can be read of a study, in words.
fn all(storage: &dyn Storage, study: StudyId) -> String {
    let trials = storage.trials(study).unwrap();
    let attempts: Vec<_> =
        trials.iter().map(|trial| storage.attempts(study, trial.number).unwrap()).collect();
    format!("{trials:#?} {attempts:#?} {:?}", storage.counts(study).unwrap())
}
