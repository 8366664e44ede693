//! Whatever happens in whatever order, the file and the memory answer alike, and what was told stays.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::Folder;
use crate::storage::contract::at;
use crate::storage::memory::Memory;
use crate::storage::{Direction, Lease, Storage, StudyId};
use crate::trial::{Claim, NewTrial, State, Told};

#[derive(Clone, Debug)]
enum Step {
    Enqueue { key: u8 },
    Claim { worker: u8, lease: u64 },
    Heartbeat { claim: usize },
    Report { claim: usize, step: u32, value: f64 },
    Complete { claim: usize, value: f64 },
    Fail { claim: usize },
    Release { worker: u8 },
    RetryFailed,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let value = || prop_oneof![Just(f64::NAN), Just(f64::INFINITY), 0.0..1.0];
    let claim = || 0..12_usize;
    prop_oneof![
        3 => (0..6_u8).prop_map(|key| Step::Enqueue { key }),
        5 => (0..3_u8, 1..20_u64).prop_map(|(worker, lease)| Step::Claim { worker, lease }),
        2 => claim().prop_map(|claim| Step::Heartbeat { claim }),
        2 => (claim(), 0..3_u32, value()).prop_map(|(claim, step, value)| Step::Report { claim, step, value }),
        3 => (claim(), value()).prop_map(|(claim, value)| Step::Complete { claim, value }),
        1 => claim().prop_map(|claim| Step::Fail { claim }),
        1 => (0..3_u8).prop_map(|worker| Step::Release { worker }),
        1 => Just(Step::RetryFailed),
        1 => Just(Step::Reopen),
    ]
}

/// Takes a step at second `now` and returns the answer in words; a claim joins `claims`.
fn take(storage: &mut dyn Storage, study: StudyId, step: &Step, now: i64, claims: &mut Vec<Claim>) -> String {
    let held = |claim: usize| claims.get(claim % claims.len().max(1)).cloned();
    let told = |told: Told| Told {
        attributes: [("told".to_owned(), json!(now))].into(),
        attachments: [(now.to_string(), now.to_string().into_bytes())].into(),
        ..told
    };
    let answer = match *step {
        Step::Enqueue { key } => {
            let attributes = [("key".to_owned(), json!(key))].into();
            let trial = NewTrial { key: key.to_string(), attributes, ..NewTrial::default() };
            storage.enqueue(study, &trial).map(|number| number.to_string())
        }
        Step::Claim { worker, lease } => {
            let lease = Lease { length: Duration::from_secs(lease), attempts: 2 };
            storage.claim(study, &worker.to_string(), at(now), lease).map(|claim| {
                claims.extend(claim.clone());
                // The number of the study is each storage's own.
                format!(
                    "{:?}",
                    claim.map(|claim| (claim.number, claim.attempt, claim.worker, claim.attributes))
                )
            })
        }
        Step::Heartbeat { claim } => match held(claim) {
            Some(claim) => storage.heartbeat(&claim, at(now)).map(|()| "alive".to_owned()),
            None => Ok(String::new()),
        },
        Step::Report { claim, step, value } => match held(claim) {
            Some(claim) => storage.report(&claim, step, value).map(|()| "reported".to_owned()),
            None => Ok(String::new()),
        },
        Step::Complete { claim, value } => match held(claim) {
            Some(claim) => storage.tell(&claim, &told(Told::complete(value)), at(now)).map(|()| claim.key),
            None => Ok(String::new()),
        },
        Step::Fail { claim } => match held(claim) {
            Some(claim) => {
                storage.tell(&claim, &told(Told::fail("no")), at(now)).map(|()| "failed".to_owned())
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn memory_and_file_answer_alike_and_keep_what_was_told(
        steps in prop::collection::vec((step(), 0..8_i64), 1..60),
    ) {
        let folder = Folder::new();
        let (mut memory, mut file) = (Memory::new(), folder.open());
        file.connection.pragma_update(None, "synchronous", "OFF").unwrap();
        let in_memory = memory.open_study("study", &[Direction::Maximize]).unwrap();
        let in_file = file.open_study("study", &[Direction::Maximize]).unwrap();
        let (mut memory_claims, mut file_claims) = (Vec::new(), Vec::new());
        let mut told = BTreeMap::new();
        let mut now = 0;
        for (step, seconds) in steps {
            now += seconds;
            if let Step::Reopen = step {
                file = folder.open();
            }
            let expected = take(&mut memory, in_memory, &step, now, &mut memory_claims);
            let answer = take(&mut file, in_file, &step, now, &mut file_claims);
            prop_assert_eq!(&expected, &answer, "{:?} at {}", step, now);
            if let Step::Complete { value, .. } = step
                && answer.parse::<u8>().is_ok()
            {
                prop_assert!(told.insert(answer, (value, now)).is_none(), "told twice");
            }
            prop_assert_eq!(all(&memory, in_memory), all(&file, in_file), "{:?} at {}", step, now);
        }
        let trials = file.trials(in_file).unwrap();
        for trial in &trials {
            let value = told.get(trial.key.as_deref().unwrap()).copied();
            prop_assert_eq!(trial.value(), value.map(|(value, _)| value));
            prop_assert_eq!(trial.state == State::Complete, value.is_some());
            if let Some((_, second)) = value {
                let file = file.attachment(in_file, trial.number, &second.to_string()).unwrap();
                prop_assert_eq!(file, Some(second.to_string().into_bytes()));
            }
        }
    }
}
