//! A few test images before and after each perturbation, arm by arm: the image, what was changed, and what the network says.

use crate::format::{ABSENT, figures};
use crate::record::{Changed, Predictions, Record};
use crate::report::{ExperimentView, TestImages, label};

use super::sprite::{Sprite, Window};

/// Images of an arm that are shown: the first that its record keeps, whatever became of them.
const SHOWN: usize = 4;
/// Grey of a pixel that was left as it is.
const GREY: i16 = 128;

/// The images of an arm.
pub(super) struct AttackedArm<'a> {
    pub(super) arm: &'a str,
    /// Its name within the page.
    pub(super) id: String,
    /// Whose network is asked.
    pub(super) seed: u64,
    /// As they are.
    pub(super) natural: Vec<Natural>,
    pub(super) rows: Vec<Row>,
}

/// An image as it is.
pub(super) struct Natural {
    index: u32,
    pub(super) label: u8,
    pub(super) window: Window,
    pub(super) says: Says,
}

/// What the network says of an image.
pub(super) struct Says {
    /// Such as `7 (98 %)`.
    pub(super) text: String,
    pub(super) right: bool,
}

/// The images after one perturbation.
pub(super) struct Row {
    pub(super) perturbation: String,
    /// How many times as strong the change is drawn.
    pub(super) scale: String,
    /// `None` of an image that was not kept.
    pub(super) cells: Vec<Option<Cell>>,
}

/// What was changed in an image, what came of it, and what the network says of that.
pub(super) struct Cell {
    pub(super) change: Window,
    pub(super) result: Window,
    pub(super) says: Says,
}

/// The arms of which a record keeps changed images; none without the images as they are.
pub(super) fn attacked<'a>(id: &str, view: &'a ExperimentView, sprite: &mut Sprite) -> Vec<AttackedArm<'a>> {
    let Some(images) = view.test_images.as_deref() else { return vec![] };
    let arms = view.arms.iter().enumerate();
    let arm = arms.filter_map(|(number, arm)| {
        let record = arm.records.iter().find(|record| !record.changed.is_empty())?;
        let natural = natural(record, images, sprite)?;
        let rows = rows(record, view, images, &natural, sprite);
        let id = format!("{id}-attacked-{}", number + 1);
        (!rows.is_empty()).then_some(AttackedArm {
            arm: &arm.facts.name,
            id,
            seed: record.seed,
            natural,
            rows,
        })
    });
    arm.collect()
}

/// `None` where no image was kept.
fn natural(record: &Record, images: &TestImages, sprite: &mut Sprite) -> Option<Vec<Natural>> {
    let kept = record.changed.iter().max_by_key(|changed| changed.indices.len())?;
    let natural = kept.indices.iter().filter_map(|&index| {
        let pixels = images.image(index as usize)?;
        let label = *images.labels.get(index as usize)?;
        let window = sprite.place(pixels, images.height, images.width)?;
        Some(Natural { index, label, window, says: says(record.results.test.as_ref(), index, label) })
    });
    let natural: Vec<Natural> = natural.take(SHOWN).collect();
    (!natural.is_empty()).then_some(natural)
}

/// One for each perturbation that the experiment asks for and the record keeps images of.
fn rows(
    record: &Record,
    view: &ExperimentView,
    images: &TestImages,
    natural: &[Natural],
    sprite: &mut Sprite,
) -> Vec<Row> {
    let asked = view.facts.perturbations.iter();
    let kept = asked
        .filter_map(|facts| record.changed.iter().find(|changed| changed.perturbation == facts.perturbation));
    let mut rows = vec![];
    for changed in kept {
        let changes: Vec<Option<Vec<i16>>> =
            natural.iter().map(|natural| change(changed, images, natural.index)).collect();
        let scale = scale(changes.iter().flatten().flatten());
        let answers = record.results.under(&changed.perturbation);
        let mut cell = |natural: &Natural, change: &[i16]| {
            let drawn: Vec<u8> = change.iter().map(|&change| tone(change, scale)).collect();
            Some(Cell {
                change: sprite.place(&drawn, images.height, images.width)?,
                result: sprite.place(&changed.grey(natural.index)?, images.height, images.width)?,
                says: says(answers, natural.index, natural.label),
            })
        };
        let cells: Vec<Option<Cell>> =
            natural.iter().zip(&changes).map(|(natural, change)| cell(natural, change.as_deref()?)).collect();
        if cells.iter().any(Option::is_some) {
            let perturbation = label(&changed.perturbation, &view.facts.perturbations);
            rows.push(Row { perturbation, scale: figures(scale), cells });
        }
    }
    rows
}

/// By how much each pixel of an image was changed; `None` where the image was not kept, or is not of this size.
fn change(changed: &Changed, images: &TestImages, index: u32) -> Option<Vec<i16>> {
    let (before, result) = (images.image(index as usize)?, changed.grey(index)?);
    let moved = before.iter().zip(&result).map(|(&old, &new)| i16::from(new) - i16::from(old));
    (before.len() == result.len()).then(|| moved.collect())
}

