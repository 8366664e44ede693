//! What becomes of the trials of workers that died.

use std::time::SystemTime;

use tinderbox_search::{Storage, StudyId, Timestamp, Told};

use super::CrewError;
use crate::run::{LEASE, RunError};

/// User attribute of a trial that was given up because its workers died, which says nothing about its point.
pub const LOST: &str = "tinderbox:lost";

/// Puts the dead worker's trial back in the queue.
pub(super) fn release(storage: &mut dyn Storage, studies: &[StudyId], name: &str) -> Result<(), CrewError> {
    let now = Timestamp::from(SystemTime::now());
    for &study in studies {
        storage.release(study, name, now).map_err(RunError::from)?;
    }
    Ok(())
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
    // A storage hands out the first trial that waits: those before it are held until it comes, and then put back.
    let mut given_up = false;
    while let Some(claim) = storage.claim(study, &name, now(), LEASE).map_err(RunError::from)? {
        if claim.key == *key {
            let attributes = [(LOST.to_string(), true.into())].into();
            let told = Told { attributes, ..Told::fail(reason) };
            storage.tell(&claim, &told, now()).map_err(RunError::from)?;
            given_up = true;
            break;
        }
    }
    storage.release(study, &name, now()).map_err(RunError::from)?;
    Ok(given_up)
}
