//! How the arms do on perturbed images: a table, and accuracy against the strength of an attack.

use crate::figure::{Against, At, BANDS, Line, Look, Measure, looks};
use crate::format::{ABSENT, estimate};
use crate::numbers::{ArmNumbers, PerturbedNumbers};
use crate::record::Perturbation;
use crate::statistics::Estimate;

use super::curves::{BOTH, Legend, Panel, merits};

pub(super) struct PerturbedPage<'a> {
    pub(super) perturbations: Vec<Perturbation>,
    pub(super) rows: Vec<Row<'a>>,
    /// Trials whose images could not be changed.
    pub(super) unanswered: usize,
    /// Whether bands are drawn.
    pub(super) bands: bool,
    /// Under FGSM.
    pub(super) figure: Option<(Legend<'a>, Panel)>,
}

/// An arm, its natural accuracy, and its accuracy under each perturbation.
pub(super) struct Row<'a> {
    pub(super) arm: &'a str,
    pub(super) accuracies: Vec<String>,
}

impl<'a> PerturbedPage<'a> {
    /// `None` where no arm was asked about perturbed images.
    pub(super) fn of(id: &str, arms: &'a [ArmNumbers]) -> Option<Self> {
        let mut perturbations: Vec<Perturbation> = Vec::new();
        for changed in arms.iter().flat_map(|arm| &arm.perturbed) {
            if !perturbations.contains(&changed.perturbation) {
                perturbations.push(changed.perturbation);
            }
        }
        let asked: Vec<&ArmNumbers> = arms.iter().filter(|arm| !arm.perturbed.is_empty()).collect();
        let row = |arm: &&'a ArmNumbers| {
            let under = |perturbation: &Perturbation| {
                let mut changed = arm.perturbed.iter();
                changed
                    .find(|changed| changed.perturbation == *perturbation)
                    .map_or(ABSENT.into(), |changed| estimate(changed.test_accuracy))
            };
            let natural = estimate(arm.test_accuracy);
            Row {
                arm: &arm.name,
                accuracies: std::iter::once(natural).chain(perturbations.iter().map(under)).collect(),
            }
        };
        let rows: Vec<Row> = asked.iter().map(row).collect();
        let unanswered =
            |arm: &&ArmNumbers| arm.perturbed.iter().map(|changed| changed.unanswered).sum::<usize>();
        (!rows.is_empty()).then(|| Self {
            rows,
            unanswered: asked.iter().map(unanswered).sum(),
            bands: asked.len() <= BANDS,
            figure: figure(id, &asked),
            perturbations,
        })
    }
}

/// `None` unless there are two strengths of FGSM.
fn figure<'a>(id: &str, arms: &[&'a ArmNumbers]) -> Option<(Legend<'a>, Panel)> {
    let looks = looks(&merits(arms));
    let line = |(arm, look): (&&'a ArmNumbers, &Look)| Line {
        name: &arm.name,
        look: look.clone(),
        points: attacked(arm),
    };
    let lines: Vec<Line> = arms.iter().zip(&looks).map(line).collect();
    // From no attack on: two strengths make three points.
    if lines.iter().all(|line| line.points.len() < 3) {
        return None;
    }
    let measure = Measure::Accuracy("Test accuracy, %");
    let title = "Test accuracy against the strength of the attack";
    let panel = Panel::of(format!("{id}-attack"), title, &lines, Against::Strength, measure, &BOTH)?;
    Some((Legend::of(arms.iter().map(|arm| arm.name.as_str()).zip(looks)), panel))
}

/// Natural accuracy at 0, then accuracy under FGSM, the weakest first.
fn attacked(arm: &ArmNumbers) -> Vec<At> {
    let strength = |changed: &PerturbedNumbers| match changed.perturbation {
        Perturbation::Fgsm(epsilon) => Some(at(epsilon, changed.test_accuracy?)),
        Perturbation::Noise(_) => None,
    };
    let natural = arm.test_accuracy.map(|estimate| at(0.0, estimate));
    let mut points: Vec<At> = natural.into_iter().chain(arm.perturbed.iter().filter_map(strength)).collect();
    points.sort_by(|left, right| left.x.total_cmp(&right.x));
    points
}

fn at(x: f64, estimate: Estimate) -> At {
    let half = estimate.half_width.unwrap_or(0.0);
    // An interval may reach further than an accuracy can.
    let (low, high) = ((estimate.mean - half).max(0.0), (estimate.mean + half).min(1.0));
    At { x, mean: estimate.mean, low, high }
}
