//! Where robustness may be an artefact of the attack that measured it.
//!
//! Nothing here knows an attack by its name: two are compared as the same kind at another strength, or as another kind at the
//! same strength.

use schemars::JsonSchema;
use serde::Serialize;

use super::PerturbedNumbers;
use crate::record::{Perturbation, Settings};
use crate::report::{PerturbationFacts, Strength, label};
use crate::statistics::Estimate;

/// Accuracy under one attack is suspicious below this share of that under another of the same strength.
const SHARE: f64 = 0.5;
/// If they are this far apart, in `[0, 1]`.
const APART: f64 = 0.1;

/// Two accuracies of an arm that do not fit a robust network.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Suspicion {
    /// What is wrong with them.
    pub sign: Sign,
    /// The attack under which the arm does better.
    pub better: Attacked,
    /// The attack under which it does worse.
    pub worse: Attacked,
}

/// What makes two accuracies suspicious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Better under a stronger attack than under a weaker one of the same kind, the 95 % t intervals apart: the stronger one
    /// fails to find what the weaker one finds.
    BetterUnderStronger,
    /// Under another attack of the same strength accuracy is less than half, and at least 0.1 lower: the mark of catastrophic
    /// overfitting.
    ///
    /// Source: Wong, Rice, Kolter, "Fast is better than free: Revisiting adversarial training" (2020), §5, arXiv:2001.03994.
    OtherAttackHalves,
}

/// An accuracy under an attack.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Attacked {
    /// The attack in words, such as `FGSM, ε = 0.1`.
    pub attack: String,
    /// The same, as records have it.
    pub perturbation: Perturbation,
    /// Test accuracy under it, over seeds.
    pub test_accuracy: Estimate,
}

/// What is suspicious of an arm: of each sign the pair that is furthest apart.
pub(super) fn suspicions(perturbed: &[PerturbedNumbers]) -> Vec<Suspicion> {
    let all: Vec<PerturbationFacts> = perturbed.iter().map(|changed| changed.facts.clone()).collect();
    let attacks: Vec<Attack> = perturbed.iter().filter_map(|changed| Attack::new(changed, &all)).collect();
    let pairs = || attacks.iter().flat_map(|better| attacks.iter().map(move |worse| (better, worse)));
    let widest = |sign: Sign, is_sign: fn(&Attack, &Attack) -> bool| {
        let gap = |(better, worse): &(&Attack, &Attack)| better.accuracy.mean - worse.accuracy.mean;
        let found = pairs().filter(|(better, worse)| is_sign(better, worse));
        // The first among equals.
        let widest = found.reduce(|best, next| if gap(&next) > gap(&best) { next } else { best });
        widest.map(|(better, worse)| Suspicion { sign, better: better.said(), worse: worse.said() })
    };
    let signs = [
        widest(Sign::BetterUnderStronger, better_under_stronger),
        widest(Sign::OtherAttackHalves, other_attack_halves),
    ];
    signs.into_iter().flatten().collect()
}

/// An attack with a strength, and what an arm does under it.
struct Attack<'a> {
    perturbation: &'a Perturbation,
    strength: &'a Strength,
    accuracy: Estimate,
    label: String,
}

impl<'a> Attack<'a> {
    /// `None` of what is no attack, has no strength, or left no accuracy.
    fn new(changed: &'a PerturbedNumbers, all: &[PerturbationFacts]) -> Option<Self> {
        let PerturbationFacts { perturbation, strength, attack, .. } = &changed.facts;
        Some(Self {
            perturbation,
            strength: strength.as_ref().filter(|_| *attack)?,
            accuracy: changed.test_accuracy?,
            label: label(perturbation, all),
        })
    }

    fn said(&self) -> Attacked {
        Attacked {
            attack: self.label.clone(),
            perturbation: self.perturbation.clone(),
            test_accuracy: self.accuracy,
        }
    }
}

fn better_under_stronger(stronger: &Attack, weaker: &Attack) -> bool {
    let (Some(above), Some(below)) = (stronger.accuracy.half_width, weaker.accuracy.half_width) else {
        return false;
    };
    stronger.strength.symbol == weaker.strength.symbol
        && stronger.strength.value > weaker.strength.value
        && same_kind(stronger, weaker)
        && stronger.accuracy.mean - above > weaker.accuracy.mean + below
}

fn other_attack_halves(better: &Attack, worse: &Attack) -> bool {
    better.strength == worse.strength
        && better.perturbation != worse.perturbation
        && worse.accuracy.mean < SHARE * better.accuracy.mean
        && better.accuracy.mean - worse.accuracy.mean >= APART
}

