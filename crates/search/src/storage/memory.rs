//! A storage in memory: for tests, for one process, and to read what the contract means.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::{
    Direction, Lease, Storage, StorageError, StudyId, given_up, pruned_value, same_directions, some_objective,
};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, Claim, Counts, NewTrial, Outcome, State, Told, Trial, Verdict};

/// Studies that are gone with the process. A clone holds the same ones, for another thread.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Studies>>);

#[derive(Debug, Default)]
struct Studies {
    studies: BTreeMap<StudyId, Study>,
}

#[derive(Debug)]
struct Study {
    name: String,
    directions: Vec<Direction>,
    attributes: BTreeMap<String, Value>,
    attachments: BTreeMap<String, Vec<u8>>,
    entries: Vec<Entry>,
    /// Numbers by key.
    keys: HashMap<String, u64>,
    /// Numbers of the trials that wait or run: a claim looks at no other.
    open: BTreeSet<u64>,
}

/// A trial with what its snapshot leaves out.
#[derive(Debug)]
struct Entry {
    trial: Trial,
    attempts: Vec<Attempt>,
    attachments: BTreeMap<String, Vec<u8>>,
    /// Attempts before the last retry: they no longer count against the limit.
    forgiven: u64,
    lease: Lease,
    expires: Timestamp,
}

impl Memory {
    /// An empty storage.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Studies> {
        // Every method leaves whole studies behind, even one that panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Studies {
    fn study(&self, id: StudyId) -> Result<&Study, StorageError> {
        self.studies.get(&id).ok_or(StorageError::UnknownStudy(id))
    }

    fn study_mut(&mut self, id: StudyId) -> Result<&mut Study, StorageError> {
        self.studies.get_mut(&id).ok_or(StorageError::UnknownStudy(id))
    }

    fn entry(&self, study: StudyId, number: u64) -> Result<&Entry, StorageError> {
        let entries = &self.study(study)?.entries;
        entries.get(number as usize).ok_or(StorageError::UnknownTrial { study, number })
    }

    fn entry_mut(&mut self, study: StudyId, number: u64) -> Result<&mut Entry, StorageError> {
        let entries = &mut self.study_mut(study)?.entries;
        entries.get_mut(number as usize).ok_or(StorageError::UnknownTrial { study, number })
    }

    /// The trial of a claim that still holds.
    fn held(&mut self, claim: &Claim) -> Result<&mut Entry, StorageError> {
        let entry = self.entry_mut(claim.study, claim.number)?;
        match entry.attempt(claim).map(|attempt| attempt.outcome) {
            Some(Outcome::Running) => Ok(entry),
            Some(Outcome::Complete | Outcome::Pruned | Outcome::Fail) => Err(claim.already_told()),
            Some(Outcome::Expired | Outcome::Released) | None => Err(claim.fenced()),
        }
    }
}

impl Storage for Memory {
    fn reopen(&self) -> Result<Box<dyn Storage>, StorageError> {
        Ok(Box::new(self.clone()))
    }

    fn open_study(&mut self, name: &str, directions: &[Direction]) -> Result<StudyId, StorageError> {
        let mut studies = self.lock();
        some_objective(name, directions)?;
        if let Some((id, study)) = studies.studies.iter().find(|(_, study)| study.name == name) {
            same_directions(name, &study.directions, directions)?;
            return Ok(*id);
        }
        let id = studies.studies.last_key_value().map_or(StudyId(1), |(last, _)| StudyId(last.0 + 1));
        let study = Study {
            name: name.to_owned(),
            directions: directions.to_vec(),
            attributes: BTreeMap::new(),
            attachments: BTreeMap::new(),
            entries: Vec::new(),
            keys: HashMap::new(),
            open: BTreeSet::new(),
        };
        studies.studies.insert(id, study);
        Ok(id)
    }

    fn studies(&self) -> Result<BTreeMap<String, StudyId>, StorageError> {
        let studies = self.lock();
        Ok(studies.studies.iter().map(|(id, study)| (study.name.clone(), *id)).collect())
    }

    fn directions(&self, study: StudyId) -> Result<Vec<Direction>, StorageError> {
        let studies = self.lock();
        Ok(studies.study(study)?.directions.clone())
    }

