//! A run: the studies of one plan, in the file of a folder or among others in any storage.

mod folder;
mod heading;
mod seal;
mod trials;

use std::collections::BTreeMap;
use std::path::PathBuf;

use tinderbox_data::{Dataset, Images, Origin, Protocol, Shape};
use tinderbox_report::Claim;
use tinderbox_search::{Direction, NewTrial, Parameter, Point, Storage, StorageError, StudyId};

use crate::json;
use crate::plan::{Planned, Task};
use crate::state::identity;

pub use folder::RunFolder;
pub use heading::Heading;
use heading::{HEADING, TEST_LABELS, TEST_PIXELS, fingerprint};
pub use seal::Broken;
use seal::Seal;
pub use trials::{RunTrials, task};

/// User attribute of a trial: its [`Task`].
const TASK: &str = "tinderbox:task";

/// Why a run cannot be used.
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
    NoFolder(PathBuf),
    /// The storage holds no experiment.
    #[error("{0}: no experiment in it; `reproduce` adds them")]
    Empty(String),
    /// There is no such run in a storage.
    #[error("no run {hash} in this storage; it has {}", if .there.is_empty() { "none".to_string() } else { .there.join(", ") })]
    NoRun {
        /// The hash asked for.
        hash: String,
        /// Those that there are.
        there: Vec<String>,
    },
    /// The storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Something in the storage is wrong.
    #[error("{place}{fault}")]
    Fault {
        /// The run, and the study if it is about one.
        place: String,
        /// What is wrong.
        fault: Fault,
    },
}

/// What in the storage of a run is not as `reproduce` left it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The test images of a study were changed.
    #[error(": its test images were changed after they were stored; run it anew in another folder")]
    Images,
    /// What was fixed before the trials of a study is not what it was.
    #[error(": {0}")]
    Seal(#[from] Broken),
    /// An experiment of the run is not in its storage.
    #[error(" is missing; the same `reproduce` command adds it")]
    NoStudy,
    /// Another version made the run.
    #[error(
        ": another version of the program made this run; make its report with that version, or run the plan anew"
    )]
    Version,
    /// A study was not made by `reproduce`.
    #[error(" has no readable heading: {0}")]
    Heading(String),
}

/// A run: the studies of one plan.
pub struct Run {
    storage: Box<dyn Storage>,
    /// The hash of its plan, which begins the names of its studies; none where the storage is the run's own.
    hash: Option<String>,
    /// How messages call it.
    place: String,
}

impl Run {
    /// The run of the plan with this hash, in a storage that may hold others. Its studies are called `<hash>/<experiment>`.
    pub fn new(storage: Box<dyn Storage>, hash: &str) -> Self {
        Self { storage, hash: Some(hash.to_string()), place: format!("run {hash}") }
    }

