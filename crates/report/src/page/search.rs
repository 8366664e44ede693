//! What a search found: the point that validation chooses beside the best one on the test images, and accuracy against
//! each dimension.

use crate::chart::{Chart, Key, Mark, Panel, Ruler, SMALL, round};
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
    pub(super) legend: Vec<Key>,
    /// One a dimension.
    pub(super) panels: Vec<Panel>,
}

impl<'a> SearchPage<'a> {
    pub(super) fn new(id: &str, numbers: &'a SearchNumbers, arms: &[ArmNumbers]) -> Self {
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
            legend: vec![
                Key::dot("open", "a point"),
                Key::dot("chosen", "the point picked on validation"),
                Key::line("line mean", "mean of a value"),
            ],
            panels: numbers
                .dimensions
                .iter()
                .enumerate()
                .filter_map(|(at, dimension)| {
                    panel(format!("{id}-scatter-{}", at + 1), dimension, arms, numbers)
                })
                .collect(),
        }
    }
}

/// Test accuracy of each point by its value of `dimension`; `None` where no point has one.
///
/// The values are a list, so they stand at equal distances, whether they are numbers, powers of ten or words.
fn panel(id: String, dimension: &Dimension, arms: &[ArmNumbers], numbers: &SearchNumbers) -> Option<Panel> {
    let place = |arm: &ArmNumbers| {
        let value = arm.facts.point.get(&dimension.name)?;
        dimension.values.iter().position(|known| known == value)
    };
    let placed: Vec<(&str, usize, f64)> = arms
        .iter()
        .filter_map(|arm| Some((arm.facts.name.as_str(), place(arm)?, arm.test_accuracy?.mean)))
        .collect();
    let values: Vec<String> = dimension.values.iter().map(setting).collect();
    let y = Ruler::percent(placed.iter().map(|(_, _, accuracy)| 100.0 * accuracy))?;
    let mut chart = Chart::new(SMALL, (&dimension.name, Ruler::Places(values)), ("Test accuracy, %", y));
    let means = (0..dimension.values.len()).filter_map(|value| {
        let here = placed.iter().filter(|dot| dot.1 == value).map(|dot| 100.0 * dot.2);
        let (x, y) = chart.at(value as f64, mean(&here.collect::<Vec<_>>())?)?;
        Some(Mark::plain(format!("M{} {y}h28", round(x - 14.0))))
    });
    let means = means.collect();
    let chosen = numbers.chosen.as_ref().map(|chosen| chosen.arm.as_str());
    let dots = |is_chosen: bool| -> Vec<Mark> {
        let dots = placed.iter().filter(|(name, ..)| (Some(*name) == chosen) == is_chosen);
        let dot = |&(name, value, accuracy): &(&str, usize, f64)| {
            let place = chart.at(value as f64, 100.0 * accuracy)?;
            Some(Mark::dot(place, format!("{name}: {} %", percent(accuracy))))
        };
        dots.filter_map(dot).collect()
    };
    let (others, chosen) = (dots(false), dots(true));
    chart.add("line mean", means);
    chart.add("dots open", others);
    chart.add("dots chosen", chosen);
    let dots: Vec<String> =
        placed.iter().map(|(name, _, accuracy)| format!("{name} {} %", percent(*accuracy))).collect();
    Some(Panel {
        id,
        title: format!("Test accuracy against {}", dimension.name),
        description: dots.join("; "),
        charts: vec![("multiple", chart)],
    })
}

/// `None` of no values.
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::fixture;
    use crate::numbers::numbers;
    use crate::report::SearchFacts;

    #[test]
    fn each_point_stands_over_its_value_and_the_chosen_one_apart() {
        let mut report = fixture::report();
        let dimension = Dimension { name: "rate".into(), values: vec![json!(0.001), json!(0.01)] };
        let experiment = &mut report.experiments[0];
        for (arm, value) in experiment.arms.iter_mut().zip([0.001, 0.01, 0.01]) {
            arm.facts.point = BTreeMap::from([("rate".into(), json!(value))]);
        }
        let dimensions = vec![dimension.clone()];
        experiment.facts.search =
            Some(SearchFacts { sampler: "grid".into(), seed: 0, points: 3, dimensions });
        let numbers = numbers(&report).experiments.remove(0);
        let panel = panel("f".into(), &dimension, &numbers.arms, numbers.search.as_ref().unwrap()).unwrap();
        let chart = &panel.charts[0].1;
        let texts: Vec<&str> = chart.texts.iter().map(|label| label.text.as_str()).collect();
        assert!(
            texts.contains(&"rate") && texts.contains(&"Test accuracy, %"),
            "both edges are named: {texts:?}"
        );
        let layers: Vec<(&str, usize)> =
            chart.layers[2..].iter().map(|layer| (layer.class.as_str(), layer.marks.len())).collect();
        assert_eq!(layers, [("line mean", 2), ("dots open", 2), ("dots chosen", 1)]);
        let (x, _) = chart.at(0.0, 95.0).unwrap();
        assert!(chart.layers[3].marks[0].path.starts_with(&format!("M{x} ")), "fcn has the first value");
    }
}
