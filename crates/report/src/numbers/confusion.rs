//! Which classes are taken for which: a confusion matrix of an arm, accuracy by class, and the images behind each cell.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::record::{Predictions, Record};
use crate::statistics::Estimate;

/// Images named for a cell, at most; how many there are is counted in full.
const NAMED: usize = 3;

/// What the trials of an arm take the test images of each class for.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Confusion {
    /// Trials that left predictions.
    pub trials: usize,
    /// For each true class and each answer the number of test images, mean over trials: `[classes][classes]`.
    pub images: Vec<Vec<f64>>,
    /// For each true class the number of images without an answer, because a score is not a number, mean over trials.
    pub unanswered: Vec<f64>,
    /// For each true class the share of its images that is classified correctly, over seeds; `None` without images of it.
    pub accuracy: Vec<Option<Estimate>>,
    /// The cells off the diagonal that have images, row by row.
    pub mistaken: Vec<Mistaken>,
}

/// Images of one class that trials take for another.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Mistaken {
    /// True class.
    pub label: usize,
    /// Class that they are taken for.
    pub answer: usize,
    /// Images that at least one trial takes for it.
    pub images: usize,
    /// The first of them: those that most trials take for it, the most probable first among equals.
    pub first: Vec<MistakenImage>,
}

/// One such image.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MistakenImage {
    /// Position among the test images, from 0.
    pub index: u32,
    /// Trials that take it for that class.
    pub trials: usize,
    /// Trials that were asked about it.
    pub asked: usize,
    /// Mean probability that these trials give that class, in `[0, 1]`.
    pub probability: f64,
}

impl Confusion {
    /// Of the trials of an arm; `None` where none left predictions. Answers that are none of the first trial's classes do not
    /// count.
    pub(super) fn from_records(records: &[&Record]) -> Option<Self> {
        let tests = records.iter().filter_map(|record| record.results.test.as_ref());
        let tests: Vec<&Predictions> = tests.filter(|test| !test.is_empty()).collect();
        let classes = tests.first()?.classes;
        let mut count = Count::new(classes);
        for test in &tests {
            count.add(test);
        }
        let mean = |images: usize| images as f64 / tests.len() as f64;
        Some(Self {
            trials: tests.len(),
            images: count.images.iter().map(|row| row.iter().map(|&images| mean(images)).collect()).collect(),
            unanswered: count.unanswered.iter().map(|&images| mean(images)).collect(),
            accuracy: count.shares.iter().map(|shares| Estimate::from_values(shares)).collect(),
            mistaken: count.mistaken(),
        })
    }

    /// The cell of `label` taken for `answer`; `None` where it has no images.
    pub(crate) fn cell(&self, label: usize, answer: usize) -> Option<&Mistaken> {
        self.mistaken.iter().find(|cell| (cell.label, cell.answer) == (label, answer))
    }
}

/// What was counted so far.
struct Count {
    images: Vec<Vec<usize>>,
    unanswered: Vec<usize>,
    /// By class, a share a trial.
    shares: Vec<Vec<f64>>,
    /// Trials asked about an image, by its index.
    asked: BTreeMap<u32, usize>,
    /// By class, answer and index: trials, and the sum of their probabilities.
    wrong: BTreeMap<(usize, usize, u32), (usize, f64)>,
}

impl Count {
    fn new(classes: usize) -> Self {
        Self {
            images: vec![vec![0; classes]; classes],
            unanswered: vec![0; classes],
            shares: vec![vec![]; classes],
            asked: BTreeMap::new(),
            wrong: BTreeMap::new(),
        }
    }

    fn add(&mut self, test: &Predictions) {
        let classes = self.images.len();
        let (mut right, mut all) = (vec![0_usize; classes], vec![0_usize; classes]);
        for (row, (&index, &label)) in test.indices.iter().zip(&test.labels).enumerate() {
            let label = usize::from(label);
            if label >= classes {
                continue;
            }
            all[label] += 1;
            *self.asked.entry(index).or_default() += 1;
            let Some(answer) = test.predicted(row).filter(|&answer| answer < classes) else {
                self.unanswered[label] += 1;
                continue;
            };
            self.images[label][answer] += 1;
            if answer == label {
                right[label] += 1;
            } else {
                let (trials, probability) = self.wrong.entry((label, answer, index)).or_default();
                *trials += 1;
                *probability += test.row(row).map_or(0.0, |row| f64::from(row[answer]));
            }
        }
        for (shares, (right, all)) in self.shares.iter_mut().zip(right.iter().zip(&all)) {
            shares.extend((*all > 0).then(|| *right as f64 / *all as f64));
        }
    }

