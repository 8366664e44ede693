//! The digits that all get wrong: test images that no arm classifies correctly, by the mean prediction over its seeds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::record::{Record, likeliest};

/// The test images that every arm gets wrong.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Mistakes {
    /// Test images that every arm judged.
    pub judged: usize,
    /// The most often wrong first, then by index.
    pub images: Vec<Mistake>,
}

/// A test image that every arm gets wrong.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Mistake {
    /// Position among the test images, from 0.
    pub index: u32,
    /// True class.
    pub label: u8,
    /// Share of the trials that get it wrong by themselves, in `[0, 1]`.
    pub share_wrong: f64,
    /// Of each arm that left predictions, in the order of the experiment.
    pub answers: Vec<Answer>,
}

/// What an arm says of an image, by the mean of its trials' probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Answer {
    /// Name of the arm.
    pub arm: String,
    /// The likeliest class and its probability; `None` where no trial of the arm gave numbers.
    pub class: Option<(usize, f64)>,
}

/// What the trials of one arm say of one image.
#[derive(Default)]
struct Votes {
    label: u8,
    sums: Vec<f64>,
    counted: usize,
    trials: usize,
    wrong: usize,
}

/// `None` where no arm left predictions.
pub(super) fn shared_mistakes(arms: &[(&str, &[Record])]) -> Option<Mistakes> {
    let votes: Vec<(&str, BTreeMap<u32, Votes>)> = arms
        .iter()
        .map(|(arm, records)| (*arm, votes(records)))
        .filter(|(_, votes)| !votes.is_empty())
        .collect();
    let (_, first) = votes.first()?;
    let mut images = Vec::new();
    let mut judged = 0;
    for &index in first.keys() {
        let Some(of_image) =
            votes.iter().map(|(arm, votes)| Some((*arm, votes.get(&index)?))).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        judged += 1;
        images.extend(mistake(index, &of_image));
    }
    images.sort_by(|left, right| {
        right.share_wrong.total_cmp(&left.share_wrong).then(left.index.cmp(&right.index))
    });
    Some(Mistakes { judged, images })
}

fn votes(records: &[Record]) -> BTreeMap<u32, Votes> {
    let mut images: BTreeMap<u32, Votes> = BTreeMap::new();
    for predictions in records.iter().filter_map(|record| record.results.test.as_ref()) {
        for (row, (&index, &label)) in predictions.indices.iter().zip(&predictions.labels).enumerate() {
            let votes = images.entry(index).or_default();
            votes.label = label;
            votes.trials += 1;
            let Some(answer) = predictions.predicted(row) else {
                votes.wrong += 1;
                continue;
            };
            votes.wrong += usize::from(answer != usize::from(label));
            votes.counted += 1;
            let probabilities = predictions.row(row).unwrap_or_default();
            votes.sums.resize(probabilities.len(), 0.0);
            votes.sums.iter_mut().zip(probabilities).for_each(|(sum, p)| *sum += f64::from(*p));
        }
    }
    images
}

/// `None` where an arm is right.
fn mistake(index: u32, votes: &[(&str, &Votes)]) -> Option<Mistake> {
    let label = votes.first()?.1.label;
    let answers: Vec<Answer> = votes.iter().map(|(arm, votes)| answer(arm, votes)).collect();
    let right = |answer: &Answer| answer.class.is_some_and(|(class, _)| class == usize::from(label));
    if answers.iter().any(right) {
        return None;
    }
    let count = |of: fn(&Votes) -> usize| votes.iter().map(|(_, votes)| of(votes)).sum::<usize>() as f64;
    Some(Mistake {
        index,
        label,
        share_wrong: count(|votes| votes.wrong) / count(|votes| votes.trials),
        answers,
    })
}

fn answer(arm: &str, votes: &Votes) -> Answer {
    let class = likeliest(&votes.sums).map(|class| (class, votes.sums[class] / votes.counted as f64));
    Answer { arm: arm.into(), class }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Predictions;
    use crate::fixture::record;

    /// A trial that gives class 1 the probabilities `ones` on images 0, 1, 2; the truth is 0, 1, 1.
    fn trial(ones: [f32; 3]) -> Record {
        let mut record = record("cnn", 0);
        record.results.test = Some(Predictions {
            classes: 2,
            indices: vec![0, 1, 2],
            labels: vec![0, 1, 1],
            probabilities: ones.iter().flat_map(|one| [1.0 - one, *one]).collect(),
        });
        record
    }

    #[test]
    fn an_image_counts_where_the_mean_of_every_arm_is_wrong() {
        // Image 0: arm a says 0.75 and 0.5 (a tie, so class 0), wrong on average; b is wrong twice.
        // Image 1: a is right. Image 2: both wrong, once each by a trial that is right.
        let a = [trial([0.75, 1.0, 0.25]), trial([0.5, 1.0, 0.625])];
        let b = [trial([0.75, 0.0, 0.0]), trial([1.0, 0.0, 0.25])];
        let mistakes = shared_mistakes(&[("a", &a), ("none", &[]), ("b", &b)]).unwrap();
        assert_eq!(mistakes.judged, 3);
        let answers = |a, b| {
            let answer = |arm: &str, class| Answer { arm: arm.into(), class: Some(class) };
            vec![answer("a", a), answer("b", b)]
        };
        assert_eq!(
            mistakes.images,
            [
                Mistake { index: 0, label: 0, share_wrong: 0.75, answers: answers((1, 0.625), (1, 0.875)) },
                Mistake { index: 2, label: 1, share_wrong: 0.75, answers: answers((0, 0.5625), (0, 0.875)) },
            ]
        );
    }

    #[test]
    fn the_most_often_wrong_comes_first() {
        let (often, once) = (trial([0.0, 0.0, 0.0]), trial([0.0, 0.75, 0.0]));
        let mistakes = shared_mistakes(&[("a", &[often, once])]).unwrap();
        let shares: Vec<(u32, f64)> =
            mistakes.images.iter().map(|image| (image.index, image.share_wrong)).collect();
        assert_eq!(shares, [(2, 1.0), (1, 0.5)]);
    }

    #[test]
    fn a_trial_of_nans_is_wrong_and_says_nothing() {
        let (broken, sound) = (trial([f32::NAN; 3]), trial([0.75, 1.0, 1.0]));
        let mistakes = shared_mistakes(&[("a", &[broken.clone(), sound])]).unwrap();
        assert_eq!(mistakes.images.len(), 1);
        assert_eq!(mistakes.images[0].answers[0].class, Some((1, 0.75)));
        let only = shared_mistakes(&[("a", &[broken])]).unwrap();
        assert_eq!(only.images.iter().map(|image| image.answers[0].class).collect::<Vec<_>>(), [None; 3]);
    }

    #[test]
    fn images_that_an_arm_did_not_see_are_not_judged() {
        let mut partial = trial([0.0; 3]);
        let test = partial.results.test.as_mut().unwrap();
        (test.indices, test.labels, test.probabilities) = (vec![1], vec![1], vec![1.0, 0.0]);
        let mistakes = shared_mistakes(&[("a", &[trial([0.0; 3])]), ("b", &[partial])]).unwrap();
        assert_eq!((mistakes.judged, mistakes.images.len(), mistakes.images[0].index), (1, 1, 1));
    }
}
