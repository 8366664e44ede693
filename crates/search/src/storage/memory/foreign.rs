//! What other programs do to a study, for tests: trials are deleted, renumbered and added.

use serde_json::Value;

use super::Memory;
use super::study::{Entry, Study};
use crate::storage::{LAST_NUMBER, StudyId, TrialId};
use crate::trial::{NewTrial, Queued, State};

/// One change. Rows count in the order in which trials were added.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// A trial is gone.
    Delete { row: usize },
    /// A trial has another number. One that no trial can have is no longer shown, though its key is there.
    Renumber { row: usize, number: i64 },
    /// A trial without a key is there.
    Add { number: i64, state: State, fixed: Option<Value> },
    /// Another program runs a trial.
    Take { row: usize },
}

impl Memory {
    pub(crate) fn edit(&self, study: StudyId, edit: &Edit) {
        let mut studies = self.lock();
        let study = studies.study_mut(study).unwrap();
        match *edit {
            Edit::Delete { row } => {
                if let Some(key) = study.hide(row) {
                    study.keys.remove(&key);
                }
            }
            Edit::Renumber { row, number } => {
                if study.hide(row).is_some() {
                    study.show(row, number);
                }
            }
            Edit::Add { number, state, ref fixed } => {
                let id = study.entries.len();
                let mut entry = Entry::new(id, 0, &NewTrial::default());
                (entry.trial.key, entry.trial.state) = (None, state);
                let queued = Queued { trial: TrialId(i64::try_from(id).unwrap()), fixed: fixed.clone() };
                entry.trial.queued = (state == State::Waiting).then_some(queued);
                study.entries.push(entry);
                study.show(id, number);
            }
            Edit::Take { row } => {
                if let Some(entry) = study.entries.get_mut(row) {
                    (entry.trial.state, entry.trial.worker) = (State::Running, None);
                    study.open.remove(&(entry.trial.number, row));
                }
            }
        }
    }
}

impl Study {
    /// Shows a trial no longer; returns its key, where it was shown and has one.
    fn hide(&mut self, row: usize) -> Option<String> {
        let trial = &self.entries.get(row)?.trial;
        self.open.remove(&(trial.number, row));
        let was_shown = self.numbers.remove(&(trial.number, row));
        trial.key.clone().filter(|_| was_shown)
    }

    fn show(&mut self, row: usize, number: i64) {
        let Some(number) = u64::try_from(number).ok().filter(|number| *number <= LAST_NUMBER) else { return };
        let trial = &mut self.entries[row].trial;
        trial.number = number;
        self.numbers.insert((number, row));
        if trial.is_ours() && !trial.state.is_finished() {
            self.open.insert((number, row));
        }
    }
}
