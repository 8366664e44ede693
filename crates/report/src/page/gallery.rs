//! The digits that all get wrong, with their pictures.

use crate::format::count;
use crate::numbers::{Answer, Mistake, Mistakes};
use crate::picture::data_address;
use crate::report::TestImages;

use super::PageError;

/// Pictures at most; the count is given in full.
const SHOWN: usize = 60;

pub(super) struct Gallery<'a> {
    pub(super) total: String,
    pub(super) judged: String,
    pub(super) hidden: usize,
    pub(super) cards: Vec<Card<'a>>,
}

pub(super) struct Card<'a> {
    pub(super) mistake: &'a Mistake,
    /// `data:` address of the picture, where there is one.
    pub(super) picture: Option<String>,
    /// Share of trials that are wrong, in percent.
    pub(super) share: String,
    /// Each arm and its answer, such as `3 (71 %)`.
    pub(super) answers: Vec<(&'a str, String)>,
}

impl<'a> Gallery<'a> {
    pub(super) fn new(mistakes: &'a Mistakes, images: Option<&TestImages>) -> Result<Self, PageError> {
        let card = |mistake| card(mistake, images);
        Ok(Self {
            total: count(mistakes.images.len() as u64),
            judged: count(mistakes.judged as u64),
            hidden: mistakes.images.len().saturating_sub(SHOWN),
            cards: mistakes.images.iter().take(SHOWN).map(card).collect::<Result<_, _>>()?,
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
    let answers = mistake.answers.iter().map(|answer| (answer.arm.as_str(), says(answer))).collect();
    Ok(Card { mistake, picture, share, answers })
}

fn says(answer: &Answer) -> String {
    answer
        .class
        .map_or("nothing".into(), |(class, probability)| format!("{class} ({:.0} %)", 100.0 * probability))
}
