//! A run: the trials of a plan in the storage of a folder.

mod folder;
mod heading;
mod seal;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tinderbox_data::{Dataset, Origin, Protocol};
use tinderbox_search::{
    Direction, LeaseTerms, NewTrial, Parameter, Point, State, Storage, StorageError, StudyId, Timestamp,
};

use crate::crew::is_of_crew;
use crate::json;
use crate::plan::{Planned, Task};

pub use folder::RunFolder;
use heading::{HEADING, TEST_LABELS, TEST_PIXELS, fingerprint};
pub use heading::{Heading, check_trials, headings, test_images};
pub use seal::Broken;
use seal::Seal;

/// How long a worker may be silent before its trial is taken over; it speaks every [`HEARTBEAT`].
///
/// Attempts are many: a user who stops a run over and over must not make its trials fail.
pub const LEASE: LeaseTerms = LeaseTerms { length: Duration::from_secs(15), attempts: 64 };

/// How often a worker says that it lives.
pub const HEARTBEAT: Duration = Duration::from_secs(3);

/// User attribute of a trial: its [`Task`].
pub const TASK: &str = "tinderbox:task";
/// Attachment of a trial: its record.
pub const RECORD: &str = "record.json";
/// User attribute of a finished trial: the hash of its results.
pub const RESULT: &str = "tinderbox:result_sha256";

/// Why a run's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file or folder could not be made.
    #[error("{}: {error}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Another `reproduce` is at work in it.
    #[error("{}: another reproduce is running this plan; wait for it, or stop it first", .0.display())]
    Busy(PathBuf),
    /// There is no storage in it.
    #[error("{}: no study.sqlite in it, expected a folder that reproduce has made", .0.display())]
    NoRun(PathBuf),
    /// The storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The machine failed during a trial, which waits for another attempt.
    #[error("{0}; the trial has no result and is attempted again")]
    Machine(String),
    /// The test images of a study were changed.
    #[error(
        "{}: study `{study}`: its test images were changed after they were stored; run it anew in another folder",
        .path.display()
    )]
    Images {
        /// The storage.
        path: PathBuf,
        /// The study.
        study: String,
    },
    /// What was fixed before the trials of a study is not what it was.
    #[error("{}: study `{study}`: {broken}", .path.display())]
    Seal {
        /// The storage.
        path: PathBuf,
        /// The study.
        study: String,
        /// What differs.
        broken: Broken,
    },
    /// An experiment of the run is not in its storage.
    #[error("{}: study `{study}` is missing; the same `reproduce` command adds it", .path.display())]
    NoStudy {
        /// The storage.
        path: PathBuf,
        /// The study.
        study: String,
    },
    /// Another version made the run.
    #[error(
        "{}: another version of the program made this run; make its report with that version, or run the plan anew",
        .0.display()
    )]
    Version(PathBuf),
    /// A study was not made by `reproduce`.
    #[error("{}: study `{study}` has no readable heading: {reason}", .path.display())]
    Heading {
        /// The storage.
        path: PathBuf,
        /// The study.
        study: String,
        /// What is wrong.
        reason: String,
    },
}

