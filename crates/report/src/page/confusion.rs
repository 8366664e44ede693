//! Which classes are taken for which: accuracy by class of every arm, and confusion matrices whose cells lead to digits.

use crate::chart::looks;
use crate::format::{ABSENT, counted, percent};
use crate::numbers::{ArmNumbers, Confusion, Mistaken, MistakenImage};
use crate::report::TestImages;
use crate::statistics::Estimate;

use super::curves::merits;
use super::sprite::{Sprite, Window};

/// Images from which on a cell leads to its digits: half of one, mean over trials.
const LEADS: f64 = 0.5;

pub(super) struct ConfusionPage<'a> {
    pub(super) classes: Vec<usize>,
    /// Each arm, and its accuracy in each class.
    pub(super) rows: Vec<(&'a str, Vec<Share>)>,
    /// Number of matrices, where not every arm has one.
    pub(super) chosen: Option<usize>,
    pub(super) matrices: Vec<Matrix<'a>>,
}

/// In percent, and half the width of its interval.
pub(super) struct Share {
    pub(super) mean: String,
    pub(super) half: Option<String>,
}

/// The matrix of an arm.
pub(super) struct Matrix<'a> {
    pub(super) arm: &'a str,
    /// Its name within the page.
    pub(super) id: String,
    pub(super) trials: String,
    /// Whether an image has no answer.
    pub(super) unanswered: bool,
    pub(super) rows: Vec<Row>,
    pub(super) behind: Vec<Behind>,
}

/// A true class.
pub(super) struct Row {
    pub(super) label: usize,
    pub(super) cells: Vec<Cell>,
    pub(super) unanswered: String,
    pub(super) accuracy: String,
}

/// How many images of a class get an answer.
pub(super) struct Cell {
    /// Class of the style sheet.
    pub(super) shade: &'static str,
    pub(super) images: String,
    /// Name of what it leads to.
    pub(super) leads: Option<String>,
}

/// The first image of a cell, and those of the others that most trials mistake.
fn worth_showing(first: &[MistakenImage]) -> impl Iterator<Item = &MistakenImage> {
    let most = |image: &MistakenImage| 2 * image.trials > image.asked;
    first.iter().enumerate().filter(move |(place, image)| *place == 0 || most(image)).map(|(_, image)| image)
}

/// The digits behind a cell.
pub(super) struct Behind {
    pub(super) id: String,
    pub(super) label: usize,
    pub(super) answer: usize,
    /// How many there are, in words.
    pub(super) images: String,
    pub(super) digits: Vec<Digit>,
}

/// A digit, where there is a picture of it, and what is to be said of it.
pub(super) struct Digit {
    pub(super) window: Option<Window>,
    pub(super) text: String,
}

impl<'a> ConfusionPage<'a> {
    /// `None` where no arm left predictions.
    pub(super) fn new(
        id: &str,
        arms: &'a [ArmNumbers],
        images: Option<&TestImages>,
        sprite: &mut Sprite,
    ) -> Option<Self> {
        let measured: Vec<&ArmNumbers> = arms.iter().filter(|arm| arm.confusion.is_some()).collect();
        let confusions =
            || measured.iter().filter_map(|arm| Some((arm.facts.name.as_str(), arm.confusion.as_ref()?)));
        let classes = confusions().map(|(_, confusion)| confusion.accuracy.len()).max()?;
        let shares = |confusion: &Confusion| -> Vec<Share> {
            (0..classes).map(|class| share(confusion.accuracy.get(class).copied().flatten())).collect()
        };
        // As in the figures: of many arms those of best validation accuracy.
        let looks = looks(&merits(&measured));
        let bright = confusions().zip(&looks).filter(|(_, look)| !look.faint);
        let matrices: Vec<Matrix> = bright
            .enumerate()
            .map(|(number, ((arm, confusion), _))| {
                matrix(format!("{id}-matrix-{}", number + 1), arm, confusion, images, sprite)
            })
            .collect();
        Some(Self {
            classes: (0..classes).collect(),
            rows: confusions().map(|(arm, confusion)| (arm, shares(confusion))).collect(),
            chosen: (matrices.len() < measured.len()).then_some(matrices.len()),
            matrices,
        })
    }
}

fn share(estimate: Option<Estimate>) -> Share {
    Share {
        mean: estimate.map_or(ABSENT.into(), |estimate| percent(estimate.mean)),
        half: estimate.and_then(|estimate| estimate.half_width).map(percent),
    }
}