/// How many times as strong `changes` can be drawn: in tenths, unless it is below 1.
fn scale<'a>(changes: impl Iterator<Item = &'a i16>) -> f64 {
    let largest = changes.map(|change| change.unsigned_abs()).max().unwrap_or_default();
    if largest == 0 {
        return 1.0;
    }
    let scale = f64::from(GREY - 1) / f64::from(largest);
    if scale < 1.0 { scale } else { (10.0 * scale).floor() / 10.0 }
}

/// Darker where ink was added.
fn tone(change: i16, scale: f64) -> u8 {
    (f64::from(GREY) + scale * f64::from(change)).round().clamp(0.0, 255.0) as u8
}

fn says(answers: Option<&Predictions>, index: u32, label: u8) -> Says {
    let answer = answers.and_then(|answers| {
        let row = answers.indices.iter().position(|&known| known == index)?;
        let class = answers.predicted(row)?;
        Some((class, *answers.row(row)?.get(class)?))
    });
    Says {
        text: answer
            .map_or(ABSENT.into(), |(class, probability)| format!("{class} ({:.0} %)", 100.0 * probability)),
        right: answer.is_some_and(|(class, _)| class == usize::from(label)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::record::Perturbed;

    /// Arm `fcn` with images 3 and 5 after an attack that adds 25 of ink to every pixel of 5, which all take for 8.
    fn view() -> ExperimentView {
        let mut view = fixture::report().experiments.remove(0);
        let images = view.test_images.clone().unwrap();
        let facts = fixture::fgsm(0.1);
        let brighter = images.image(5).unwrap().iter().map(|&ink| ink.saturating_add(25));
        let record = &mut view.arms[0].records[1];
        let test = record.results.test.clone();
        record.results.perturbed = vec![Perturbed { perturbation: facts.perturbation.clone(), test }];
        record.changed = vec![Changed {
            perturbation: facts.perturbation.clone(),
            shape: [1, 16, 16],
            indices: vec![3, 5],
            pixels: images.image(3).unwrap().iter().copied().chain(brighter).collect(),
        }];
        view.facts.perturbations = vec![facts];
        view
    }

    #[test]
    fn an_image_stands_beside_its_change_and_what_came_of_it() {
        let (view, mut sprite) = (view(), Sprite::default());
        let [arm] = &attacked("e", &view, &mut sprite)[..] else { panic!("one arm keeps images") };
        assert_eq!((arm.arm, arm.seed, arm.id.as_str()), ("fcn", 1, "e-attacked-1"));
        let natural: Vec<_> =
            arm.natural.iter().map(|image| (image.label, image.says.text.as_str())).collect();
        assert_eq!(natural, [(3, "3 (75 %)"), (5, "8 (75 %)")]);
        let row = &arm.rows[0];
        assert_eq!(
            (row.perturbation.as_str(), row.scale.as_str()),
            ("FGSM, ε = 0.1", "5"),
            "127 / 25, in tenths"
        );
        let cells: Vec<&Cell> = row.cells.iter().flatten().collect();
        assert_eq!((cells[0].says.right, cells[1].says.right), (true, false));
        assert_eq!(cells[0].result, arm.natural[0].window, "nothing was changed");
        let images = view.test_images.as_deref().unwrap();
        let drawn: Vec<u8> =
            images.image(5).unwrap().iter().map(|&ink| if ink == 0 { 253 } else { 128 }).collect();
        assert_eq!(sprite.place(&drawn, 16, 16), Some(cells[1].change.clone()), "ink has no room for more");
    }

    #[test]
    fn records_without_such_images_or_with_others_show_nothing() {
        let shown = |change: fn(&mut ExperimentView)| {
            let mut view = view();
            change(&mut view);
            attacked("e", &view, &mut Sprite::default()).len()
        };
        assert_eq!(shown(|_| ()), 1);
        assert_eq!(shown(|view| view.arms[0].records[1].changed.clear()), 0, "an older record");
        assert_eq!(shown(|view| view.test_images = None), 0);
        assert_eq!(shown(|view| view.facts.perturbations.clear()), 0, "asked for by another experiment");
        assert_eq!(shown(|view| view.arms[0].records[1].changed[0].pixels.truncate(8)), 0);
        assert_eq!(shown(|view| view.arms[0].records[1].changed[0].indices = vec![3, 999]), 1);
    }

    #[test]
    fn a_change_too_large_for_its_grey_is_drawn_weaker() {
        assert_eq!(scale([0, -254].iter()).to_bits(), 0.5_f64.to_bits());
        assert_eq!(scale([0, 0].iter()).to_bits(), 1.0_f64.to_bits());
        assert_eq!([-254, 0, 254].map(|change| tone(change, 0.5)), [1, 128, 255]);
    }
}
