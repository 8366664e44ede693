//! What a search found: the point that validation chooses, and the one that the test images would have chosen.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::ArmNumbers;
use crate::report::{Dimension, SearchFacts};

/// What a search found. Points with a trial that diverged or failed are neither chosen nor compared.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SearchNumbers {
    /// Name of the sampler.
    pub sampler: String,
    /// Seed of the sampler.
    pub seed: u64,
    /// Points in the whole space.
    pub points: usize,
    /// Points that were drawn.
    pub drawn: usize,
    /// What could be chosen, in order.
    pub dimensions: Vec<Dimension>,
    /// The point of highest mean validation accuracy at the end, the first among equals.
    pub chosen: Option<Chosen>,
    /// The point of highest mean test accuracy, the first among equals: nobody may choose so.
    pub best_on_test: Option<Chosen>,
    /// What picking on the test images would have added to the reported test accuracy, in `[0, 1]`.
    pub picking_on_test_adds: Option<f64>,
}

/// A point and its accuracies.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Chosen {
    /// Name of the arm.
    pub arm: String,
    /// Value of each dimension.
    pub point: BTreeMap<String, Value>,
    /// Mean over seeds at the end, in `[0, 1]`.
    pub validation_accuracy: f64,
    /// Mean over seeds at the end, in `[0, 1]`.
    pub test_accuracy: f64,
}

impl SearchNumbers {
    pub(super) fn new(search: &SearchFacts, arms: &[ArmNumbers]) -> Self {
        let points: Vec<Chosen> = arms.iter().filter_map(point).collect();
        let chosen = highest(&points, |point| point.validation_accuracy);
        let best = highest(&points, |point| point.test_accuracy);
        Self {
            sampler: search.sampler.clone(),
            seed: search.seed,
            points: search.points,
            drawn: arms.iter().filter(|arm| !arm.facts.point.is_empty()).count(),
            dimensions: search.dimensions.clone(),
            picking_on_test_adds: chosen
                .zip(best)
                .map(|(chosen, best)| best.test_accuracy - chosen.test_accuracy),
            chosen: chosen.cloned(),
            best_on_test: best.cloned(),
        }
    }
}

fn point(arm: &ArmNumbers) -> Option<Chosen> {
    let whole = !arm.facts.point.is_empty() && [arm.diverged, arm.failed, arm.waiting] == [0; 3];
    whole.then_some(())?;
    Some(Chosen {
        arm: arm.facts.name.clone(),
        point: arm.facts.point.clone(),
        validation_accuracy: arm.validation_accuracy?.mean,
        test_accuracy: arm.test_accuracy?.mean,
    })
}

fn highest(points: &[Chosen], of: fn(&Chosen) -> f64) -> Option<&Chosen> {
    points.iter().reduce(|best, point| if of(point) > of(best) { point } else { best })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture;
    use crate::numbers::numbers;
    use crate::record::Outcome;

    /// `(validation, test)` accuracies of the three arms.
    fn search(accuracies: [(f64, f64); 3], change: impl Fn(&mut crate::Report)) -> SearchNumbers {
        let mut report = fixture::report();
        let experiment = &mut report.experiments[0];
        experiment.facts.search = Some(SearchFacts {
            sampler: "grid".into(),
            seed: 0,
            points: 3,
            dimensions: vec![Dimension { name: "layers".into(), values: vec![json!(2), json!(3), json!(4)] }],
        });
        for ((arm, (validation, test)), layers) in experiment.arms.iter_mut().zip(accuracies).zip(2..) {
            arm.facts.point = BTreeMap::from([("layers".into(), json!(layers))]);
            for record in &mut arm.records {
                record.results.test = None;
                let last = record.results.history.last_mut().unwrap();
                (last.validation_accuracy, last.test_accuracy) = (validation, test);
            }
        }
        change(&mut report);
        numbers(&report).experiments.remove(0).search.unwrap()
    }

    #[test]
    fn validation_chooses_and_the_test_images_would_have_chosen_another() {
        let found = search([(0.96, 0.94), (0.97, 0.95), (0.97, 0.96)], |_| {});
        let (chosen, best) = (found.chosen.unwrap(), found.best_on_test.unwrap());
        assert_eq!((chosen.arm.as_str(), best.arm.as_str()), ("local_net", "cnn"));
        assert_eq!((chosen.point["layers"].clone(), best.point["layers"].clone()), (json!(3), json!(4)));
        assert!((found.picking_on_test_adds.unwrap() - 0.01).abs() < 1e-12);
        assert_eq!((found.drawn, found.points), (3, 3));
    }

    #[test]
    fn a_point_that_diverged_with_one_seed_is_not_chosen() {
        let found = search([(0.9, 0.9), (0.8, 0.8), (0.99, 0.99)], |report| {
            report.experiments[0].arms[2].records[0].results.outcome = Outcome::Diverged { epoch: 1 };
        });
        assert_eq!(found.chosen.unwrap().arm, "fcn");
    }

    #[test]
    fn nothing_is_chosen_of_nothing() {
        let found = search([(0.9, 0.9); 3], |report| {
            report.experiments[0].arms.iter_mut().for_each(|arm| arm.records.clear());
        });
        assert_eq!((found.chosen, found.best_on_test, found.picking_on_test_adds), (None, None, None));
    }
}
