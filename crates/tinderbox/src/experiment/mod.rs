//! An experiment: one table or figure of the paper, as a TOML file.

mod arms;
mod configuration;
mod diagnostic;
mod keys;
mod overlay;
mod places;
mod problem;
mod problems;
mod read;
mod reading;
mod schema;
mod search;
mod setting;
mod setting_error;
mod widths;

use serde::Deserialize;
use tinderbox_data::Protocol;
use tinderbox_report::{ArmFacts, ExperimentFacts};
use tinderbox_training::Choice;
use tinderbox_training::ensemble::Rule;

pub use configuration::{Configuration, ConfigurationError, Defaults, NetworkError, check_fit};
pub use diagnostic::ExperimentError;
pub use keys::Key;
pub(crate) use places::Places;
pub(crate) use problems::Problems;
pub use search::{ReportedPoint, Search};
pub use setting::Setting;
pub use setting_error::SettingError;
pub(crate) use widths::{LAYERS, MOST_LAYERS, fold};

/// The part of the experiments that go beyond the paper.
pub const BEYOND: &str = "beyond";

/// Largest number of seeds of an arm.
pub(crate) const MOST_SEEDS: usize = 10_000;
/// Largest number of epochs of a training.
pub(crate) const MOST_EPOCHS: usize = 100_000;

/// One table or figure of the paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// What a report says of it. Its seeds are those of a plan.
    pub facts: ExperimentFacts,
    /// How data are split.
    pub protocol: Protocol,
    /// The dataset that it is for, if it says so.
    pub dataset: Option<String>,
    /// The small and the large run.
    pub profiles: Profiles,
    /// The rows of the table. Of a search: every point of its space, in the order of its sampler.
    pub arms: Vec<Arm>,
    /// How the arms are drawn, if they are points of a space.
    pub search: Option<Search>,
}

/// How much is run: `quick` takes minutes, `full` about ten times as long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    /// The small run.
    pub quick: Profile,
    /// The large run.
    pub full: Profile,
}

/// Seeds and epochs of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Paired seeds, 1 to this number.
    pub seeds: usize,
    /// Epochs of each trial.
    pub epochs: usize,
    /// Points that a search draws; without a number, all.
    #[serde(default)]
    pub points: Option<usize>,
    /// Whether arms with a reported number are run under the protocol `pooled` too, to place that number.
    #[serde(default)]
    pub pooled: bool,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// What a report says of it.
    pub facts: ArmFacts,
    /// Where its predictions come from.
    pub content: Content,
}

/// Where the predictions of an arm come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A network, trained with every seed.
    Trained(Configuration),
    /// An ensemble: a rule combines the probabilities of other arms of the experiment; nothing is trained.
    Ensemble(Choice<dyn Rule>),
}

impl Arm {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// Its settings, if it is trained.
    pub fn configuration(&self) -> Option<&Configuration> {
        match &self.content {
            Content::Trained(configuration) => Some(configuration),
            Content::Ensemble(_) => None,
        }
    }

    /// Whether it has the same predictions as another arm: the same settings, or the same ensemble.
    pub fn is_twin_of(&self, other: &Self) -> bool {
        let members = |arm: &Self| arm.facts.ensemble.as_ref().map(|ensemble| ensemble.members.clone());
        self.content == other.content && members(self) == members(other)
    }
}

impl Experiment {
    /// The experiments that a program has built in, the paper's first.
    ///
    /// # Errors
    /// If one of them is wrong: the message shows the place.
    pub fn built_in(defaults: Defaults) -> Result<Vec<Self>, ExperimentError> {
        let texts = defaults.catalog.experiments();
        Self::whole(texts.map(|(path, text)| read::parse(path, text, defaults)))
    }

    /// The experiments in several files.
    ///
    /// # Errors
    /// If files cannot be read, or are wrong: the message shows each place in each file.
    pub fn read_all<P: AsRef<std::path::Path>>(
        paths: &[P],
        defaults: Defaults,
    ) -> Result<Vec<Self>, ExperimentError> {
        Self::whole(paths.iter().map(|path| Self::read(path.as_ref(), defaults)))
    }

    fn whole(
        read: impl Iterator<Item = Result<Self, ExperimentError>>,
    ) -> Result<Vec<Self>, ExperimentError> {
        let (experiments, errors): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
        ExperimentError::all(errors.into_iter().filter_map(Result::err).collect())?;
        Ok(experiments.into_iter().flatten().collect())
    }

    /// The experiment in a file.
    ///
    /// # Errors
    /// If the file cannot be read, or is wrong: the message shows the place.
    pub fn read(path: &std::path::Path, defaults: Defaults) -> Result<Self, ExperimentError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ExperimentError::unreadable(&name, &error.to_string()))?;
        read::parse(&name, &text, defaults)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// Whether it is one of the paper's experiments, not one of part `beyond`.
    pub fn is_of_paper(&self) -> bool {
        self.facts.part != BEYOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::experiments;

    #[test]
    fn the_papers_experiments_are_right_and_their_names_their_own() {
        let experiments = experiments(&[]);
        let mut names: Vec<&str> = experiments.iter().map(Experiment::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), experiments.len(), "two have one name");
        for experiment in &experiments {
            let part = experiment.facts.part.as_str();
            assert!(!names.contains(&part), "--only {part} would be two things");
        }
    }

    #[test]
    fn arms_differ_from_each_other_in_every_experiment() {
        for experiment in experiments(&[]) {
            for (position, arm) in experiment.arms.iter().enumerate() {
                let twin = experiment.arms[..position].iter().find(|other| other.is_twin_of(arm));
                assert_eq!(twin.map(Arm::name), None, "{}: {}", experiment.name(), arm.name());
            }
        }
    }
}
