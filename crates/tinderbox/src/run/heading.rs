//! A heading: what the report says about a study beyond its trials, stored with it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tinderbox_report::{ArmFacts, ExperimentFacts, TestImages};
use tinderbox_search::StudyId;

use super::{Broken, Fault, Run, RunError, Seal, TASK, task};
use crate::backend::Backend;
use crate::plan::{LAYOUT, ProfileName};

/// User attribute of a study: its [`Heading`].
pub(super) const HEADING: &str = "tinderbox:heading";
/// Attachments of a study: pixels as bytes, and labels.
pub(super) const TEST_PIXELS: &str = "test-pixels";
pub(super) const TEST_LABELS: &str = "test-labels";

/// What the report says about a study beyond its trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    /// [`LAYOUT`] of the version that made it.
    pub layout: u32,
    /// Hash of the plan.
    pub plan: String,
    /// `quick` or `full`.
    pub profile: ProfileName,
    /// Epochs, where the command line overrides the profile.
    pub epochs: Option<usize>,
    /// Settings of the command line, for every arm.
    pub settings: Vec<String>,
    /// The compute backend.
    pub backend: Backend,
    /// Command that makes the whole run again.
    pub command: String,
    /// Command that runs this experiment alone.
    pub own_command: String,
    /// When the study was made: RFC 3339, UTC.
    pub created: String,
    /// Why other digits stand in for the paper's, if they do.
    pub stand_in: Option<String>,
    /// Names of the plan's experiments.
    pub experiments: Vec<String>,
    /// Position of this one among them.
    pub position: usize,
    /// What is known of the experiment.
    pub facts: ExperimentFacts,
    /// What is known of each arm, in the order of the tables.
    pub arms: Vec<ArmFacts>,
    /// Whether the claims were others when the study was made.
    pub claims_changed: bool,
    /// Whether the reported numbers were others when the study was made.
    pub reported_changed: bool,
    /// Height and width of a test image.
    pub image: [usize; 2],
    /// SHA-256 of the test images that are stored with the study, pixels first.
    pub images_sha256: String,
    /// Hashes of all of this and of the trials.
    #[serde(default)]
    pub seal: Option<Seal>,
}

impl Run {
    /// The studies in the order of the plan, with their headings, each as it was sealed.
    ///
    /// # Errors
    /// If the storage refuses, or a study is not one of `reproduce`'s, is missing, or was edited.
    pub fn headings(&self) -> Result<Vec<(StudyId, Heading)>, RunError> {
        let mut headings = Vec::new();
        for (name, study) in self.studies()? {
            let value = self.storage.study_attributes(study)?.remove(HEADING).unwrap_or_default();
            let heading = self.heading(&name, &value)?;
            if heading.seal.is_none() {
                return Err(self.fault(&name, Broken::Unsealed));
            }
            headings.push((study, heading));
        }
        headings.sort_by_key(|(_, heading)| heading.position);
        let planned = headings.iter().flat_map(|(_, heading)| &heading.experiments);
        let missing = |name: &&String| headings.iter().all(|(_, heading)| heading.facts.name != **name);
        match planned.into_iter().find(missing) {
            Some(study) => Err(self.fault(study, Fault::NoStudy)),
            None => Ok(headings),
        }
    }

    /// The heading that an earlier `reproduce` stored, if there is one; trials that it did not come to add may be missing.
    ///
    /// # Errors
    /// If the storage refuses, or the study was edited.
    pub(super) fn earlier(&self, study: StudyId, name: &str) -> Result<Option<Heading>, RunError> {
        let Some(value) = self.storage.study_attributes(study)?.remove(HEADING) else { return Ok(None) };
        let heading = self.heading(name, &value)?;
        if let Some(seal) = &heading.seal {
            for (key, task) in self.tasks(study)? {
                seal.check_task(&key, &task).map_err(|why| self.fault(name, why))?;
            }
        }
        Ok(Some(heading))
    }

    /// Whether the trials of a study are those that were sealed.
    ///
    /// # Errors
    /// If the storage refuses, or a trial was added, removed or changed.
    pub fn check_trials(&self, study: StudyId, heading: &Heading) -> Result<(), RunError> {
        let checked = match &heading.seal {
            Some(seal) => seal.check_tasks(&self.tasks(study)?),
            None => Err(Broken::Unsealed),
        };
        checked.map_err(|why| self.fault(&heading.facts.name, why))
    }

    /// The images that the indices of a study's records point to.
    ///
    /// # Errors
    /// If the storage refuses, or they were changed.
    pub fn test_images(&self, study: StudyId, heading: &Heading) -> Result<Option<TestImages>, RunError> {
        let pixels = self.storage.study_attachment(study, TEST_PIXELS)?;
        let labels = self.storage.study_attachment(study, TEST_LABELS)?;
        let Some((pixels, labels)) = pixels.zip(labels) else { return Ok(None) };
        if fingerprint(&pixels, &labels) != heading.images_sha256 {
            return Err(self.fault(&heading.facts.name, Fault::Images));
        }
        let [height, width] = heading.image;
        Ok(Some(TestImages { height, width, pixels, labels }))
    }

    /// A heading of this version that was not edited, sealed or not.
    fn heading(&self, name: &str, value: &Value) -> Result<Heading, RunError> {
        if value.is_object() && value["layout"] != LAYOUT {
            return Err(RunError::Fault { place: self.place.clone(), fault: Fault::Version });
        }
        let heading = Heading::deserialize(value);
        let heading = heading.map_err(|error| self.fault(name, Fault::Heading(error.to_string())))?;
        if let Some(seal) = &heading.seal {
            seal.check_heading(value).map_err(|why| self.fault(name, why))?;
        }
        Ok(heading)
    }

    /// The trials of a study, by their keys, with their tasks as they are stored. A trial that another program added has
    /// no task.
    fn tasks(&self, study: StudyId) -> Result<Vec<(String, Value)>, RunError> {
        let mut tasks = Vec::new();
        for mut trial in self.storage.trials(study)? {
            let Ok(task) = task(&trial.attributes) else { continue };
            tasks.push((task.key(), trial.attributes.remove(TASK).unwrap_or_default()));
        }
        Ok(tasks)
    }
}

/// SHA-256 of images, in hexadecimal.
pub(super) fn fingerprint(pixels: &[u8], labels: &[u8]) -> String {
    base16ct::lower::encode_string(&Sha256::new().chain_update(pixels).chain_update(labels).finalize())
}
