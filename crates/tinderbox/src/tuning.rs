//! A tuning: a study whose trials train one network, described by a TOML file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tinderbox_data::{Dataset, Protocol};
use tinderbox_search::{Settings, Storage, StorageError, Study, StudyError};

use crate::backend::Backend;
use crate::catalog::Catalog;
use crate::experiment::{Defaults, ExperimentError, Places, Problems};
use crate::json;
use crate::name::Name;

mod check;
mod chosen;
mod objective;
mod point;
mod sample;
pub mod trials;

pub use check::MOST_TRIALS;
pub use chosen::{Chosen, ChosenError, ChosenSettings, test_accuracy};

pub use objective::Objective;
pub use point::PointError;

/// The settings of a tuning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuning {
    /// Name of the study.
    pub name: String,
    /// The network, with the paper's layers unless the space or `settings` change them. A dimension `model.kind` chooses
    /// in its place, and has it among its choices.
    pub model: String,
    /// Passes over the training images, in each trial.
    pub epochs: usize,
    /// Seed of weights, order and dropout, in every trial.
    #[serde(default = "one")]
    pub seed: u64,
    /// How data are split.
    #[serde(default)]
    pub protocol: Protocol,
    /// Settings of every trial, by key, such as `training.batch_size`.
    #[serde(default)]
    pub settings: BTreeMap<String, Value>,
    /// The objectives; pruners compare the first.
    #[serde(default = "validation_accuracy")]
    pub objectives: Vec<Objective>,
    /// The space, the sampler, and when the study ends. The names of the dimensions are keys of settings;
    /// its directions are those of the objectives.
    pub study: Settings,
    /// The file's name and text, to show a place in it; `None` without a file.
    #[serde(skip)]
    source: Option<(String, String)>,
}

/// What a worker needs beside the settings of the study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningRecord {
    /// What is tuned.
    pub tuning: Tuning,
    /// The compute backend.
    pub backend: Backend,
    /// Fingerprint of the images that every trial must see.
    pub dataset_sha256: String,
}

/// User attribute of a study: its [`TuningRecord`].
const RECORD: &str = "tinderbox:tuning";

/// Why a tuning cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum TuningError {
    /// The file is wrong.
    #[error(transparent)]
    File(#[from] ExperimentError),
    /// No objective.
    #[error("`objectives` is empty, expected at least one of {}", Objective::names())]
    NoObjective,
    /// A point cannot be trained.
    #[error(transparent)]
    Point(#[from] PointError),
    /// The study cannot be stored.
    #[error("this study cannot be stored: {0}")]
    Unstorable(String),
    /// The study cannot be used.
    #[error(transparent)]
    Study(Box<StudyError>),
    /// The study already exists with different settings.
    #[error(
        "study `{name}` already exists with a different `{what}` than this file and these images; choose another name"
    )]
    Other {
        /// The study.
        name: String,
        /// What differs.
        what: String,
    },
    /// The study uses different images.
    #[error("study `{name}` uses different images from {title}; choose its images with --dataset")]
    Images {
        /// The study.
        name: String,
        /// The title of the given images.
        title: String,
    },
    /// The study was not created by this program.
    #[error("study `{name}` was not created by `tinderbox search`: {reason}")]
    Foreign {
        /// The study.
        name: String,
        /// What is missing or wrong.
        reason: String,
    },
}

impl From<StudyError> for TuningError {
    fn from(error: StudyError) -> Self {
        Self::Study(Box::new(error))
    }
}

impl From<StorageError> for TuningError {
    fn from(error: StorageError) -> Self {
        StudyError::from(error).into()
    }
}

fn one() -> u64 {
    1
}

fn validation_accuracy() -> Vec<Objective> {
    vec![Objective::ValidationAccuracy]
}

