//! Test accuracy on images that were changed.

use schemars::JsonSchema;
use serde::Serialize;

use crate::record::Record;
use crate::report::PerturbationFacts;
use crate::statistics::Estimate;

/// How an arm does on images that were changed in one way.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PerturbedNumbers {
    /// How they were changed.
    #[serde(flatten)]
    pub facts: PerturbationFacts,
    /// Test accuracy on them, over seeds.
    pub test_accuracy: Option<Estimate>,
    /// Trials whose images could not be changed, because the gradient was not finite.
    pub unanswered: usize,
}

impl PerturbedNumbers {
    /// Of each way that is asked for and that any record knows, in the order of `asked`.
    pub(super) fn from_records(records: &[&Record], asked: &[PerturbationFacts]) -> Vec<Self> {
        let known = |way: &&PerturbationFacts| {
            let mut changes = records.iter().flat_map(|record| &record.results.perturbed);
            changes.any(|changed| changed.perturbation == way.perturbation)
        };
        asked.iter().filter(known).map(|way| under(way, records)).collect()
    }
}

fn under(facts: &PerturbationFacts, records: &[&Record]) -> PerturbedNumbers {
    let asked = records.iter().flat_map(|record| &record.results.perturbed);
    let asked: Vec<_> = asked.filter(|changed| changed.perturbation == facts.perturbation).collect();
    let answers: Vec<_> = asked.iter().filter_map(|changed| changed.test.as_ref()).collect();
    let accuracies: Vec<f64> = answers.iter().filter_map(|test| test.accuracy()).collect();
    PerturbedNumbers {
        facts: facts.clone(),
        test_accuracy: Estimate::from_values(&accuracies),
        unanswered: asked.len() - answers.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, record};
    use crate::record::{Perturbed, Predictions};

    /// `right` of four images.
    fn answers(right: usize) -> Predictions {
        let labels = (0..4).map(|image| u8::from(image >= right)).collect();
        Predictions { classes: 2, indices: vec![0, 1, 2, 3], labels, probabilities: [0.75, 0.25].repeat(4) }
    }

    #[test]
    fn each_perturbation_is_measured_over_the_seeds_that_answered() {
        let mut records = [record("cnn", 0), record("cnn", 1), record("cnn", 2)];
        let (noise, fgsm) = (fixture::noise(0.2), fixture::fgsm(0.1));
        for (record, right) in records.iter_mut().zip([Some(2), Some(4), None]) {
            record.results.perturbed = vec![
                Perturbed { perturbation: noise.perturbation.clone(), test: Some(answers(1)) },
                Perturbed { perturbation: fgsm.perturbation.clone(), test: right.map(answers) },
            ];
        }
        let asked = [noise.clone(), fixture::noise(0.9), fgsm.clone()];
        let numbers = PerturbedNumbers::from_records(&records.each_ref(), &asked);
        let means: Vec<_> = numbers.iter().map(|way| way.test_accuracy.map(|e| (e.count, e.mean))).collect();
        assert_eq!(numbers.iter().map(|way| &way.facts).collect::<Vec<_>>(), [&noise, &fgsm]);
        assert_eq!(means, [Some((3, 0.25)), Some((2, 0.75))]);
        assert_eq!(numbers.iter().map(|way| way.unanswered).collect::<Vec<_>>(), [0, 1]);
    }
}
