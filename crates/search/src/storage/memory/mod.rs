//! A storage in memory: for tests, for one process, and to read what the contract means.

#[cfg(test)]
pub(crate) mod foreign;
mod study;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::{
    Direction, LeaseTerms, Storage, StorageError, StudyId, TrialId, check_name, following, pruned_value,
    same_directions, some_objective,
};
use crate::timestamp::Timestamp;
use crate::trial::{Attempt, AttemptOutcome, Counts, FinalState, Lease, NewTrial, State, Trial, TrialResult};
use study::{Entry, Study};

/// Studies that are gone with the process. A clone holds the same ones, for another thread.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Studies>>);

#[derive(Debug, Default)]
struct Studies {
    studies: BTreeMap<StudyId, Study>,
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
        self.study(study)?.first(number).ok_or(StorageError::UnknownTrial { study, number })
    }

    fn leased(&mut self, lease: &Lease) -> Result<&mut Entry, StorageError> {
        let Lease { study, number, trial, .. } = *lease;
        let entries = &mut self.study_mut(study)?.entries;
        entries.get_mut(trial.0 as usize).ok_or(StorageError::UnknownTrial { study, number })
    }

    /// The trial of a lease that still holds.
    fn held(&mut self, lease: &Lease) -> Result<&mut Entry, StorageError> {
        let entry = self.leased(lease)?;
        let state = entry.trial.state;
        lease.holds(Some(state), entry.attempt(lease).map(|attempt| attempt.outcome))?;
        Ok(entry)
    }
}

impl Storage for Memory {
    fn reopen(&self) -> Result<Box<dyn Storage>, StorageError> {
        Ok(Box::new(self.clone()))
    }

    fn open_study(&mut self, name: &str, directions: &[Direction]) -> Result<StudyId, StorageError> {
        let mut studies = self.lock();
        check_name("study", name)?;
        some_objective(name, directions)?;
        if let Some((id, study)) = studies.studies.iter().find(|(_, study)| study.name == name) {
            same_directions(name, &study.directions, directions)?;
            return Ok(*id);
        }
        let id = studies.studies.last_key_value().map_or(StudyId(1), |(last, _)| StudyId(last.0 + 1));
        studies.studies.insert(id, Study::new(name, directions));
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
        check_name("attribute", key)?;
        studies.study_mut(study)?.attributes.insert(key.to_owned(), value.clone());
        Ok(())
    }

    fn settle_study_attribute(
        &mut self,
        study: StudyId,
        key: &str,
        value: &Value,
    ) -> Result<Value, StorageError> {
        let mut studies = self.lock();
        let attributes = &mut studies.study_mut(study)?.attributes;
        check_name("attribute", key)?;
        Ok(attributes.entry(key.to_owned()).or_insert_with(|| value.clone()).clone())
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
        check_name("file", name)?;
        studies.study_mut(study)?.attachments.insert(name.to_owned(), content.to_owned());
        Ok(())
    }

    fn study_attachment(&self, study: StudyId, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let studies = self.lock();
        Ok(studies.study(study)?.attachments.get(name).cloned())
    }

    fn next_number(&self, study: StudyId) -> Result<u64, StorageError> {
        let studies = self.lock();
        following(study, studies.study(study)?.highest())
    }

    fn enqueue(&mut self, study: StudyId, trial: &NewTrial) -> Result<u64, StorageError> {
        let mut studies = self.lock();
        let held = studies.study_mut(study)?;
        trial.check()?;
        if let Some(known) = held.keys.get(&trial.key) {
            return Ok(*known);
        }
        let number = following(study, held.highest())?;
        held.push(number, trial);
        Ok(number)
    }

    fn adopt(&mut self, study: StudyId, queued: TrialId, trial: &NewTrial) -> Result<bool, StorageError> {
        let mut studies = self.lock();
        trial.check()?;
        Ok(studies.study_mut(study)?.adopt(queued, trial))
    }

    fn start(
        &mut self,
        study: StudyId,
        number: u64,
        trial: &NewTrial,
        worker: &str,
        now: Timestamp,
        terms: LeaseTerms,
    ) -> Result<Option<Lease>, StorageError> {
        let mut studies = self.lock();
        let held = studies.study_mut(study)?;
        trial.check()?;
        check_name("worker", worker)?;
        let next = following(study, held.highest())?;
        if number != next || held.keys.contains_key(&trial.key) {
            return Ok(None);
        }
        Ok(Some(held.push(number, trial).lease(study, worker, now, terms)))
    }

    fn lease_below(
        &mut self,
        study: StudyId,
        limit: u64,
        worker: &str,
        now: Timestamp,
        terms: LeaseTerms,
    ) -> Result<Option<Lease>, StorageError> {
        let mut studies = self.lock();
        let Study { entries, open, .. } = studies.study_mut(study)?;
        check_name("worker", worker)?;
        let mut given_up = Vec::new();
        let mut leased = None;
        for &(number, id) in open.range(..(limit, 0)) {
            let entry = &mut entries[id];
            if entry.trial.state == State::Running && entry.expires < now {
                entry.lose(AttemptOutcome::Expired, now);
            }
            match entry.trial.state {
                State::Waiting => {
                    leased = Some(entry.lease(study, worker, now, terms));
                    break;
                }
                State::Running => {}
                State::Complete | State::Pruned | State::Fail => given_up.push((number, id)),
            }
        }
        for ended in given_up {
            open.remove(&ended);
        }
        Ok(leased)
    }

