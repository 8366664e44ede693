//! A run's folder: `runs/<hash of the plan>`, with the storage, the checkpoints and the report.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tinderbox_data::{Dataset, Origin, Protocol};
use tinderbox_report::{Claim, Perturbation, TestImages};
use tinderbox_search::{
    Direction, Lease, NewTrial, Parameter, Point, Sqlite, State, Storage, StorageError, StudyId, Timestamp,
};

use crate::backend::Backend;
use crate::experiment::{Reported, Search};
use crate::json;
use crate::plan::{Plan, Planned, ProfileName, Source, Task};

/// How long a worker may be silent before its trial is taken over; it speaks every [`HEARTBEAT`].
///
/// Attempts are many: a user who stops a run over and over must not make its trials fail.
pub const LEASE: Lease = Lease { length: Duration::from_secs(15), attempts: 64 };

/// How often a worker says that it lives.
pub const HEARTBEAT: Duration = Duration::from_secs(3);

/// User attribute of a trial: its [`Task`].
pub const TASK: &str = "tinderbox:task";
/// Attachment of a trial: its record.
pub const RECORD: &str = "record.json";
/// User attribute of a finished trial: the hash of its results.
pub const RESULT: &str = "tinderbox:result_sha256";

/// User attribute of a study: its [`Heading`].
const HEADING: &str = "tinderbox:heading";
/// Attachments of a study: pixels as bytes, and labels.
const TEST_PIXELS: &str = "test-pixels";
const TEST_LABELS: &str = "test-labels";

/// The folder of one plan.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

/// What the report says about a study beyond its trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    /// Hash of the plan.
    pub plan: String,
    /// `quick` or `full`.
    pub profile: ProfileName,
    /// Seeds of each arm.
    pub seeds: Vec<u64>,
    /// Epochs, where the command line overrides the profile.
    pub epochs: Option<usize>,
    /// Settings of the command line, for every arm.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Where tensors live.
    pub backend: Backend,
    /// Command that makes the whole run again.
    pub command: String,
    /// Command that runs this experiment alone.
    pub own_command: String,
    /// When the study was made: RFC 3339, UTC.
    pub created: String,
    /// Why other digits stand in for the paper's, if they do.
    pub stand_in: Option<String>,
    /// Position of the experiment in the plan.
    pub position: usize,
    /// Name of the experiment.
    pub name: String,
    /// Part of the paper.
    pub part: String,
    /// Heading of the experiment.
    pub title: String,
    /// What the paper says.
    pub statement: String,
    /// How data are split.
    pub protocol: Protocol,
    /// The arms, in the order of the tables.
    pub arms: Vec<ArmHeading>,
    /// How this experiment wants test images changed.
    #[serde(default)]
    pub perturbations: Vec<Perturbation>,
    /// How they were drawn, if they are points of a space.
    pub search: Option<Search>,
    /// The paper's sentences, each with its test.
    pub claims: Vec<Claim>,
    /// Whether they were others when the study was made.
    #[serde(default)]
    pub claims_changed: bool,
    /// Height and width of a test image.
    pub image: [usize; 2],
    /// SHA-256 of the test images that are stored with the study, pixels first.
    pub images_sha256: String,
}

/// What the report says about an arm beyond its trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmHeading {
    /// Its name.
    pub name: String,
    /// What it is, in a line.
    pub description: String,
    /// What the paper says of it.
    pub reported: Option<Reported>,
    /// What a search chose, by name of the dimension.
    pub point: BTreeMap<String, Value>,
    /// The arm whose trials these are, if it is another experiment's.
    pub same_as: Option<Source>,
    /// Arms whose probabilities are averaged; nothing is trained then.
    pub average_of: Vec<String>,
}

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