    fn set_study_attribute(&mut self, study: StudyId, key: &str, value: &Value) -> Result<(), StorageError> {
        let mut studies = self.lock();
        studies.study_mut(study)?.attributes.insert(key.to_owned(), value.clone());
        Ok(())
    }

    fn study_attributes(&self, study: StudyId) -> Result<BTreeMap<String, Value>, StorageError> {
        let studies = self.lock();
        Ok(studies.study(study)?.attributes.clone())
    }

    fn set_study_attachment(
        &mut self,
        study: StudyId,
        name: &str,
        content: &[u8],
    ) -> Result<(), StorageError> {
        let mut studies = self.lock();
        studies.study_mut(study)?.attachments.insert(name.to_owned(), content.to_owned());
        Ok(())
    }

    fn study_attachment(&self, study: StudyId, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let studies = self.lock();
        Ok(studies.study(study)?.attachments.get(name).cloned())
    }

    fn enqueue(&mut self, study: StudyId, trial: &NewTrial) -> Result<u64, StorageError> {
        let mut studies = self.lock();
        let study = studies.study_mut(study)?;
        match study.keys.get(&trial.key) {
            Some(known) => Ok(*known),
            None => Ok(study.push(trial)),
        }
    }

    fn start(
        &mut self,
        study: StudyId,
        number: u64,
        trial: &NewTrial,
        worker: &str,
        now: Timestamp,
        lease: Lease,
    ) -> Result<Option<Claim>, StorageError> {
        let mut studies = self.lock();
        let held = studies.study_mut(study)?;
        if number != held.entries.len() as u64 || held.keys.contains_key(&trial.key) {
            return Ok(None);
        }
        held.push(trial);
        Ok(Some(held.entries[number as usize].claim(study, worker, now, lease)))
    }

    fn claim_below(
        &mut self,
        study: StudyId,
        limit: u64,
        worker: &str,
        now: Timestamp,
        lease: Lease,
    ) -> Result<Option<Claim>, StorageError> {
        let mut studies = self.lock();
        let Study { entries, open, .. } = studies.study_mut(study)?;
        let mut given_up = Vec::new();
        let mut claimed = None;
        for number in open.range(..limit) {
            let entry = &mut entries[*number as usize];
            if entry.trial.state == State::Running && entry.expires < now {
                entry.lose(Outcome::Expired, now);
            }
            match entry.trial.state {
                State::Waiting => {
                    claimed = Some(entry.claim(study, worker, now, lease));
                    break;
                }
                State::Running => {}
                State::Complete | State::Pruned | State::Fail => given_up.push(*number),
            }
        }
        for number in given_up {
            open.remove(&number);
        }
        Ok(claimed)
    }

    fn heartbeat(&mut self, claim: &Claim, now: Timestamp) -> Result<(), StorageError> {
        let mut studies = self.lock();
        let entry = studies.held(claim)?;
        entry.expires = now + entry.lease.length;
        Ok(())
    }

    fn report(&mut self, claim: &Claim, step: u32, value: f64) -> Result<(), StorageError> {
        let mut studies = self.lock();
        studies.held(claim)?.trial.intermediate_values.insert(step, value);
        Ok(())
    }

    fn tell(&mut self, claim: &Claim, told: &Told, now: Timestamp) -> Result<(), StorageError> {
        let mut studies = self.lock();
        let objectives = studies.study(claim.study)?.directions.len();
        told.check(claim.number, objectives)?;
        let entry = match studies.held(claim) {
            Ok(entry) => entry,
            Err(error) => {
                if let StorageError::Fenced { .. } = error
                    && let Some(attempt) = studies.entry_mut(claim.study, claim.number)?.attempt(claim)
                {
                    attempt.refused = Some(told.verdict.to_string());
                }
                return Err(error);
            }
        };
        let outcome = match &told.verdict {
            Verdict::Complete { values } => {
                entry.trial.values.clone_from(values);
                entry.trial.state = State::Complete;
                Outcome::Complete
            }
            Verdict::Pruned => {
                let last = entry.trial.intermediate_values.last_key_value().map(|(_, value)| *value);
                entry.trial.values = pruned_value(last, objectives).into_iter().collect();
                entry.trial.state = State::Pruned;
                Outcome::Pruned
            }
            Verdict::Fail { reason } => {
                entry.fail(reason.clone());
                Outcome::Fail
            }
        };
        entry.trial.finished = Some(now);
        entry.trial.constraints.clone_from(&told.constraints);
        entry.trial.attributes.extend(told.attributes.clone());
        entry.attachments.clone_from(&told.attachments);
        entry.end_attempt(outcome, now);
        studies.study_mut(claim.study)?.open.remove(&claim.number);
        Ok(())
    }

