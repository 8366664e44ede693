//! A storage in memory: for tests, for one process, and to read what the contract means.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Direction, Lease, Storage, StorageError, StudyId, given_up};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, Claim, Counts, NewTrial, Outcome, State, Told, Trial, Verdict};

/// Studies that are gone with the process.
#[derive(Debug, Default)]
pub struct Memory {
    studies: BTreeMap<StudyId, Study>,
}

#[derive(Debug)]
struct Study {
    name: String,
    direction: Direction,
    attributes: BTreeMap<String, Value>,
    attachments: BTreeMap<String, Vec<u8>>,
    entries: Vec<Entry>,
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
            Some(Outcome::Complete | Outcome::Fail) => Err(claim.already_told()),
            Some(Outcome::Expired | Outcome::Released) | None => Err(claim.fenced()),
        }
    }
}

impl Storage for Memory {
    fn open_study(&mut self, name: &str, direction: Direction) -> Result<StudyId, StorageError> {
        if let Some((id, study)) = self.studies.iter().find(|(_, study)| study.name == name) {
            if study.direction == direction {
                return Ok(*id);
            }
            let (name, stored) = (name.to_owned(), study.direction.to_string());
            return Err(StorageError::Direction { name, stored, asked: direction });
        }
        let id = self.studies.last_key_value().map_or(StudyId(1), |(last, _)| StudyId(last.0 + 1));
        let study = Study {
            name: name.to_owned(),
            direction,
            attributes: BTreeMap::new(),
            attachments: BTreeMap::new(),
            entries: Vec::new(),
        };
        self.studies.insert(id, study);
        Ok(id)
    }

    fn studies(&self) -> Result<BTreeMap<String, StudyId>, StorageError> {
        Ok(self.studies.iter().map(|(id, study)| (study.name.clone(), *id)).collect())
    }

    fn set_study_attribute(&mut self, study: StudyId, key: &str, value: &Value) -> Result<(), StorageError> {
        self.study_mut(study)?.attributes.insert(key.to_owned(), value.clone());
        Ok(())
    }

    fn study_attributes(&self, study: StudyId) -> Result<BTreeMap<String, Value>, StorageError> {
        Ok(self.study(study)?.attributes.clone())
    }

    fn set_study_attachment(
        &mut self,
        study: StudyId,
        name: &str,
        content: &[u8],
    ) -> Result<(), StorageError> {
        self.study_mut(study)?.attachments.insert(name.to_owned(), content.to_owned());
        Ok(())
    }

    fn study_attachment(&self, study: StudyId, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.study(study)?.attachments.get(name).cloned())
    }

    fn enqueue(&mut self, study: StudyId, trial: &NewTrial) -> Result<u64, StorageError> {
        let entries = &mut self.study_mut(study)?.entries;
        let known = entries.iter().find(|entry| entry.trial.key.as_ref() == Some(&trial.key));
        if let Some(entry) = known {
            return Ok(entry.trial.number);
        }
        let number = entries.len() as u64;
        entries.push(Entry::new(number, trial));
        Ok(number)
    }

    fn claim(
        &mut self,
        study: StudyId,
        worker: &str,
        now: Timestamp,
        lease: Lease,
    ) -> Result<Option<Claim>, StorageError> {
        for entry in &mut self.study_mut(study)?.entries {
            if entry.trial.state == State::Running && entry.expires < now {
                entry.lose(Outcome::Expired, now);
            }
            if entry.trial.state == State::Waiting {
                return Ok(Some(entry.claim(study, worker, now, lease)));
            }
        }
        Ok(None)
    }

    fn heartbeat(&mut self, claim: &Claim, now: Timestamp) -> Result<(), StorageError> {
        let entry = self.held(claim)?;
        entry.expires = now + entry.lease.length;
        Ok(())
    }

    fn report(&mut self, claim: &Claim, step: u32, value: f64) -> Result<(), StorageError> {
        self.held(claim)?.trial.intermediate_values.insert(step, value);
        Ok(())
    }

    fn tell(&mut self, claim: &Claim, told: &Told, now: Timestamp) -> Result<(), StorageError> {
        told.check(claim.number)?;
        let entry = match self.held(claim) {
            Ok(entry) => entry,
            Err(error) => {
                if let StorageError::Fenced { .. } = error
                    && let Some(attempt) = self.entry_mut(claim.study, claim.number)?.attempt(claim)
                {
                    attempt.refused = Some(told.verdict.to_string());
                }
                return Err(error);
            }
        };
        let outcome = match &told.verdict {
            Verdict::Complete { value } => {
                entry.trial.value = Some(*value);
                entry.trial.state = State::Complete;
                Outcome::Complete
            }
            Verdict::Fail { reason } => {
                entry.fail(reason.clone());
                Outcome::Fail
            }
        };
        entry.trial.finished = Some(now);
        entry.trial.attributes.extend(told.attributes.clone());
        entry.attachments.clone_from(&told.attachments);
        entry.end_attempt(outcome, now);
        Ok(())
    }

    fn release(&mut self, study: StudyId, worker: &str, now: Timestamp) -> Result<usize, StorageError> {
        let entries = self.study_mut(study)?.entries.iter_mut();
        let held = entries.filter(|entry| {
            entry.trial.state == State::Running && entry.trial.worker.as_deref() == Some(worker)
        });
        Ok(held.map(|entry| entry.lose(Outcome::Released, now)).count())
    }

    fn retry_failed(&mut self, study: StudyId, _now: Timestamp) -> Result<usize, StorageError> {
        let entries = self.study_mut(study)?.entries.iter_mut();
        let failed = entries.filter(|entry| entry.trial.state == State::Fail);
        Ok(failed.map(Entry::retry).count())
    }

    fn trials(&self, study: StudyId) -> Result<Vec<Trial>, StorageError> {
        Ok(self.study(study)?.entries.iter().map(|entry| entry.trial.clone()).collect())
    }

    fn counts(&self, study: StudyId) -> Result<Counts, StorageError> {
        let mut counts = Counts::default();
        self.study(study)?.entries.iter().for_each(|entry| counts.add(entry.trial.state, 1));
        Ok(counts)
    }

    fn attempts(&self, study: StudyId, number: u64) -> Result<Vec<Attempt>, StorageError> {
        Ok(self.entry(study, number)?.attempts.clone())
    }

    fn attachment(&self, study: StudyId, number: u64, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.entry(study, number)?.attachments.get(name).cloned())
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
            value: None,
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
