//! One experiment on the page: the paper's statement, its claims, then what they rest on.

use std::collections::BTreeMap;

use crate::format::{count, counted, seeds};
use crate::numbers::ExperimentNumbers;
use crate::report::{ExperimentView, Failure};

use super::PageError;
use super::arms::ArmsTable;
use super::attacked::{AttackedArm, attacked};
use super::caution::cautions;
use super::claim::ClaimPage;
use super::confusion::ConfusionPage;
use super::cost::CostFigure;
use super::curves::CurvesFigure;
use super::gallery::Gallery;
use super::layers::{Layers, layers};
use super::perturbed::PerturbedPage;
use super::search::SearchPage;
use super::settings::Settings;
use super::sprite::Sprite;
use super::trials::TrialsTable;

pub(super) struct ExperimentPage<'a> {
    pub(super) id: String,
    pub(super) view: &'a ExperimentView,
    /// The part of the paper, for readers.
    pub(super) part: &'a str,
    pub(super) scope: String,
    pub(super) claims: Vec<ClaimPage<'a>>,
    /// By the id of a claim, the arms whose robustness may be an artefact.
    pub(super) cautions: BTreeMap<&'a str, String>,
    pub(super) curves: Option<CurvesFigure>,
    pub(super) arms: ArmsTable<'a>,
    pub(super) cost: Option<CostFigure>,
    pub(super) perturbed: Option<PerturbedPage<'a>>,
    pub(super) attacked: Vec<AttackedArm<'a>>,
    pub(super) search: Option<SearchPage<'a>>,
    pub(super) confusion: Option<ConfusionPage<'a>>,
    pub(super) gallery: Option<Gallery<'a>>,
    pub(super) layers: Vec<Layers<'a>>,
    pub(super) settings: Option<Settings<'a>>,
    pub(super) trials: Option<TrialsTable<'a>>,
    /// Each with the name of its arm.
    pub(super) failures: Vec<(&'a str, &'a Failure)>,
}

impl<'a> ExperimentPage<'a> {
    pub(super) fn new(
        number: usize,
        view: &'a ExperimentView,
        numbers: &'a ExperimentNumbers,
        sprite: &mut Sprite,
    ) -> Result<Self, PageError> {
        let id = format!("experiment-{number}");
        Ok(Self {
            view,
            part: &numbers.part_title,
            scope: scope(view),
            claims: numbers.claims.iter().map(|claim| ClaimPage::new(view, claim)).collect(),
            cautions: cautions(view, &numbers.arms),
            curves: CurvesFigure::new(&id, &numbers.arms),
            arms: ArmsTable::new(view, &numbers.arms),
            cost: CostFigure::new(&id, &numbers.arms),
            perturbed: PerturbedPage::new(&id, &numbers.arms),
            attacked: attacked(&id, view, sprite),
            search: numbers.search.as_ref().map(|search| SearchPage::new(&id, search, &numbers.arms)),
            confusion: ConfusionPage::new(&id, &numbers.arms, view.test_images.as_deref(), sprite),
            gallery: numbers
                .mistakes
                .as_ref()
                .map(|mistakes| Gallery::new(mistakes, view.test_images.as_deref()))
                .transpose()?,
            layers: layers(&numbers.arms),
            settings: Settings::new(&view.arms),
            trials: TrialsTable::new(&numbers.trials),
            failures: view
                .arms
                .iter()
                .flat_map(|arm| arm.failures.iter().map(|failure| (arm.facts.name.as_str(), failure)))
                .collect(),
            id,
        })
    }
}

/// How much was run, such as `24 trials, up to 8 epochs, 3 waiting`.
fn scope(view: &ExperimentView) -> String {
    let mut parts = vec![seeds(&view.facts.seeds), counted(view.records().count(), "trial", "trials")];
    let epochs = view.records().map(|record| record.results.history.len()).max();
    parts.extend(epochs.map(|epochs| format!("up to {}", counted(epochs, "epoch", "epochs"))));
    let waiting: usize = view.arms.iter().map(|arm| arm.waiting + arm.pooled_waiting).sum();
    let failed: usize = view.arms.iter().map(|arm| arm.failures.len()).sum();
    for (number, what) in [(waiting, "waiting"), (failed, "failed")] {
        if number > 0 {
            parts.push(format!("{} {what}", count(number as u64)));
        }
    }
    parts.join(", ")
}
