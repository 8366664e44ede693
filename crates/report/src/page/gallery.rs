//! The digits that all get wrong, with their pictures.

use std::collections::BTreeMap;

use crate::format::{count, counted};
use crate::numbers::{Answer, Mistake, Mistakes};
use crate::picture::data_address;
use crate::report::TestImages;

use super::PageError;

/// Pictures at most; the count is given in full.
const SHOWN: usize = 60;
/// Pictures that stand open.
const OPEN: usize = 12;
/// With more arms, those of one answer stand together.
const NAMED: usize = 6;

pub(super) struct Gallery<'a> {
    pub(super) total: String,
    pub(super) judged: String,
    pub(super) hidden: usize,
    pub(super) shown: usize,
    /// Those that stand open, and those that do not.
    pub(super) cards: [Vec<Card<'a>>; 2],
}

pub(super) struct Card<'a> {
    pub(super) mistake: &'a Mistake,
    /// `data:` address of the picture, where there is one.
    pub(super) picture: Option<String>,
    /// Share of trials that are wrong, in percent.
    pub(super) share: String,
    /// Each arm and its answer, such as `3 (71 %)`.
    pub(super) answers: Vec<(String, String)>,
}

impl<'a> Gallery<'a> {
    pub(super) fn new(mistakes: &'a Mistakes, images: Option<&TestImages>) -> Result<Self, PageError> {
        let (open, closed) = mistakes.images.split_at(mistakes.images.len().min(OPEN));
        let closed = &closed[..closed.len().min(SHOWN - OPEN)];
        let cards = |mistakes: &'a [Mistake]| {
            mistakes.iter().map(|mistake| card(mistake, images)).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            total: count(mistakes.images.len() as u64),
            judged: count(mistakes.judged as u64),
            hidden: mistakes.images.len().saturating_sub(SHOWN),
            shown: open.len() + closed.len(),
            cards: [cards(open)?, cards(closed)?],
        })
    }
}

fn card<'a>(mistake: &'a Mistake, images: Option<&TestImages>) -> Result<Card<'a>, PageError> {
    let drawn = images.and_then(|images| {
        let pixels = images.image(mistake.index as usize)?;
        Some(data_address(pixels, u32::try_from(images.height).ok()?, u32::try_from(images.width).ok()?))
    });
    let picture = drawn.transpose().map_err(|source| PageError::Picture { index: mistake.index, source })?;
    let share = format!("{:.0}", 100.0 * mistake.share_wrong);
    Ok(Card { mistake, picture, share, answers: answers(&mistake.answers) })
}

/// Each arm and what it says; where there are many, how many arms say what, the most frequent first.
fn answers(answers: &[Answer]) -> Vec<(String, String)> {
    if answers.len() <= NAMED {
        return answers.iter().map(|answer| (answer.arm.clone(), says(answer))).collect();
    }
    let mut counts: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.class.map(|(class, _)| class)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, arms)| std::cmp::Reverse(arms));
    let word = |class: Option<usize>| class.map_or("nothing".into(), |class| class.to_string());
    counts.into_iter().map(|(class, arms)| (counted(arms, "arm", "arms"), word(class))).collect()
}

fn says(answer: &Answer) -> String {
    answer
        .class
        .map_or("nothing".into(), |(class, probability)| format!("{class} ({:.0} %)", 100.0 * probability))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_arms_are_counted_by_their_answers() {
        let answer = |arm: usize| Answer {
            arm: format!("arm {arm}"),
            class: (arm > 0).then_some((if arm < 4 { 3 } else { 5 }, 0.9)),
        };
        let all: Vec<Answer> = (0..9).map(answer).collect();
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(arm, says)| ((*arm).into(), (*says).into())).collect()
        };
        assert_eq!(answers(&all), pairs(&[("5 arms", "5"), ("3 arms", "3"), ("1 arm", "nothing")]));
        assert_eq!(answers(&all[..2]), pairs(&[("arm 0", "nothing"), ("arm 1", "3 (90 %)")]));
    }
}