impl RunFolder {
    /// The folder of `plan` below `runs`, made if it is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(runs: &Path, plan: &Plan) -> Result<Self, RunError> {
        let folder = Self { path: runs.join(plan.hash()) };
        for path in [folder.path.clone(), folder.checkpoints()] {
            fs::create_dir_all(&path).map_err(|error| RunError::Io { path, error })?;
        }
        Ok(folder)
    }

    /// A folder that is there.
    ///
    /// # Errors
    /// If no run was made in it.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let folder = Self { path: path.to_path_buf() };
        if folder.storage_path().is_file() { Ok(folder) } else { Err(RunError::NoRun(folder.path)) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The storage's file.
    pub fn storage_path(&self) -> PathBuf {
        self.path.join("study.sqlite")
    }

    /// The report's file.
    pub fn report_path(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// The images of the run, for its workers, while they are at work; see [`tinderbox_data::write_snapshot`].
    pub fn snapshot_path(&self) -> PathBuf {
        self.path.join("images.safetensors")
    }

    /// Where workers leave checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// The storage.
    ///
    /// # Errors
    /// If its file cannot be used.
    pub fn storage(&self) -> Result<Sqlite, RunError> {
        Ok(Sqlite::open(self.storage_path())?)
    }

    /// Removes what killed processes left half-written, and the workers' images. Only for the holder of the lock, while
    /// no crew is at work.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn sweep(&self) -> Result<(), RunError> {
        // What cannot be removed only takes space.
        _ = fs::remove_file(self.snapshot_path());
        for path in [self.path.clone(), self.checkpoints()] {
            let entries = fs::read_dir(&path).map_err(|error| RunError::Io { path, error })?;
            for entry in entries.flatten().filter(|entry| entry.path().extension() == Some("tmp".as_ref())) {
                _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// Keeps other `reproduce` processes out for as long as the file is held.
    ///
    /// # Errors
    /// If another one is in.
    pub fn lock(&self) -> Result<File, RunError> {
        let path = self.path.join("lock");
        let io = |error| RunError::Io { path: path.clone(), error };
        let file = File::options().create(true).append(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(RunError::Busy(self.path.clone())),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }
}

/// Puts an experiment's trials in the storage; what is there already stays as it is.
///
/// # Errors
/// If the storage refuses.
pub fn enqueue(
    storage: &mut dyn Storage,
    planned: &Planned,
    heading: &Heading,
    dataset: &Dataset,
) -> Result<StudyId, RunError> {
    let study = storage.open_study(&planned.experiment.name, &[Direction::Maximize])?;
    let earlier = storage.study_attributes(study)?.remove(HEADING).map(serde_json::from_value::<Heading>);
    let (pixels, labels) = test_space(dataset, planned.experiment.protocol);
    if earlier.is_none() {
        storage.set_study_attachment(study, TEST_PIXELS, &pixels)?;
        storage.set_study_attachment(study, TEST_LABELS, &labels)?;
    }
    // Words may have been mended since; the trials are the same.
    let mut heading = heading.clone();
    if let Some(Ok(earlier)) = earlier {
        heading.created = earlier.created;
        heading.claims_changed = earlier.claims_changed || earlier.claims != heading.claims;
    }
    heading.images_sha256 = fingerprint(&pixels, &labels);
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
    let search = planned.experiment.search.iter();
    let dimensions = search.flat_map(|search| &search.dimensions);
    let chosen = dimensions.filter_map(|dimension| {
        let value = task.point.get(&dimension.name)?.clone();
        Some((dimension.name.clone(), Parameter::categorical(dimension.values.clone(), value).ok()?))
    });
    chosen.collect()
}

/// Puts the trials of dead workers back in the queue at once. Only for the holder of the lock, while no crew is at work.
///
/// # Errors
/// If the storage refuses.
pub fn release_all(storage: &mut dyn Storage, study: StudyId, now: Timestamp) -> Result<(), RunError> {
    let trials = storage.trials(study)?;
    for worker in
        trials.into_iter().filter(|trial| trial.state == State::Running).filter_map(|trial| trial.worker)
    {
        storage.release(study, &worker, now)?;
    }
    Ok(())
}

/// The studies of a run in the order of its plan, with their headings.
///
/// # Errors
/// If the storage refuses, or a study is not one of `reproduce`'s.
pub fn headings(folder: &RunFolder, storage: &dyn Storage) -> Result<Vec<(StudyId, Heading)>, RunError> {
    let mut headings = Vec::new();
    for (name, study) in storage.studies()? {
        let value = storage.study_attributes(study)?.remove(HEADING).unwrap_or_default();
        let heading = serde_json::from_value::<Heading>(value).map_err(|error| RunError::Heading {
            path: folder.storage_path(),
            study: name,
            reason: error.to_string(),
        })?;
        headings.push((study, heading));
    }
    headings.sort_by_key(|(_, heading)| heading.position);
    Ok(headings)
}

/// The images that the indices of a study's records point to.
///
/// # Errors
/// If the storage refuses, or they were changed.
pub fn test_images(
    folder: &RunFolder,
    storage: &dyn Storage,
    study: StudyId,
    heading: &Heading,
) -> Result<Option<TestImages>, RunError> {
    let pixels = storage.study_attachment(study, TEST_PIXELS)?;
    let labels = storage.study_attachment(study, TEST_LABELS)?;
    let Some((pixels, labels)) = pixels.zip(labels) else { return Ok(None) };
    if fingerprint(&pixels, &labels) != heading.images_sha256 {
        return Err(RunError::Images { path: folder.storage_path(), study: heading.name.clone() });
    }
    let [height, width] = heading.image;
    Ok(Some(TestImages { height, width, pixels, labels }))
}

/// SHA-256 of images, in hexadecimal.
fn fingerprint(pixels: &[u8], labels: &[u8]) -> String {
    base16ct::lower::encode_string(&Sha256::new().chain_update(pixels).chain_update(labels).finalize())
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
