//! How the arms do on perturbed images: a table, and accuracy against the strength of each attack.

use crate::chart::{Against, At, BANDS, Key, Look, Measure, Panel, looks};
use crate::format::{ABSENT, estimate};
use crate::numbers::{ArmNumbers, PerturbedNumbers};
use crate::record::Perturbation;
use crate::report::{PerturbationFacts, label};
use crate::statistics::Estimate;

use super::curves::{self, legend, lines, merits};
use super::suspicion::{self, Suspicions};

pub(super) struct PerturbedPage<'a> {
    /// Heads of the columns.
    pub(super) perturbations: Vec<String>,
    pub(super) rows: Vec<Row<'a>>,
    /// Trials whose images could not be changed.
    pub(super) unanswered: usize,
    /// Where robustness may be an artefact.
    pub(super) suspicions: Option<Suspicions>,
    /// Whether bands are drawn.
    pub(super) bands: bool,
    pub(super) legend: Vec<Key>,
    /// One an attack with two strengths at least.
    pub(super) panels: Vec<Panel>,
}

/// An arm, its natural accuracy, and its accuracy under each perturbation.
pub(super) struct Row<'a> {
    pub(super) arm: &'a str,
    pub(super) accuracies: Vec<String>,
}

impl<'a> PerturbedPage<'a> {
    /// `None` where no arm was asked about perturbed images.
    pub(super) fn new(id: &str, arms: &'a [ArmNumbers]) -> Option<Self> {
        let asked: Vec<&ArmNumbers> = arms.iter().filter(|arm| !arm.perturbed.is_empty()).collect();
        if asked.is_empty() {
            return None;
        }
        let all = distinct(&asked);
        let looks = looks(&merits(&asked));
        let panels = attacks(&all).into_iter().enumerate().filter_map(|(number, attack)| {
            panel(format!("{id}-attack-{}", number + 1), attack, &asked, &looks)
        });
        Some(Self {
            panels: panels.collect(),
            rows: asked.iter().map(|arm| row(arm, &all)).collect(),
            unanswered: asked.iter().flat_map(|arm| &arm.perturbed).map(|changed| changed.unanswered).sum(),
            suspicions: suspicion::in_words(&asked),
            bands: asked.len() <= BANDS,
            perturbations: all.iter().map(|facts| head(&facts.perturbation, &all)).collect(),
            legend: legend(&asked, &looks),
        })
    }
}

/// Its label, which breaks before its strength and not within.
fn head(perturbation: &Perturbation, all: &[PerturbationFacts]) -> String {
    label(perturbation, all).replace(" = ", "\u{a0}=\u{a0}")
}

/// Every perturbation that an arm was asked about, once.
fn distinct(arms: &[&ArmNumbers]) -> Vec<PerturbationFacts> {
    let mut all: Vec<PerturbationFacts> = Vec::new();
    for changed in arms.iter().flat_map(|arm| &arm.perturbed) {
        if !all.contains(&changed.facts) {
            all.push(changed.facts.clone());
        }
    }
    all
}

fn row<'a>(arm: &'a ArmNumbers, all: &[PerturbationFacts]) -> Row<'a> {
    let under = |facts: &PerturbationFacts| {
        let changed = arm.perturbed.iter().find(|changed| changed.facts == *facts);
        changed.map_or(ABSENT.into(), |changed| estimate(changed.test_accuracy))
    };
    let natural = std::iter::once(estimate(arm.test_accuracy));
    Row { arm: &arm.facts.name, accuracies: natural.chain(all.iter().map(under)).collect() }
}

/// An attack by its title and the symbol of its strength.
type Attack<'a> = (&'a str, &'a str);

/// The attacks among all perturbations, each once.
fn attacks(all: &[PerturbationFacts]) -> Vec<Attack<'_>> {
    let mut attacks = Vec::new();
    for attack in all.iter().filter_map(attack) {
        if !attacks.contains(&attack) {
            attacks.push(attack);
        }
    }
    attacks
}

/// `None` of what is no attack, or has no strength.
fn attack(facts: &PerturbationFacts) -> Option<Attack<'_>> {
    let strength = facts.strength.as_ref().filter(|_| facts.attack)?;
    Some((&facts.title, &strength.symbol))
}

/// `None` unless there are two strengths of the attack.
fn panel(id: String, attack: Attack, arms: &[&ArmNumbers], looks: &[Look]) -> Option<Panel> {
    let lines = lines(arms, looks, |arm| attacked(arm, attack));
    // From no attack on: two strengths make three points.
    if lines.iter().all(|line| line.points.len() < 3) {
        return None;
    }
    let (title, symbol) = attack;
    let heading = format!("Test accuracy against the strength of {title}");
    let measure = Measure::Accuracy("Test accuracy, %");
    curves::panel(id, heading, &lines, Against::Strength { title, symbol }, measure, true)
}

/// Natural accuracy at 0, then accuracy under the attack, the weakest first.
fn attacked(arm: &ArmNumbers, attack: Attack) -> Vec<At> {
    let under = |changed: &PerturbedNumbers| {
        let strength = changed.facts.strength.as_ref()?;
        (self::attack(&changed.facts) == Some(attack)).then_some(at(strength.value, changed.test_accuracy?))
    };
    let natural = arm.test_accuracy.map(|estimate| at(0.0, estimate));
    let mut points: Vec<At> = natural.into_iter().chain(arm.perturbed.iter().filter_map(under)).collect();
    points.sort_by(|left, right| left.x.total_cmp(&right.x));
    points
}

fn at(x: f64, estimate: Estimate) -> At {
    let half = estimate.half_width.unwrap_or(0.0);
    // An interval may reach further than an accuracy can.
    let (low, high) = ((estimate.mean - half).max(0.0), (estimate.mean + half).min(1.0));
    At { x, mean: estimate.mean, low, high }
}
