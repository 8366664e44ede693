//! What could not be read of a study, or is odd about its trials.

use super::StudyView;
use crate::format::count;

/// The most notes of a page.
const NOTES: usize = 100;

/// A sentence each, those of the study first, then those of trials by number.
pub(super) fn notes(study: &StudyView) -> Vec<String> {
    let mut trials: Vec<_> = study.trials.iter().filter(|trial| !trial.notes.is_empty()).collect();
    trials.sort_by_key(|trial| trial.number);
    let of_trials = trials
        .into_iter()
        .flat_map(|trial| trial.notes.iter().map(|note| format!("trial {}: {note}", trial.number)));
    let mut notes: Vec<String> = study.notes.iter().cloned().chain(of_trials).collect();
    let more = notes.len().saturating_sub(NOTES);
    notes.truncate(NOTES);
    if more > 0 {
        notes.push(format!("and {} more", count(more as u64)));
    }
    notes
}
