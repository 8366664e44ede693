//! What becomes of the trials of workers that died.

use std::thread;
use std::time::Duration;

use tinderbox_search::{State, Storage, StorageError, TrialResult};

use super::Studies;
use crate::worker::{LEASE, now};

/// User attribute of a trial that was given up because its workers died, which says nothing about its point: the attempt
/// that ended so. A later attempt that fails has failed by itself.
pub const LOST: &str = "tinderbox:lost";
/// How often a storage is asked to put a trial back.
const RELEASES: usize = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// Puts the dead worker's trial back in the queue.
pub(super) fn release(storage: &mut dyn Storage, studies: Studies, name: &str) -> Result<(), StorageError> {
    studies.iter().try_for_each(|(_, study)| storage.release(*study, name, now()).map(drop))
}

/// As [`release`], again after a pause where the storage refuses: a fault of a moment is over then.
pub(super) fn release_patiently(
    storage: &mut dyn Storage,
    studies: Studies,
    name: &str,
) -> Result<(), StorageError> {
    let mut released = release(storage, studies, name);
    for _ in 1..RELEASES {
        if released.is_ok() {
            break;
        }
        thread::sleep(PAUSE);
        released = release(storage, studies, name);
    }
    released
}

/// Makes a trial fail that waits again because its workers died; `false` if it does not wait any more.
pub(super) fn give_up(
    storage: &mut dyn Storage,
    studies: Studies,
    crew: &str,
    (experiment, key): &(String, String),
    reason: &str,
) -> Result<bool, StorageError> {
    let name = format!("{crew}-supervisor");
    let study = match studies {
        [(_, only)] => Some(*only),
        all => all.iter().find(|(name, _)| name == experiment).map(|(_, study)| *study),
    };
    let Some(study) = study else { return Ok(false) };
    let trial = storage.trials(study)?.into_iter().find(|trial| trial.key.as_ref() == Some(key));
    let Some(trial) = trial.filter(|trial| trial.state == State::Waiting) else { return Ok(false) };
    // A storage hands out the first trial that waits: those before it are held until it comes, and then put back. One
    // after it says that a worker has taken it meanwhile.
    let mut given_up = false;
    while let Some(lease) = storage.lease(study, &name, now(), LEASE)? {
        if lease.key == *key {
            let attributes = [(LOST.to_string(), lease.attempt.into())].into();
            storage.tell(&lease, &TrialResult { attributes, ..TrialResult::fail(reason) }, now())?;
            given_up = true;
        }
        if lease.number >= trial.number {
            break;
        }
    }
    storage.release(study, &name, now())?;
    Ok(given_up)
}

#[cfg(test)]
mod tests {
    use tinderbox_search::{Direction, Memory, NewTrial, StudyId};

    use super::*;

    /// A study with five trials that wait.
    fn storage() -> (Memory, StudyId) {
        let mut storage = Memory::new();
        let study = storage.open_study("s", &[Direction::Maximize]).unwrap();
        for key in ["a", "b", "c", "d", "e"] {
            storage.enqueue(study, &NewTrial { key: key.to_string(), ..NewTrial::default() }).unwrap();
        }
        (storage, study)
    }

    fn give_up_on(storage: &mut Memory, study: StudyId, key: &str) -> bool {
        give_up(storage, &[("s".to_string(), study)], "crew", &("s".to_string(), key.to_string()), "died")
            .unwrap()
    }

    fn attempts(storage: &Memory, study: StudyId) -> Vec<usize> {
        (0..5).map(|number| storage.attempts(study, number).unwrap().len()).collect()
    }

    #[test]
    fn a_trial_that_waits_fails_and_says_at_which_attempt_it_was_lost() {
        let (mut storage, study) = storage();
        assert!(give_up_on(&mut storage, study, "c"));
        let trials = storage.trials(study).unwrap();
        assert_eq!(trials[2].state, State::Fail);
        assert_eq!(trials[2].attributes[LOST], trials[2].attempt);
        for place in [0, 1, 3, 4] {
            assert_eq!(trials[place].state, State::Waiting, "{place}");
        }
        assert_eq!(attempts(&storage, study), [1, 1, 1, 0, 0], "later ones are left alone");
    }

    #[test]
    fn a_trial_that_a_worker_has_again_is_left_to_it_and_no_other_is_touched() {
        let (mut storage, study) = storage();
        for _ in ["a", "b"] {
            storage.lease(study, "worker", now(), LEASE).unwrap().expect("a trial");
        }
        assert!(!give_up_on(&mut storage, study, "b"));
        assert!(!give_up_on(&mut storage, study, "of another study"));
        assert_eq!(attempts(&storage, study), [1, 1, 0, 0, 0]);
    }
}