    /// The run with this hash that is in a storage.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(storage: Box<dyn Storage>, hash: &str) -> Result<Self, RunError> {
        let run = Self::new(storage, hash);
        if run.studies()?.is_empty() {
            let names = run.storage.studies()?.into_keys();
            let mut there: Vec<_> =
                names.filter_map(|name| Some(name.split_once('/')?.0.to_string())).collect();
            there.dedup();
            return Err(RunError::NoRun { hash: hash.to_string(), there });
        }
        Ok(run)
    }

    /// The storage.
    pub fn storage(&self) -> &dyn Storage {
        self.storage.as_ref()
    }

    /// The storage, to change something in it.
    pub fn storage_mut(&mut self) -> &mut dyn Storage {
        self.storage.as_mut()
    }

    /// Its [identity], which is that of one of its studies.
    ///
    /// # Errors
    /// If the storage refuses.
    pub fn identity(&mut self) -> Result<String, RunError> {
        let first = self.studies()?.into_iter().map(|(_, study)| study).next();
        first.map_or(Ok(String::new()), |study| Ok(identity(self.storage.as_mut(), study)?))
    }

    /// How messages call it.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The name of an experiment's study.
    fn study_name(&self, experiment: &str) -> String {
        self.hash.as_ref().map_or_else(|| experiment.to_string(), |hash| format!("{hash}/{experiment}"))
    }

    /// The studies, each with the name of its experiment.
    fn studies(&self) -> Result<Vec<(String, StudyId)>, RunError> {
        let all = self.storage.studies()?.into_iter();
        let of_run = all.filter_map(|(name, study)| match &self.hash {
            None => Some((name, study)),
            Some(hash) => Some((name.strip_prefix(hash)?.strip_prefix('/')?.to_string(), study)),
        });
        Ok(of_run.collect())
    }

    /// How messages call an experiment's study.
    pub fn place_of(&self, experiment: &str) -> String {
        format!("{}: study `{experiment}`", self.place)
    }

    fn fault(&self, study: &str, fault: impl Into<Fault>) -> RunError {
        RunError::Fault { place: self.place_of(study), fault: fault.into() }
    }

    /// Puts an experiment's trials in the storage, under a seal; existing trials stay as they are.
    ///
    /// # Errors
    /// If the storage refuses, or what it holds is not as it was sealed.
    pub fn enqueue(
        &mut self,
        planned: &Planned,
        heading: &Heading,
        dataset: &Dataset,
    ) -> Result<StudyId, RunError> {
        let name = &planned.experiment.facts.name;
        let study = self.storage.open_study(&self.study_name(name), &[Direction::Maximize])?;
        let earlier = self.earlier(study, name)?;
        let (pixels, labels) = test_space(dataset, planned.experiment.protocol);
        if earlier.is_none() {
            self.storage.set_study_attachment(study, TEST_PIXELS, &pixels)?;
            self.storage.set_study_attachment(study, TEST_LABELS, &labels)?;
        }
        // The experiment's file may have changed since; the trials are the same.
        let mut heading = heading.clone();
        if let Some(earlier) = earlier {
            let reported = |heading: &Heading| -> Vec<_> {
                heading.arms.iter().map(|arm| (arm.name.clone(), arm.reported.clone())).collect()
            };
            heading.claims_changed =
                earlier.claims_changed || judged(&earlier.facts.claims) != judged(&heading.facts.claims);
            heading.reported_changed = earlier.reported_changed || reported(&earlier) != reported(&heading);
            heading.created = earlier.created;
        }
        heading.images_sha256 = fingerprint(&pixels, &labels);
        heading.seal = Some(Seal::new(&json::value(&heading), &planned.tasks));
        self.storage.set_study_attribute(study, HEADING, &json::value(&heading))?;
        for task in &planned.tasks {
            let attributes = BTreeMap::from([(TASK.to_string(), json::value(task))]);
            let parameters = parameters(planned, task);
            self.storage.enqueue(study, &NewTrial { key: task.key(), attributes, parameters })?;
        }
        Ok(study)
    }
}

/// Claims without what has no part in a verdict.
fn judged(claims: &[Claim]) -> Vec<Claim> {
    claims.iter().map(|claim| Claim { caution: None, ..claim.clone() }).collect()
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

/// Why other digits stand in, if they do.
pub fn stand_in(dataset: &Dataset) -> Option<String> {
    match &dataset.origin {
        Origin::StandIn { reason } => Some(reason.clone()),
        Origin::Files(_) => None,
    }
}

/// The pixels, `[images, height, width]`: the mean of the channels, since a report shows grey pictures.
fn grey(images: &Images) -> impl Iterator<Item = f32> {
    let Shape { channels, height, width } = images.shape();
    let size = height * width;
    images.pixels().chunks(channels * size).flat_map(move |image| {
        (0..size).map(move |place| image[place..].iter().step_by(size).sum::<f32>() / channels as f32)
    })
}

/// Pixels as bytes and labels of all images that a test set may be drawn from.
fn test_space(dataset: &Dataset, protocol: Protocol) -> (Vec<u8>, Vec<u8>) {
    let parts = match protocol {
        Protocol::Official => vec![&dataset.test],
        Protocol::Pooled => vec![&dataset.training, &dataset.test],
    };
    let pixels = parts.iter().flat_map(|images| grey(images)).map(|pixel| (pixel * 255.0).round() as u8);
    let labels = parts.iter().flat_map(|images| images.labels()).copied();
    (pixels.collect(), labels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_the_mean_of_the_channels_and_grey_images_as_they_are() {
        let images = |channels, pixels: &[f32], labels: &[u8]| {
            let shape = Shape { channels, height: 1, width: 2 };
            Images::new(shape, 2, pixels.to_vec(), labels.to_vec()).expect("images")
        };
        let pixels = [0.25, 0.75, 0.5, 0.25, 0.0, 0.5, 1.0, 0.0, 1.0, 0.5, 1.0, 1.0];
        let colour: Vec<f32> = grey(&images(3, &pixels, &[0, 1])).collect();
        assert_eq!(colour, [0.25, 0.5, 1.0, 0.5]);
        let own: Vec<f32> = grey(&images(1, &pixels, &[0, 1, 0, 1, 0, 1])).collect();
        assert_eq!(own, pixels);
    }
}