/// Puts an experiment's trials in the storage, under a seal; existing trials stay as they are.
///
/// # Errors
/// If the storage refuses, or what it holds is not as it was sealed.
pub fn enqueue(
    folder: &RunFolder,
    storage: &mut dyn Storage,
    planned: &Planned,
    heading: &Heading,
    dataset: &Dataset,
) -> Result<StudyId, RunError> {
    let study = storage.open_study(&planned.experiment.facts.name, &[Direction::Maximize])?;
    let earlier = heading::earlier(folder, storage, study, &planned.experiment.facts.name)?;
    let (pixels, labels) = test_space(dataset, planned.experiment.protocol);
    if earlier.is_none() {
        storage.set_study_attachment(study, TEST_PIXELS, &pixels)?;
        storage.set_study_attachment(study, TEST_LABELS, &labels)?;
    }
    // The experiment's file may have changed since; the trials are the same.
    let mut heading = heading.clone();
    if let Some(earlier) = earlier {
        let reported = |heading: &Heading| -> Vec<_> {
            heading.arms.iter().map(|arm| (arm.name.clone(), arm.reported.clone())).collect()
        };
        heading.claims_changed = earlier.claims_changed || earlier.facts.claims != heading.facts.claims;
        heading.reported_changed = earlier.reported_changed || reported(&earlier) != reported(&heading);
        heading.created = earlier.created;
    }
    heading.images_sha256 = fingerprint(&pixels, &labels);
    heading.seal = Some(Seal::new(&json::value(&heading), &planned.tasks));
    storage.set_study_attribute(study, HEADING, &json::value(&heading))?;
    for task in &planned.tasks {
        let attributes = BTreeMap::from([(TASK.to_string(), json::value(task))]);
        let parameters = parameters(planned, task);
        storage.enqueue(study, &NewTrial { key: task.key(), attributes, parameters })?;
    }
    Ok(study)
}

/// What a search chose for a trial, so that dashboards can show it.
fn parameters(planned: &Planned, task: &Task) -> Point {
    let search = planned.experiment.facts.search.iter();
    let chosen = search.flat_map(|search| &search.dimensions).filter_map(|dimension| {
        let value = task.point.get(&dimension.name)?.clone();
        Some((dimension.name.clone(), Parameter::categorical(dimension.values.clone(), value).ok()?))
    });
    chosen.collect()
}

/// Puts the trials of all workers back in the queue at once. Only for the holder of the run's lock, while no crew is at
/// work.
///
/// # Errors
/// If the storage refuses.
pub fn release_all(storage: &mut dyn Storage, study: StudyId, now: Timestamp) -> Result<(), RunError> {
    release_where(storage, study, now, |_| true)
}

/// Puts the trials of a crew's workers back in the queue at once. Only for a crew that is known to be gone.
///
/// # Errors
/// If the storage refuses.
pub fn release_crew(
    storage: &mut dyn Storage,
    study: StudyId,
    crew: &str,
    now: Timestamp,
) -> Result<(), RunError> {
    release_where(storage, study, now, |worker| is_of_crew(worker, crew))
}

fn release_where(
    storage: &mut dyn Storage,
    study: StudyId,
    now: Timestamp,
    gone: impl Fn(&str) -> bool,
) -> Result<(), RunError> {
    let running = storage.trials(study)?.into_iter().filter(|trial| trial.state == State::Running);
    for worker in running.filter_map(|trial| trial.worker).filter(|worker| gone(worker)) {
        storage.release(study, &worker, now)?;
    }
    Ok(())
}

/// The task of a trial.
///
/// # Errors
/// The reason as a text, if it has none that can be read.
pub fn task(attributes: &BTreeMap<String, Value>) -> Result<Task, String> {
    let value = attributes.get(TASK).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|error| format!("attribute `{TASK}`: {error}"))
}

/// Why other digits stand in, if they do.
pub fn stand_in(dataset: &Dataset) -> Option<String> {
    match &dataset.origin {
        Origin::StandIn { reason } => Some(reason.clone()),
        Origin::Files(_) => None,
    }
}

/// Pixels as bytes and labels of all images that a test set may be drawn from.
fn test_space(dataset: &Dataset, protocol: Protocol) -> (Vec<u8>, Vec<u8>) {
    let parts = match protocol {
        Protocol::Official => vec![&dataset.test],
        Protocol::Pooled => vec![&dataset.training, &dataset.test],
    };
    let pixels = parts.iter().flat_map(|images| images.pixels()).map(|pixel| (pixel * 255.0).round() as u8);
    let labels = parts.iter().flat_map(|images| images.labels()).copied();
    (pixels.collect(), labels.collect())
}