    fn heartbeat(&mut self, lease: &Lease, now: Timestamp) -> Result<(), StorageError> {
        let mut studies = self.lock();
        let entry = studies.held(lease)?;
        entry.expires = now + entry.terms.length;
        Ok(())
    }

    fn report(&mut self, lease: &Lease, step: u32, value: f64) -> Result<(), StorageError> {
        let mut studies = self.lock();
        studies.held(lease)?.trial.intermediate_values.insert(step, value);
        Ok(())
    }

    fn tell(&mut self, lease: &Lease, result: &TrialResult, now: Timestamp) -> Result<(), StorageError> {
        let mut studies = self.lock();
        let objectives = studies.study(lease.study)?.directions.len();
        result.check(lease.number, objectives)?;
        let entry = match studies.held(lease) {
            Ok(entry) => entry,
            Err(error) => {
                if let StorageError::Fenced { .. } = error
                    && let Some(attempt) = studies.leased(lease)?.attempt(lease)
                {
                    attempt.refused = Some(result.state.to_string());
                }
                return Err(error);
            }
        };
        let outcome = match &result.state {
            FinalState::Complete { values } => {
                entry.trial.values.clone_from(values);
                entry.trial.state = State::Complete;
                AttemptOutcome::Complete
            }
            FinalState::Pruned => {
                let last = entry.trial.intermediate_values.last_key_value().map(|(_, value)| *value);
                entry.trial.values = pruned_value(last, objectives).into_iter().collect();
                entry.trial.state = State::Pruned;
                AttemptOutcome::Pruned
            }
            FinalState::Fail { reason } => {
                entry.fail(reason.clone());
                AttemptOutcome::Fail
            }
        };
        entry.trial.finished = Some(now);
        entry.trial.constraints.clone_from(&result.constraints);
        entry.trial.attributes.extend(result.attributes.clone());
        entry.attachments.clone_from(&result.attachments);
        entry.end_attempt(outcome, now);
        studies.study_mut(lease.study)?.open.remove(&(lease.number, lease.trial.0 as usize));
        Ok(())
    }

    fn release(&mut self, study: StudyId, worker: &str, now: Timestamp) -> Result<usize, StorageError> {
        let mut studies = self.lock();
        let Study { entries, open, .. } = studies.study_mut(study)?;
        let mut released = 0;
        open.retain(|(_, id)| {
            let entry = &mut entries[*id];
            if entry.trial.state == State::Running && entry.trial.worker.as_deref() == Some(worker) {
                entry.lose(AttemptOutcome::Released, now);
                released += 1;
            }
            !entry.trial.state.is_finished()
        });
        Ok(released)
    }

    fn retry(&mut self, study: StudyId, keys: &[String], _now: Timestamp) -> Result<usize, StorageError> {
        let mut studies = self.lock();
        let Study { entries, numbers, open, .. } = studies.study_mut(study)?;
        let keys: BTreeSet<&String> = keys.iter().collect();
        let mut retried = 0;
        for &(number, id) in &*numbers {
            let entry = &mut entries[id];
            let is_meant = entry.trial.key.as_ref().is_some_and(|key| keys.contains(key));
            if is_meant && entry.trial.state == State::Fail {
                entry.retry();
                open.insert((number, id));
                retried += 1;
            }
        }
        Ok(retried)
    }

    fn trials_from(&self, study: StudyId, first: u64) -> Result<Vec<Trial>, StorageError> {
        let studies = self.lock();
        let Study { numbers, entries, .. } = studies.study(study)?;
        Ok(numbers.range((first, 0)..).map(|(_, id)| entries[*id].trial.clone()).collect())
    }

    fn left_out(&self, study: StudyId) -> Result<Vec<String>, StorageError> {
        self.lock().study(study).map(|_| Vec::new())
    }

    fn counts(&self, study: StudyId) -> Result<Counts, StorageError> {
        let studies = self.lock();
        let mut counts = Counts::default();
        let Study { numbers, entries, .. } = studies.study(study)?;
        for (_, id) in numbers {
            counts.add(entries[*id].trial.state, 1);
        }
        Ok(counts)
    }

    fn attempts(&self, study: StudyId, number: u64) -> Result<Vec<Attempt>, StorageError> {
        let studies = self.lock();
        Ok(studies.entry(study, number)?.attempts.clone())
    }

    fn attempts_of(&self, study: StudyId, key: &str) -> Result<Vec<Attempt>, StorageError> {
        let studies = self.lock();
        let entries = &studies.study(study)?.entries;
        let found = entries.iter().find(|entry| entry.trial.key.as_deref() == Some(key));
        Ok(found.map_or_else(Vec::new, |entry| entry.attempts.clone()))
    }

    fn attachment(&self, study: StudyId, number: u64, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let studies = self.lock();
        Ok(studies.entry(study, number)?.attachments.get(name).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::contract::contract;

    contract!(|promise: fn(&mut dyn Storage)| promise(&mut Memory::new()));
}