fn matrix<'a>(
    id: String,
    arm: &'a str,
    confusion: &Confusion,
    images: Option<&TestImages>,
    sprite: &mut Sprite,
) -> Matrix<'a> {
    let decimals = usize::from(confusion.trials > 1);
    let number = |images: f64| if images > 0.0 { format!("{images:.decimals$}") } else { "0".into() };
    let address = |label: usize, answer: usize| format!("{id}-{label}-{answer}");
    let leads = |label: usize, answer: usize| {
        confusion.cell(label, answer).filter(|_| confusion.images[label][answer] >= LEADS)
    };
    let row = |(label, counts): (usize, &Vec<f64>)| {
        let all = counts.iter().sum::<f64>() + confusion.unanswered[label];
        let cell = |(answer, &images): (usize, &f64)| Cell {
            shade: if answer == label { "own" } else { shade(images / all) },
            images: number(images),
            leads: leads(label, answer).map(|_| address(label, answer)),
        };
        Row {
            label,
            cells: counts.iter().enumerate().map(cell).collect(),
            unanswered: number(confusion.unanswered[label]),
            accuracy: confusion.accuracy[label].map_or(ABSENT.into(), |share| percent(share.mean)),
        }
    };
    let rows = confusion.images.iter().enumerate().map(row).collect();
    let shown = confusion.mistaken.iter().filter(|cell| leads(cell.label, cell.answer).is_some());
    let behind = shown
        .map(|cell| Behind {
            id: address(cell.label, cell.answer),
            label: cell.label,
            answer: cell.answer,
            images: in_words(cell, confusion.images[cell.label][cell.answer], confusion.trials),
            digits: worth_showing(&cell.first).map(|image| digit(image, images, sprite)).collect(),
        })
        .collect();
    Matrix {
        arm,
        trials: counted(confusion.trials, "trial", "trials"),
        unanswered: confusion.unanswered.iter().any(|&images| images > 0.0),
        rows,
        behind,
        id,
    }
}

/// By the share of the class that gets this answer.
fn shade(share: f64) -> &'static str {
    match share {
        0.08.. => "h4",
        0.04.. => "h3",
        0.02.. => "h2",
        0.01.. => "h1",
        _ => "",
    }
}

fn in_words(cell: &Mistaken, mean: f64, trials: usize) -> String {
    let images = counted(cell.images, "image", "images");
    if trials > 1 { format!("{images} in at least one trial, {mean:.1} a trial") } else { images }
}

fn digit(image: &MistakenImage, images: Option<&TestImages>, sprite: &mut Sprite) -> Digit {
    let window = images.and_then(|images| {
        let pixels = images.image(image.index as usize)?;
        sprite.place(pixels, images.height, images.width)
    });
    let MistakenImage { index, trials, asked, probability } = image;
    Digit { window, text: format!("image {index}, {trials} of {asked} trials, {:.0} %", 100.0 * probability) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::numbers::numbers;

    #[test]
    fn a_cell_of_enough_images_leads_to_its_digits_and_the_others_do_not() {
        // Of three seeds all take image 0 for 3, and one takes image 9 for 2.
        let report = fixture::report();
        let numbers = numbers(&report).experiments.remove(0);
        let mut sprite = Sprite::default();
        let images = report.experiments[0].test_images.as_deref();
        let page = ConfusionPage::new("e", &numbers.arms, images, &mut sprite).unwrap();
        assert_eq!((page.rows.len(), page.matrices.len(), page.chosen), (3, 3, None));
        assert_eq!((page.rows[0].1[0].mean.as_str(), page.rows[0].1[1].mean.as_str()), ("75.00", "100.00"));
        let matrix = &page.matrices[0];
        let cell = |label: usize, answer: usize| &matrix.rows[label].cells[answer];
        assert_eq!(cell(0, 3).leads.as_deref(), Some("e-matrix-1-0-3"));
        assert_eq!((cell(0, 3).images.as_str(), cell(0, 3).shade), ("1.0", "h4"));
        assert_eq!((cell(9, 2).images.as_str(), cell(9, 2).leads.as_deref()), ("0.3", None));
        assert_eq!(
            (cell(0, 0).images.as_str(), cell(0, 0).shade, cell(0, 1).images.as_str()),
            ("3.0", "own", "0")
        );
        let behind: Vec<&str> = matrix.behind.iter().map(|behind| behind.id.as_str()).collect();
        assert_eq!(behind, ["e-matrix-1-0-3", "e-matrix-1-5-8", "e-matrix-1-7-0"]);
        let digit = &matrix.behind[0].digits[0];
        assert_eq!((digit.text.as_str(), digit.window.is_some()), ("image 0, 3 of 3 trials, 75 %", true));
    }
}