    fn release(&mut self, study: StudyId, worker: &str, now: Timestamp) -> Result<usize, StorageError> {
        let mut studies = self.lock();
        let Study { entries, open, .. } = studies.study_mut(study)?;
        let mut released = 0;
        open.retain(|number| {
            let entry = &mut entries[*number as usize];
            if entry.trial.state == State::Running && entry.trial.worker.as_deref() == Some(worker) {
                entry.lose(Outcome::Released, now);
                released += 1;
            }
            !entry.trial.state.is_finished()
        });
        Ok(released)
    }

    fn retry_failed(&mut self, study: StudyId, _now: Timestamp) -> Result<usize, StorageError> {
        let mut studies = self.lock();
        let Study { entries, open, .. } = studies.study_mut(study)?;
        let failed = entries.iter_mut().filter(|entry| entry.trial.state == State::Fail);
        let retried = failed.map(|entry| {
            entry.retry();
            open.insert(entry.trial.number)
        });
        Ok(retried.count())
    }

    fn trials_from(&self, study: StudyId, first: u64) -> Result<Vec<Trial>, StorageError> {
        let studies = self.lock();
        let entries = &studies.study(study)?.entries;
        let from = entries.get(first as usize..).unwrap_or_default();
        Ok(from.iter().map(|entry| entry.trial.clone()).collect())
    }

    fn counts(&self, study: StudyId) -> Result<Counts, StorageError> {
        let studies = self.lock();
        let mut counts = Counts::default();
        studies.study(study)?.entries.iter().for_each(|entry| counts.add(entry.trial.state, 1));
        Ok(counts)
    }

    fn attempts(&self, study: StudyId, number: u64) -> Result<Vec<Attempt>, StorageError> {
        let studies = self.lock();
        Ok(studies.entry(study, number)?.attempts.clone())
    }

    fn attachment(&self, study: StudyId, number: u64, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let studies = self.lock();
        Ok(studies.entry(study, number)?.attachments.get(name).cloned())
    }
}

impl Study {
    /// Adds a trial that waits, and gives its number.
    fn push(&mut self, trial: &NewTrial) -> u64 {
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
        };
        let lease = Lease { length: std::time::Duration::ZERO, attempts: 0 };
        let (attempts, attachments) = (Vec::new(), BTreeMap::new());
        Self { trial, attempts, attachments, forgiven: 0, lease, expires: Timestamp::MIN }
    }

    fn claim(&mut self, study: StudyId, worker: &str, now: Timestamp, lease: Lease) -> Claim {
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

    fn attempt(&mut self, claim: &Claim) -> Option<&mut Attempt> {
        self.attempts.get_mut((claim.attempt as usize).checked_sub(1)?)
    }

    /// Ends the running attempt: the trial waits again, or fails if no attempt is left.
    fn lose(&mut self, outcome: Outcome, now: Timestamp) {
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

    fn fail(&mut self, reason: String) {
        self.trial.state = State::Fail;
        self.trial.failure = Some(reason.clone());
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.reason = Some(reason);
        }
    }

    fn end_attempt(&mut self, outcome: Outcome, now: Timestamp) {
        if let Some(attempt) = self.attempts.last_mut() {
            (attempt.outcome, attempt.ended) = (outcome, Some(now));
        }
    }

    fn retry(&mut self) {
        let trial = &mut self.trial;
        self.forgiven = trial.attempt;
        trial.state = State::Waiting;
        (trial.failure, trial.started, trial.finished) = (None, None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::contract::contract;

    contract!(|promise: fn(&mut dyn Storage)| promise(&mut Memory::new()));
}
