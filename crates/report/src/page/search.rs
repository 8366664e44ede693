//! What a search found: the point that validation chooses beside the best one on the test images, and accuracy against
//! each dimension.

use crate::figure::{Dot, Scatter};
use crate::format::{percent, points, setting};
use crate::numbers::{ArmNumbers, Chosen, SearchNumbers};
use crate::report::Dimension;

pub(super) struct SearchPage<'a> {
    pub(super) numbers: &'a SearchNumbers,
    /// By what a point is chosen, its name, its validation and its test accuracy in percent.
    pub(super) rows: Vec<[String; 4]>,
    /// Whether both pick the same point.
    pub(super) same: bool,
    /// In percentage points.
    pub(super) picking_adds: Option<String>,
    /// One a dimension.
    pub(super) drawings: Vec<Scatter<'a>>,
}

impl<'a> SearchPage<'a> {
    pub(super) fn of(numbers: &'a SearchNumbers, arms: &'a [ArmNumbers]) -> Self {
        let row = |by: &str, chosen: &Chosen| {
            [
                by.into(),
                chosen.arm.clone(),
                percent(chosen.validation_accuracy),
                percent(chosen.test_accuracy),
            ]
        };
        let rows = [("the validation images", &numbers.chosen), ("the test images", &numbers.best_on_test)];
        let name = |chosen: &'a Option<Chosen>| chosen.as_ref().map(|chosen| &chosen.arm);
        Self {
            numbers,
            same: numbers.chosen.is_some() && name(&numbers.chosen) == name(&numbers.best_on_test),
            rows: rows.into_iter().filter_map(|(by, chosen)| Some(row(by, chosen.as_ref()?))).collect(),
            picking_adds: numbers.picking_on_test_adds.map(points),
            drawings: numbers
                .dimensions
                .iter()
                .filter_map(|dimension| scatter(dimension, arms, numbers))
                .collect(),
        }
    }
}

/// `None` where no point has a test accuracy.
fn scatter<'a>(
    dimension: &Dimension,
    arms: &'a [ArmNumbers],
    numbers: &SearchNumbers,
) -> Option<Scatter<'a>> {
    let chosen = numbers.chosen.as_ref().map(|chosen| chosen.arm.as_str());
    let dot = |arm: &'a ArmNumbers| {
        let value = arm.facts.point.get(&dimension.name)?;
        Some(Dot {
            name: &arm.facts.name,
            value: dimension.values.iter().position(|known| known == value)?,
            accuracy: arm.test_accuracy?.mean,
            chosen: Some(arm.facts.name.as_str()) == chosen,
        })
    };
    let dots: Vec<Dot> = arms.iter().filter_map(dot).collect();
    let values: Vec<String> = dimension.values.iter().map(setting).collect();
    Scatter::of(&dimension.name, &values, &dots)
}
