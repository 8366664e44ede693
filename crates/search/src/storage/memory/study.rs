//! A study and its trials, and how a trial passes from one state to the next.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::storage::{Direction, LeaseTerms, StudyId, TrialId, given_up};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, AttemptOutcome, Lease, NewTrial, State, Trial};

#[derive(Debug)]
pub(super) struct Study {
    pub(super) name: String,
    pub(super) directions: Vec<Direction>,
    pub(super) attributes: BTreeMap<String, Value>,
    pub(super) attachments: BTreeMap<String, Vec<u8>>,
    /// In the order in which they were added: the place is the trial's [`TrialId`].
    pub(super) entries: Vec<Entry>,
    /// All trials by number.
    pub(super) numbers: BTreeSet<(u64, usize)>,
    /// Numbers by key.
    pub(super) keys: HashMap<String, u64>,
    /// The trials that wait or run here: a lease looks at no other.
    pub(super) open: BTreeSet<(u64, usize)>,
}

/// A trial with what its snapshot leaves out.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: TrialId,
    pub(super) trial: Trial,
    pub(super) attempts: Vec<Attempt>,
    pub(super) attachments: BTreeMap<String, Vec<u8>>,
    /// Attempts before the last retry: they no longer count against the limit.
    forgiven: u64,
    pub(super) terms: LeaseTerms,
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
            numbers: BTreeSet::new(),
            keys: HashMap::new(),
            open: BTreeSet::new(),
        }
    }

    /// The highest number of a trial.
    pub(super) fn highest(&self) -> Option<u64> {
        self.numbers.last().map(|(number, _)| *number)
    }

    /// Adds a trial that waits.
    pub(super) fn push(&mut self, number: u64, trial: &NewTrial) -> &mut Entry {
        let id = self.entries.len();
        self.numbers.insert((number, id));
        self.keys.insert(trial.key.clone(), number);
        self.open.insert((number, id));
        self.entries.push(Entry::new(id, number, trial));
        &mut self.entries[id]
    }

    /// Gives a trial that waits and has no key what `trial` has.
    pub(super) fn adopt(&mut self, queued: TrialId, trial: &NewTrial) -> bool {
        let id = queued.0 as usize;
        let waits = |entry: &&mut Entry| entry.trial.key.is_none() && entry.trial.state == State::Waiting;
        let Some(entry) = self.entries.get_mut(id).filter(waits) else { return false };
        if self.keys.contains_key(&trial.key) {
            return false;
        }
        entry.trial.key = Some(trial.key.clone());
        entry.trial.parameters = trial.parameters.clone();
        entry.trial.attributes.extend(trial.attributes.clone());
        entry.trial.queued = None;
        self.keys.insert(trial.key.clone(), entry.trial.number);
        self.open.insert((entry.trial.number, id));
        true
    }

    /// The first trial with a number.
    pub(super) fn first(&self, number: u64) -> Option<&Entry> {
        let (_, id) = self.numbers.range((number, 0)..=(number, usize::MAX)).next()?;
        self.entries.get(*id)
    }
}

impl Entry {
    pub(super) fn new(id: usize, number: u64, new: &NewTrial) -> Self {
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
            queued: None,
            notes: Vec::new(),
        };
        let terms = LeaseTerms { length: std::time::Duration::ZERO, attempts: 0 };
        let (attempts, attachments) = (Vec::new(), BTreeMap::new());
        let id = TrialId(i64::try_from(id).unwrap_or(i64::MAX));
        Self { id, trial, attempts, attachments, forgiven: 0, terms, expires: Timestamp::MIN }
    }

    pub(super) fn lease(&mut self, study: StudyId, worker: &str, now: Timestamp, terms: LeaseTerms) -> Lease {
        let trial = &mut self.trial;
        trial.state = State::Running;
        trial.attempt += 1;
        trial.worker = Some(worker.to_owned());
        trial.intermediate_values.clear();
        trial.started = Some(now);
        self.attempts.push(Attempt {
            number: trial.attempt,
            worker: worker.to_owned(),
            leased: now,
            ended: None,
            outcome: AttemptOutcome::Running,
            reason: None,
            refused: None,
        });
        (self.terms, self.expires) = (terms, now + terms.length);
        Lease {
            study,
            trial: self.id,
            number: trial.number,
            attempt: trial.attempt,
            worker: worker.to_owned(),
            key: trial.key.clone().unwrap_or_default(),
            parameters: trial.parameters.clone(),
            attributes: trial.attributes.clone(),
        }
    }

    pub(super) fn attempt(&mut self, lease: &Lease) -> Option<&mut Attempt> {
        self.attempts.get_mut((lease.attempt as usize).checked_sub(1)?)
    }

    /// Ends the running attempt: the trial waits again, or fails if no attempt is left.
    pub(super) fn lose(&mut self, outcome: AttemptOutcome, now: Timestamp) {
        self.end_attempt(outcome, now);
        let used = self.trial.attempt - self.forgiven;
        if used < self.terms.attempts {
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

    pub(super) fn end_attempt(&mut self, outcome: AttemptOutcome, now: Timestamp) {
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
