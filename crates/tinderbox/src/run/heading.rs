//! A heading: what the report says about a study beyond its trials, stored with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tinderbox_data::Protocol;
use tinderbox_report::{Claim, Perturbation, TestImages};
use tinderbox_search::{Storage, StudyId};

use super::{RunError, RunFolder};
use crate::backend::Backend;
use crate::experiment::{Reported, Search};
use crate::plan::{ProfileName, Source};

/// User attribute of a study: its [`Heading`].
pub(super) const HEADING: &str = "tinderbox:heading";
/// Attachments of a study: pixels as bytes, and labels.
pub(super) const TEST_PIXELS: &str = "test-pixels";
pub(super) const TEST_LABELS: &str = "test-labels";

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
pub(super) fn fingerprint(pixels: &[u8], labels: &[u8]) -> String {
    base16ct::lower::encode_string(&Sha256::new().chain_update(pixels).chain_update(labels).finalize())
}
