//! An experiment: one table or figure of the paper, as a TOML file.

mod arms;
mod diagnostic;
mod overlay;
mod places;
mod read;
mod search;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tinderbox_data::Protocol;
use tinderbox_models::{Kind, NetworkConfig};
use tinderbox_report::{
    ArmFacts, Claim, Ensemble, ExperimentFacts, Perturbation, PerturbationFacts, Reported, Source, Strength,
};
use tinderbox_training::learner::LearnerConfig;

pub use diagnostic::ExperimentError;
pub use overlay::{Setting, SettingError};
pub(crate) use places::Places;
pub use search::{Dimension, ReportedPoint, SamplerName, Search};

/// The experiments of the paper, in its order: path and text.
const PAPER: [(&str, &str); 8] = [
    ("experiments/architectures.toml", include_str!("../../experiments/architectures.toml")),
    ("experiments/initialisation.toml", include_str!("../../experiments/initialisation.toml")),
    ("experiments/learning-rate.toml", include_str!("../../experiments/learning-rate.toml")),
    ("experiments/ensemble.toml", include_str!("../../experiments/ensemble.toml")),
    ("experiments/dropout.toml", include_str!("../../experiments/dropout.toml")),
    ("experiments/adversarial.toml", include_str!("../../experiments/adversarial.toml")),
    ("experiments/random-search.toml", include_str!("../../experiments/random-search.toml")),
    ("experiments/architecture-grid.toml", include_str!("../../experiments/architecture-grid.toml")),
];

/// The most seeds of an arm.
pub(crate) const MOST_SEEDS: usize = 10_000;
/// The most epochs of a training.
pub(crate) const MOST_EPOCHS: usize = 100_000;

/// One table or figure of the paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Short name, as `--only` takes it.
    pub name: String,
    /// Part of the paper, as `--only` takes it.
    pub part: String,
    /// A heading.
    pub title: String,
    /// What the paper says.
    pub statement: String,
    /// How data are split.
    pub protocol: Protocol,
    /// The small and the large run.
    pub profiles: Profiles,
    /// How test images are changed before each trained arm is asked about them again.
    pub perturbations: Vec<Perturbation>,
    /// The rows of the table. Of a search: every point of its space, in the order of its sampler.
    pub arms: Vec<Arm>,
    /// How the arms are drawn, if they are points of a space.
    pub search: Option<Search>,
    /// The paper's sentences, each with its test.
    pub claims: Vec<Claim>,
}

/// How much is run: `quick` answers in minutes, `full` over night.
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
    /// Its name in tables and figures.
    pub name: String,
    /// What it is, in a line.
    pub description: String,
    /// Where its answers come from.
    pub content: Content,
    /// What the paper says of it.
    pub reported: Option<Reported>,
    /// What a search chose, by name of the dimension; empty for other arms.
    pub point: BTreeMap<String, Value>,
}

/// Where the answers of an arm come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A network, trained with every seed.
    Trained(Configuration),
    /// Other arms of the experiment, by name: their probabilities are averaged, and nothing is trained.
    Average(Vec<String>),
}

/// Every setting of a trial, but for its seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// What is trained.
    pub model: NetworkConfig,
    /// How it is trained.
    pub training: LearnerConfig,
    /// Share of the training images that is kept for validation, in `(0, 1)`.
    pub validation_fraction: f64,
}

/// Images of the paper: channels, height and width.
const SHAPE: [usize; 3] = [1, 16, 16];
/// Digits.
const CLASSES: usize = 10;

impl Configuration {
    /// The paper's network of this kind, trained as every experiment trains unless it says otherwise.
    pub fn paper(kind: Kind) -> Self {
        Self {
            model: NetworkConfig::paper(kind, SHAPE, CLASSES),
            training: LearnerConfig::new(),
            validation_fraction: 0.1,
        }
    }
}

impl Arm {
    /// What is known of it; `same_as` is the arm of another experiment whose trials serve both.
    pub fn facts(&self, same_as: Option<Source>) -> ArmFacts {
        ArmFacts {
            name: self.name.clone(),
            description: self.description.clone(),
            reported: self.reported.clone(),
            point: self.point.clone(),
            same_as,
            ensemble: match &self.content {
                Content::Trained(_) => None,
                Content::Average(members) => Some(Ensemble {
                    rule: "mean".into(),
                    title: "mean".to_string(),
                    members: members.clone(),
                }),
            },
        }
    }

    /// Its settings, if it is trained.
    pub fn configuration(&self) -> Option<&Configuration> {
        match &self.content {
            Content::Trained(configuration) => Some(configuration),
            Content::Average(_) => None,
        }
    }
}

impl Experiment {
    /// What is known of it; each arm is run with `seeds`.
    pub fn facts(&self, seeds: &[u64]) -> ExperimentFacts {
        ExperimentFacts {
            name: self.name.clone(),
            part: self.part.clone(),
            title: self.title.clone(),
            statement: self.statement.clone(),
            protocol: self.protocol.to_string(),
            seeds: seeds.to_vec(),
            perturbations: self.perturbations.iter().map(perturbation_facts).collect(),
            search: self.search.as_ref().map(Search::facts),
            claims: self.claims.clone(),
        }
    }

    /// The experiments of the paper.
    ///
    /// # Errors
    /// If one of them is wrong: the message shows the place.
    pub fn paper() -> Result<Vec<Self>, ExperimentError> {
        PAPER.iter().map(|(path, text)| read::parse(path, text)).collect()
    }

    /// The experiment in a file.
    ///
    /// # Errors
    /// If the file cannot be read, or is wrong: the message shows the place.
    pub fn read(path: &std::path::Path) -> Result<Self, ExperimentError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ExperimentError::unreadable(&name, &error.to_string()))?;
        read::parse(&name, &text)
    }
}

/// What readers are told of a perturbation.
fn perturbation_facts(perturbation: &Perturbation) -> PerturbationFacts {
    let (title, symbol, attack) = match perturbation.name.as_str() {
        "fgsm" => ("FGSM", "ε", true),
        name => (name, "σ", false),
    };
    let strength = match perturbation.settings {
        tinderbox_report::Settings::Strength(value) => Some(Strength { symbol: symbol.to_string(), value }),
        tinderbox_report::Settings::Table(_) => None,
    };
    PerturbationFacts { perturbation: perturbation.clone(), title: title.to_string(), strength, attack }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_experiments_are_right_and_their_names_their_own() {
        let experiments = Experiment::paper().unwrap_or_else(|error| panic!("{error}"));
        let mut names: Vec<&str> = experiments.iter().map(|experiment| experiment.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PAPER.len());
        for experiment in &experiments {
            assert!(
                !names.contains(&experiment.part.as_str()),
                "--only {} would be two things",
                experiment.part
            );
        }
    }

    #[test]
    fn arms_differ_from_each_other_in_every_experiment() {
        for experiment in Experiment::paper().unwrap_or_else(|error| panic!("{error}")) {
            for (position, arm) in experiment.arms.iter().enumerate() {
                let twin = experiment.arms[..position].iter().find(|other| other.content == arm.content);
                assert_eq!(twin.map(|twin| &twin.name), None, "{}: {}", experiment.name, arm.name);
            }
        }
    }
}
