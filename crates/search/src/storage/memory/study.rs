//! A study and its trials, and how a trial passes from one state to the next.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::storage::{Direction, Lease, StudyId, given_up};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, Claim, NewTrial, Outcome, State, Trial};

#[derive(Debug)]
pub(super) struct Study {
    pub(super) name: String,
    pub(super) directions: Vec<Direction>,
    pub(super) attributes: BTreeMap<String, Value>,
    pub(super) attachments: BTreeMap<String, Vec<u8>>,
    pub(super) entries: Vec<Entry>,
    /// Numbers by key.
    pub(super) keys: HashMap<String, u64>,
    /// Numbers of the trials that wait or run: a claim looks at no other.
    pub(super) open: BTreeSet<u64>,
}

/// A trial with what its snapshot leaves out.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) trial: Trial,
    pub(super) attempts: Vec<Attempt>,
    pub(super) attachments: BTreeMap<String, Vec<u8>>,
    /// Attempts before the last retry: they no longer count against the limit.
    forgiven: u64,
    pub(super) lease: Lease,
    pub(super) expires: Timestamp,
}

impl Study {
    /// One without trials.
    pub(super) fn new(name: &str, directions: &[Direction]) -> Self {
        Self {
            name: name.to_owned(),
            directions: directions.to_vec(),
            attributes: BTreeMap::new(),
            attachments: BTreeMap::new(),
            entries: Vec::new(),
            keys: HashMap::new(),
            open: BTreeSet::new(),
        }
    }

    /// Adds a trial that waits, and gives its number.
    pub(super) fn push(&mut self, trial: &NewTrial) -> u64 {
        let number = self.entries.len() as u64;
        self.entries.push(Entry::new(number, trial));
        self.keys.insert(trial.key.clone(), number);
        self.open.insert(number);
        number
    }
}

impl Entry {
    fn new(number: u64, new: &NewTrial) -> Self {
        let trial = Trial {
            number,
            key: Some(new.key.clone()),
            state: State::Waiting,
            attempt: 0,
            worker: None,
            parameters: new.parameters.clone(),
            attributes: new.attributes.clone(),
            values: Vec::new(),
            constraints: Vec::new(),
            intermediate_values: BTreeMap::new(),
            failure: None,
            started: None,
            finished: None,
            notes: Vec::new(),
        };
        let lease = Lease { length: std::time::Duration::ZERO, attempts: 0 };
        let (attempts, attachments) = (Vec::new(), BTreeMap::new());
        Self { trial, attempts, attachments, forgiven: 0, lease, expires: Timestamp::MIN }
    }

    pub(super) fn claim(&mut self, study: StudyId, worker: &str, now: Timestamp, lease: Lease) -> Claim {
        let trial = &mut self.trial;
        trial.state = State::Running;
        trial.attempt += 1;
        trial.worker = Some(worker.to_owned());
        trial.intermediate_values.clear();
        trial.started = Some(now);
        self.attempts.push(Attempt {
            number: trial.attempt,
            worker: worker.to_owned(),
            claimed: now,
            ended: None,
            outcome: Outcome::Running,
            reason: None,
            refused: None,
        });
        (self.lease, self.expires) = (lease, now + lease.length);
        Claim {
            study,
            number: trial.number,
            attempt: trial.attempt,
            worker: worker.to_owned(),
            key: trial.key.clone().unwrap_or_default(),
            parameters: trial.parameters.clone(),
            attributes: trial.attributes.clone(),
        }
    }

    pub(super) fn attempt(&mut self, claim: &Claim) -> Option<&mut Attempt> {
        self.attempts.get_mut((claim.attempt as usize).checked_sub(1)?)
    }

    /// Ends the running attempt: the trial waits again, or fails if no attempt is left.
    pub(super) fn lose(&mut self, outcome: Outcome, now: Timestamp) {
        self.end_attempt(outcome, now);
        let used = self.trial.attempt - self.forgiven;
        if used < self.lease.attempts {
            self.trial.state = State::Waiting;
            self.trial.started = None;
        } else {
            self.fail(given_up(used));
            self.trial.finished = Some(now);
        }
    }

    pub(super) fn fail(&mut self, reason: String) {
        self.trial.state = State::Fail;
        self.trial.failure = Some(reason.clone());
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.reason = Some(reason);
        }
    }

    pub(super) fn end_attempt(&mut self, outcome: Outcome, now: Timestamp) {
        if let Some(attempt) = self.attempts.last_mut() {
            (attempt.outcome, attempt.ended) = (outcome, Some(now));
        }
    }

    pub(super) fn retry(&mut self) {
        let trial = &mut self.trial;
        self.forgiven = trial.attempt;
        trial.state = State::Waiting;
        (trial.failure, trial.started, trial.finished) = (None, None, None);
    }
}