    fn mistaken(&self) -> Vec<Mistaken> {
        let mut cells: BTreeMap<(usize, usize), Vec<MistakenImage>> = BTreeMap::new();
        for (&(label, answer, index), &(trials, sum)) in &self.wrong {
            let asked = self.asked.get(&index).copied().unwrap_or_default();
            let image = MistakenImage { index, trials, asked, probability: sum / trials as f64 };
            cells.entry((label, answer)).or_default().push(image);
        }
        let cell = |((label, answer), mut first): ((usize, usize), Vec<MistakenImage>)| {
            first.sort_by(|one, other| {
                let often = other.trials.cmp(&one.trials);
                often.then(other.probability.total_cmp(&one.probability)).then(one.index.cmp(&other.index))
            });
            let images = first.len();
            first.truncate(NAMED);
            Mistaken { label, answer, images, first }
        };
        cells.into_iter().map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::record;

    /// A trial that gives each image, of the class beside it, these probabilities.
    fn trial(images: &[(u8, [f32; 3])]) -> Record {
        let mut record = record("cnn", 0);
        record.results.test = Some(Predictions {
            classes: 3,
            indices: (0..images.len() as u32).collect(),
            labels: images.iter().map(|(label, _)| *label).collect(),
            probabilities: images.iter().flat_map(|(_, row)| *row).collect(),
        });
        record
    }

    const ZERO: [f32; 3] = [0.75, 0.125, 0.125];
    const ONE: [f32; 3] = [0.25, 0.5, 0.25];
    const SURE_ONE: [f32; 3] = [0.0, 1.0, 0.0];

    #[test]
    fn a_matrix_is_the_mean_over_trials_and_its_rows_add_up_to_the_images() {
        // Class 0 has four images, class 1 one, class 2 none.
        let once = trial(&[(0, ZERO), (0, ONE), (0, ONE), (0, ZERO), (1, ONE)]);
        let again = trial(&[(0, ZERO), (0, ONE), (0, SURE_ONE), (0, ONE), (1, ZERO)]);
        let confusion = Confusion::from_records(&[&once, &again]).unwrap();
        assert_eq!(confusion.trials, 2);
        assert_eq!(confusion.images, [[1.5, 2.5, 0.0], [0.5, 0.5, 0.0], [0.0; 3]]);
        let sums: Vec<f64> = confusion.images.iter().map(|row| row.iter().sum()).collect();
        assert_eq!(sums, [4.0, 1.0, 0.0]);
        let means: Vec<_> = confusion.accuracy.iter().map(|share| share.map(|share| share.mean)).collect();
        assert_eq!(means, [Some(0.375), Some(0.5), None], "(2/4 + 1/4) / 2 and (1 + 0) / 2");
        let right: f64 = (0..3).map(|class| confusion.images[class][class]).sum();
        assert!((right / 5.0 - 0.4).abs() < 1e-12, "as the accuracy of all images");
    }

    #[test]
    fn behind_a_cell_are_its_images_the_surest_mistake_first() {
        let once = trial(&[(0, ONE), (0, ONE), (0, ONE), (0, ZERO), (0, ONE)]);
        let again = trial(&[(0, ONE), (0, SURE_ONE), (0, ZERO), (0, ZERO), (0, SURE_ONE)]);
        let confusion = Confusion::from_records(&[&once, &again]).unwrap();
        assert_eq!(confusion.mistaken.len(), 1);
        let cell = confusion.cell(0, 1).unwrap();
        assert_eq!((cell.images, cell.first.len()), (4, NAMED));
        let first: Vec<_> = cell
            .first
            .iter()
            .map(|image| (image.index, image.trials, image.asked, image.probability))
            .collect();
        assert_eq!(first, [(1, 2, 2, 0.75), (4, 2, 2, 0.75), (0, 2, 2, 0.5)]);
        assert_eq!(confusion.cell(1, 0), None);
    }

    #[test]
    fn an_image_without_an_answer_is_wrong_and_in_no_cell() {
        let broken = trial(&[(0, [f32::NAN; 3]), (0, ZERO)]);
        let confusion = Confusion::from_records(&[&broken]).unwrap();
        assert_eq!((confusion.unanswered[0], confusion.images[0][0]), (1.0, 1.0));
        assert_eq!((confusion.accuracy[0].unwrap().mean, confusion.mistaken.len()), (0.5, 0));
        let mut silent = record("cnn", 0);
        silent.results.test = None;
        assert_eq!(Confusion::from_records(&[&silent]), None);
    }
}
