//! What is known of an experiment before anything runs: data that a plan, a storage and a report hold alike.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::claim::Claim;
use crate::record::Perturbation;

/// What is known of an experiment before anything runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperimentFacts {
    /// Name of its file.
    pub name: String,
    /// Part of the paper, such as `task-1`.
    pub part: String,
    /// Heading.
    pub title: String,
    /// The paper's sentences, plain text.
    pub statement: String,
    /// How data are split: `official` or `pooled`.
    pub protocol: String,
    /// Seeds that every arm is run with.
    pub seeds: Vec<u64>,
    /// Epochs of the long profile: verdicts of shorter runs must be such as would last until then.
    #[serde(default)]
    pub epochs: Option<usize>,
    /// How this experiment wants test images changed. Trials that serve another one too may know more changes.
    pub perturbations: Vec<PerturbationFacts>,
    /// How the arms were drawn, if they are points of a space.
    pub search: Option<SearchFacts>,
    /// The paper's sentences that are tested, in the order of the page.
    pub claims: Vec<Claim>,
}

/// What is known of an arm, one row of an experiment, before anything runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArmFacts {
    /// Name in tables and figures. Its records may have another, see `same_as`.
    pub name: String,
    /// What it is, in a few words.
    pub description: String,
    /// What the paper reports of it.
    pub reported: Option<Reported>,
    /// What a search chose, by name of the dimension; empty for other arms.
    pub point: BTreeMap<String, Value>,
    /// The arm of another experiment that has the same settings, and whose trials these are.
    pub same_as: Option<Source>,
    /// Which arms answer together, if this one is an ensemble: nothing was trained for it.
    pub ensemble: Option<Ensemble>,
}

/// A number of the paper; never one that was measured here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    /// Test accuracy in percent, as printed there.
    pub percent: f64,
    /// Of what, such as `test accuracy, table 1`.
    pub what: String,
}

/// An arm of another experiment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name of the experiment.
    pub experiment: String,
    /// Name of the arm.
    pub arm: String,
}

/// Arms of an experiment that answer together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ensemble {
    /// The rule that makes one answer of theirs, as it stands in files: its name, or a table with its settings.
    pub rule: Value,
    /// The rule for readers, such as `mean`.
    pub title: String,
    /// Names of the arms.
    pub members: Vec<String>,
}

/// How arms were drawn from a space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchFacts {
    /// Name of the sampler, such as `random`.
    pub sampler: String,
    /// Seed of the sampler.
    pub seed: u64,
    /// Points in the whole space.
    pub points: usize,
    /// What can be chosen, in order.
    pub dimensions: Vec<Dimension>,
}

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// Its values, in order.
    pub values: Vec<Value>,
}

/// A perturbation, and what a reader is told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerturbationFacts {
    /// The perturbation, as records have it.
    pub perturbation: Perturbation,
    /// Its kind for readers, such as `FGSM`.
    pub title: String,
    /// How strong it is; `None` where it has no such number.
    pub strength: Option<Strength>,
    /// Whether it is an attack on the very network that is asked.
    pub attack: bool,
}

/// The strength of a perturbation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Strength {
    /// Its symbol, such as `ε`.
    pub symbol: String,
    /// Its value; 0 leaves images as they are.
    pub value: f64,
}

/// `FGSM, ε = 0.1`
impl fmt::Display for PerturbationFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.strength {
            Some(Strength { symbol, value }) => write!(f, "{}, {symbol} = {value}", self.title),
            None => f.write_str(&self.title),
        }
    }
}

/// What readers call `perturbation` among those of its experiment, told apart from any other.
pub(crate) fn label(perturbation: &Perturbation, all: &[PerturbationFacts]) -> String {
    let Some(facts) = all.iter().find(|facts| facts.perturbation == *perturbation) else {
        return perturbation.to_string();
    };
    let text = facts.to_string();
    let is_alone = all.iter().filter(|other| other.to_string() == text).count() == 1;
    if is_alone { text } else { format!("{text} ({perturbation})") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pgd(steps: u64) -> PerturbationFacts {
        let table = BTreeMap::from([("epsilon".into(), json!(0.1)), ("steps".into(), json!(steps))]);
        PerturbationFacts {
            perturbation: Perturbation::new("pgd", table),
            title: "PGD".into(),
            strength: Some(Strength { symbol: "ε".into(), value: 0.1 }),
            attack: true,
        }
    }

    #[test]
    fn a_perturbation_is_called_as_its_kind_says() {
        assert_eq!(label(&pgd(40).perturbation, &[pgd(40)]), "PGD, ε = 0.1");
        let plain = PerturbationFacts { strength: None, ..pgd(40) };
        assert_eq!(plain.to_string(), "PGD");
    }

    #[test]
    fn perturbations_that_would_be_called_the_same_are_told_apart_by_their_settings() {
        assert_eq!(
            label(&pgd(10).perturbation, &[pgd(10), pgd(40)]),
            "PGD, ε = 0.1 (pgd = { epsilon = 0.1, steps = 10 })"
        );
    }

    #[test]
    fn a_perturbation_of_which_nothing_is_known_is_called_as_in_a_file() {
        assert_eq!(label(&Perturbation::new("blur", 2.0), &[pgd(40)]), "blur = 2");
    }
}