impl Tuning {
    /// The tuning in a file.
    ///
    /// # Errors
    /// If the file cannot be read, or is wrong: the message shows the place.
    pub fn read(path: &std::path::Path, defaults: Defaults) -> Result<Self, TuningError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ExperimentError::unreadable(&name, &error.to_string()))?;
        let places = Places::new(&name, &text)?;
        let mut problems = Problems::new(&places);
        let (read, left_out) = problems.read_with_space::<Self>(&["study", "space"]);
        let tuning = read.map(|mut tuning| {
            // A study that is stored may have another name: it was made before this rule, or by another program, and nothing
            // but its key hangs on it.
            if let Err(error) = Name::new(&tuning.name) {
                problems.add_value(&["name"], error.to_string(), None);
            }
            if places.has(&["study", "directions"]) {
                problems.add(&["study", "directions"], "`objectives` set the directions; remove this", None);
            }
            tuning.study.directions =
                tuning.objectives.iter().map(|objective| objective.direction()).collect();
            // Whether a pruner has an effect depends on these.
            let of_pruner: [&[&str]; 4] =
                [&["epochs"], &["objectives"], &["study", "trials"], &["study", "lag"]];
            let is_pruner_known = of_pruner.iter().all(|keys| problems.is_free(keys));
            let found =
                if is_pruner_known { tuning.check(defaults) } else { tuning.check_but_effects(defaults) }
                    .into_iter();
            for check::Mistake { keys, message, help } in
                found.filter(|mistake| !tuning.may_follow(mistake, &left_out, defaults))
            {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                // What is wrong in a dimension may be all that is wrong with it.
                let whole = if let ["study", "space", _, "name"] = keys[..] { &keys[..3] } else { &keys[..] };
                if problems.is_free(whole) {
                    problems.add(&keys, message, help);
                }
            }
            tuning
        });
        problems.end()?;
        // Without a mistake there is one.
        let tuning = tuning.ok_or_else(|| ExperimentError::unreadable(&name, "cannot be read"))?;
        Ok(Self { source: Some((name, text)), ..tuning })
    }

    /// Creates the study, or resumes it.
    ///
    /// # Errors
    /// If a value of the space fits no setting, or the study already exists with different settings.
    pub fn open(
        self,
        mut storage: Box<dyn Storage>,
        backend: Backend,
        catalog: &Catalog,
        dataset: &Dataset,
    ) -> Result<Study, TuningError> {
        self.told(self.check_with(catalog, dataset))?;
        let settings = self.study.clone();
        let name = self.name.clone();
        let tuning = Self { source: None, ..self };
        let record = TuningRecord { tuning, backend, dataset_sha256: dataset.sha256.clone() };
        let stored = json::stored(&record).map_err(TuningError::Unstorable)?;
        let id = storage.open_study(&name, &settings.directions)?;
        if let Some(stored) = storage.study_attributes(id)?.get(RECORD)
            && let Some(what) = record.differs(stored)
        {
            return Err(TuningError::Other { name, what });
        }
        let mut study = Study::open(storage, &name, settings)?;
        // Of two programs that begin it at once, the first decides what it is for.
        let settled = study.storage_mut().settle_study_attribute(id, RECORD, &stored)?;
        if let Some(what) = record.differs(&settled) {
            return Err(TuningError::Other { name, what });
        }
        study.storage_mut().set_study_attribute(id, RECORD, &stored)?;
        Ok(study)
    }
}

impl TuningRecord {
    /// The record of a stored study.
    ///
    /// # Errors
    /// If the study was not created by this program.
    pub fn of(study: &Study, name: &str) -> Result<Self, TuningError> {
        let id = study.id();
        let stored = study.storage().study_attributes(id)?.remove(RECORD).unwrap_or_default();
        serde_json::from_value(stored)
            .map_err(|error| TuningError::Foreign { name: name.to_string(), reason: error.to_string() })
    }

    /// Checks that these are the images of the study, and that `catalog` has all that it chooses among: a worker of another
    /// program would fail its trials.
    ///
    /// # Errors
    /// If they are different images, or a point cannot be read.
    pub fn check(&self, catalog: &Catalog, dataset: &Dataset) -> Result<(), TuningError> {
        if dataset.sha256 != self.dataset_sha256 {
            return Err(TuningError::Images { name: self.tuning.name.clone(), title: dataset.title.clone() });
        }
        let defaults = Defaults { catalog, images: dataset.test.spec() };
        for sample in sample::samples(&self.tuning.study.space) {
            let variants = sample.variants.iter().map(|(_, point)| point);
            for point in [&sample.base, &sample.last].into_iter().chain(variants) {
                self.tuning.configuration(point, defaults)?;
            }
        }
        Ok(())
    }

    /// The first difference from a stored record, apart from the settings of the study, which `Study::open` compares.
    fn differs(&self, stored: &Value) -> Option<String> {
        let asked = json::value(self);
        let keys = ["model", "epochs", "seed", "protocol", "settings", "objectives"];
        let tuning = |record: &Value, key: &str| record["tuning"][key].clone();
        let differs = keys.into_iter().find(|key| tuning(stored, key) != tuning(&asked, key));
        let own = ["backend", "dataset_sha256"].into_iter().find(|key| stored[key] != asked[key]);
        differs.or(own).map(str::to_string)
    }
}

#[cfg(test)]
mod tests;