/// Whether two attacks differ in nothing but their strength: each setting is the same, or grows with it as a step does.
fn same_kind(one: &Attack, other: &Attack) -> bool {
    if one.perturbation.name != other.perturbation.name {
        return false;
    }
    let (Settings::Table(first), Settings::Table(second)) =
        (&one.perturbation.settings, &other.perturbation.settings)
    else {
        return matches!(
            (&one.perturbation.settings, &other.perturbation.settings),
            (Settings::Strength(_), Settings::Strength(_))
        );
    };
    let grows = |first: f64, second: f64| {
        let (left, right) = (first * other.strength.value, second * one.strength.value);
        (left - right).abs() <= 1e-9 * left.abs().max(right.abs())
    };
    first.len() == second.len()
        && first.iter().all(|(name, value)| {
            second.get(name).is_some_and(|known| {
                known == value || value.as_f64().zip(known.as_f64()).is_some_and(|(a, b)| grows(a, b))
            })
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::fixture::{fgsm, noise};

    fn pgd(epsilon: f64, steps: usize) -> PerturbationFacts {
        let settings =
            [("epsilon", json!(epsilon)), ("step_size", json!(0.25 * epsilon)), ("steps", json!(steps))];
        let settings: BTreeMap<String, _> = settings.map(|(name, value)| (name.to_string(), value)).into();
        PerturbationFacts {
            perturbation: Perturbation::new("pgd", settings),
            title: "PGD".into(),
            ..fgsm(epsilon)
        }
    }

    /// Two seeds this far below and above `mean`: the t interval is 12.7 times as wide.
    fn under(facts: PerturbationFacts, mean: f64, off: f64) -> PerturbedNumbers {
        let test_accuracy = Estimate::from_values(&[mean - off, mean + off]);
        PerturbedNumbers { facts, test_accuracy, unanswered: 0 }
    }

    fn signs(perturbed: &[PerturbedNumbers]) -> Vec<(Sign, String, String)> {
        let said = |found: Suspicion| (found.sign, found.better.attack, found.worse.attack);
        suspicions(perturbed).into_iter().map(said).collect()
    }

    #[test]
    fn an_arm_that_does_better_under_a_stronger_attack_is_suspicious() {
        let better = |weak, strong| {
            signs(&[
                under(fgsm(0.1), weak, 0.001),
                under(fgsm(0.2), 0.5, 0.001),
                under(fgsm(0.3), strong, 0.001),
            ])
        };
        let said = (Sign::BetterUnderStronger, "FGSM, ε = 0.3".to_string(), "FGSM, ε = 0.2".to_string());
        assert_eq!(better(0.53, 0.65), [said], "of two pairs the one further apart");
        assert_eq!(better(0.65, 0.5), []);
        assert_eq!(better(0.52, 0.52), [], "intervals of ± 0.0127 that overlap");
        assert_eq!(signs(&[under(noise(0.1), 0.5, 0.001), under(noise(0.3), 0.65, 0.001)]), [], "no attack");
    }

    #[test]
    fn without_intervals_nothing_is_clearly_better() {
        let one = |facts, mean| PerturbedNumbers {
            facts,
            test_accuracy: Estimate::from_values(&[mean]),
            unanswered: 0,
        };
        assert_eq!(signs(&[one(fgsm(0.1), 0.2), one(fgsm(0.3), 0.9)]), []);
    }

    #[test]
    fn another_attack_of_the_same_strength_that_halves_accuracy_is_the_mark_of_overfitting() {
        let both = |under_fgsm, under_pgd, epsilon| {
            signs(&[under(fgsm(0.3), under_fgsm, 0.001), under(pgd(epsilon, 10), under_pgd, 0.001)])
        };
        let said = (Sign::OtherAttackHalves, "FGSM, ε = 0.3".to_string(), "PGD, ε = 0.3".to_string());
        assert_eq!(both(0.65, 0.05, 0.3), [said]);
        assert_eq!(both(0.65, 0.35, 0.3), [], "more than half");
        assert_eq!(both(0.15, 0.06, 0.3), [], "less than a tenth apart");
        assert_eq!(both(0.65, 0.05, 0.2), [], "another strength");
    }

    #[test]
    fn a_kind_with_other_settings_is_not_the_same_attack() {
        let better = |steps| signs(&[under(pgd(0.1, 40), 0.3, 0.001), under(pgd(0.3, steps), 0.5, 0.001)]);
        assert_eq!(better(40).len(), 1, "steps that grow with the strength");
        assert_eq!(better(10), [], "fewer steps");
    }
}
