//! What becomes of the trials of workers that died.

use std::thread;
use std::time::{Duration, SystemTime};

use tinderbox_search::{State, Storage, StudyId, Timestamp, TrialResult};

use super::CrewError;
use crate::run::{LEASE, RunError};

/// User attribute of a trial that was given up because its workers died, which says nothing about its point: the attempt
/// that ended so. A later attempt that fails has failed by itself.
pub const LOST: &str = "tinderbox:lost";
/// How often a storage is asked to put a trial back.
const RELEASES: usize = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// Puts the dead worker's trial back in the queue.
pub(super) fn release(storage: &mut dyn Storage, studies: &[StudyId], name: &str) -> Result<(), CrewError> {
    let now = Timestamp::from(SystemTime::now());
    for &study in studies {
        storage.release(study, name, now).map_err(RunError::from)?;
    }
    Ok(())
}

/// As [`release`], again after a pause where the storage refuses: a fault of a moment is over then.
pub(super) fn release_patiently(
    storage: &mut dyn Storage,
    studies: &[StudyId],
    name: &str,
) -> Result<(), CrewError> {
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
    studies: &[StudyId],
    crew: &str,
    (experiment, key): &(String, String),
    reason: &str,
) -> Result<bool, CrewError> {
    let name = format!("{crew}-supervisor");
    let now = || Timestamp::from(SystemTime::now());
    let study = match studies {
        [only] => Some(*only),
        _ => storage.studies().map_err(RunError::from)?.get(experiment).copied(),
    };
    let Some(study) = study else { return Ok(false) };
    let trials = storage.trials(study).map_err(RunError::from)?;
    let Some(trial) = trials.into_iter().find(|trial| trial.key.as_ref() == Some(key)) else {
        return Ok(false);
    };
    if trial.state != State::Waiting {
        return Ok(false);
    }
    // A storage hands out the first trial that waits: those before it are held until it comes, and then put back. One
    // after it says that a worker has taken it meanwhile.
    let mut given_up = false;
    while let Some(lease) = storage.lease(study, &name, now(), LEASE).map_err(RunError::from)? {
        if lease.key == *key {
            let attributes = [(LOST.to_string(), lease.attempt.into())].into();
            let told = TrialResult { attributes, ..TrialResult::fail(reason) };
            storage.tell(&lease, &told, now()).map_err(RunError::from)?;
            given_up = true;
        }
        if lease.number >= trial.number {
            break;
        }
    }
    storage.release(study, &name, now()).map_err(RunError::from)?;
    Ok(given_up)
}

#[cfg(test)]
mod tests {
    use tinderbox_search::{Direction, Memory, NewTrial};

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
        give_up(storage, &[study], "crew", &("s".to_string(), key.to_string()), "died").unwrap()
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
        let now = Timestamp::from(SystemTime::now());
        for _ in ["a", "b"] {
            storage.lease(study, "worker", now, LEASE).unwrap().expect("a trial");
        }
        assert!(!give_up_on(&mut storage, study, "b"));
        assert!(!give_up_on(&mut storage, study, "of another study"));
        assert_eq!(attempts(&storage, study), [1, 1, 0, 0, 0]);
    }
}
