//! Real digits that are always available, used where USPS cannot be found or downloaded.
//!
//! They are the 1,797 images of 8x8 pixels of *Optical Recognition of Handwritten Digits* (E. Alpaydin, C. Kaynak,
//! 1998, <https://doi.org/10.24432/C50P49>, CC BY 4.0), embedded in the program. `assets/README.md` tells where the
//! file is from.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::checksum::Checksum;
use crate::dataset::{Dataset, Origin};
use crate::images::{ImageSpec, Images, Shape};
use crate::strata::last;

/// The stand-in digits as a dataset of 1x16x16 images: 1,297 for training and 500 for testing.
///
/// `reason` says in one line why they are used.
///
/// The split is fixed. Test images are the last of each class: the file keeps a writer's digits near each other (the
/// nearest neighbour of an image is typically 80 lines away), so that most test digits come from other hands than the
/// training digits.
///
/// A value `v` of the file becomes `v / 16`. Images are then scaled to twice their size, as by
/// `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`: row `r` of the result lies at
/// `s = (r + 1/2) / 2 - 1/2`, clipped to the image, between the rows `⌊s⌋` and `⌊s⌋ + 1` of the source, which weigh
/// `1 - (s - ⌊s⌋)` and `s - ⌊s⌋`; columns likewise. All of it is exact in `f32`.
pub fn stand_in(reason: impl Into<String>) -> Dataset {
    let digits = digits();
    let (test, training) = last(digits.labels(), digits.classes(), TEST_IMAGES);
    Dataset {
        name: NAME.into(),
        title: "Optical Recognition of Handwritten Digits (stand-in)".into(),
        citation: "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, \
                   1998, https://doi.org/10.24432/C50P49, CC BY 4.0"
            .into(),
        training: digits.select(&training),
        test: digits.select(&test),
        origin: Origin::StandIn { reason: reason.into() },
        sha256: fingerprint().to_string(),
    }
}

/// As [`Manifest::fingerprint`](crate::Manifest::fingerprint), of the embedded file.
pub(crate) fn fingerprint() -> Checksum {
    Checksum::of(format!("{}  digits.csv.gz\n", Checksum::of(FILE)).as_bytes())
}

/// What a user types.
pub(crate) const NAME: &str = "stand-in";
/// Size of the scaled images, and their classes.
pub(crate) const SPEC: ImageSpec =
    ImageSpec { shape: Shape { channels: 1, height: 2 * SIDE, width: 2 * SIDE }, classes: 10 };

const FILE: &[u8] = include_bytes!("../assets/digits.csv.gz");
const SIDE: usize = 8;
const WHITE: f32 = 16.0;
const TEST_IMAGES: usize = 500;

/// The embedded file: nothing here can fail that does not fail in a test.
fn digits() -> Images {
    let mut text = String::new();
    GzDecoder::new(FILE).read_to_string(&mut text).expect("the embedded file is gzipped text");
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let values: Vec<u8> = line.split(',').map(|value| value.parse().expect("a small number")).collect();
        let (image, label) = values.split_at(SIDE * SIDE);
        pixels.extend(twice(&image.iter().map(|&value| f32::from(value) / WHITE).collect::<Vec<_>>()));
        labels.push(label[0]);
    }
    Images::new(SPEC.shape, SPEC.classes, pixels, labels).expect("the embedded digits are labelled images")
}

/// `[8, 8]` to `[16, 16]`, bilinearly.
fn twice(image: &[f32]) -> Vec<f32> {
    let axis: Vec<_> = (0..2 * SIDE).map(neighbours).collect();
    let pixel = |[(row, row_weight), (column, column_weight)]: [(usize, f32); 2]| {
        row_weight * column_weight * image[row * SIDE + column]
    };
    axis.iter()
        .flat_map(|rows| axis.iter().map(move |columns| (rows, columns)))
        .map(|(rows, columns)| {
            rows.iter().flat_map(|&row| columns.iter().map(move |&column| pixel([row, column]))).sum()
        })
        .collect()
}

/// The two source positions around position `to` of the result, with their weights.
fn neighbours(to: usize) -> [(usize, f32); 2] {
    let last = (SIDE - 1) as f32;
    let source = (0.5 * (to as f32 + 0.5) - 0.5).clamp(0.0, last);
    let weight = source.fract();
    [(source as usize, 1.0 - weight), ((source + 1.0).min(last) as usize, weight)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_is_the_one_its_readme_names() {
        let readme = include_str!("../assets/README.md");
        assert!(readme.contains(&Checksum::of(FILE).to_string()));
    }

    #[test]
    fn there_are_1797_digits_of_known_counts() {
        // The counts that scikit-learn's `load_digits().target` has.
        assert_eq!(digits().class_counts(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }

    #[test]
    fn the_split_is_stratified_and_loses_nothing() {
        let data = stand_in("a test");
        assert_eq!((data.training.len(), data.test.len()), (1297, 500));
        assert_eq!(data.test.class_counts(), [50, 51, 49, 51, 50, 51, 50, 50, 48, 50]);
        let mut all: Vec<&[f32]> = (0..1297).map(|image| data.training.image(image)).collect();
        all.extend((0..500).map(|image| data.test.image(image)));
        let digits = digits();
        let mut expected: Vec<&[f32]> = (0..1797).map(|image| digits.image(image)).collect();
        all.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
        expected.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
        assert!(all == expected);
    }

    #[test]
    fn scaling_mixes_three_quarters_of_the_nearer_pixel_with_a_quarter_of_the_other() {
        // One white pixel at row 0, column 1: rows reach 0 to 2 (clipped at the edge), columns 1 to 4.
        let mut image = [0.0; SIDE * SIDE];
        image[1] = 1.0;
        let large = twice(&image);
        assert_eq!(large[..6], [0.0, 0.25, 0.75, 0.75, 0.25, 0.0]);
        assert_eq!(large[16..22], [0.0, 0.1875, 0.5625, 0.5625, 0.1875, 0.0]);
        assert_eq!(large[32..38], [0.0, 0.0625, 0.1875, 0.1875, 0.0625, 0.0]);
        assert!(large[48..].iter().all(|&value| value == 0.0));
    }

    #[test]
    fn a_flat_image_stays_flat_to_its_edges() {
        assert!(twice(&[0.4375; SIDE * SIDE]).iter().all(|value| (value - 0.4375).abs() < f32::EPSILON));
    }
}
