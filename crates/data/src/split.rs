//! Splits: which images train, which validate, which test.

use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::images::{Images, ImagesError};
use crate::strata::draw;

/// How data are split into training and test images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// The test set is the dataset's own.
    #[default]
    Official,
    /// The dataset's two sets are pooled, and a stratified fifth is drawn as the test set.
    Pooled,
}

/// Error of parsing a [`Protocol`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("protocol {word:?}, {expected}", word = .0, expected = crate::nearest::expected(.0, &["official", "pooled"]))]
pub struct ProtocolError(String);

/// The images of one training run; each image is in one of the three sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// How it was drawn.
    pub protocol: Protocol,
    /// Images to learn from.
    pub training: Images,
    /// Images to choose by; none if the fraction is 0.
    pub validation: Images,
    /// Images to report on.
    pub test: Images,
    /// The place of each test image, ascending.
    ///
    /// Under [`Protocol::Official`] in the official test set, under [`Protocol::Pooled`] in the pooled set: the
    /// official training images, then the official test images.
    pub test_indices: Vec<u32>,
}

/// Error of splitting a dataset.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SplitError {
    /// A fraction outside `[0, 1)`.
    #[error("validation fraction {0}, expected at least 0 and below 1")]
    Fraction(f64),
    /// Too few images.
    #[error("no image is left for the {0} set; use more images or a smaller validation fraction")]
    Empty(&'static str),
    /// Training and test images cannot be pooled.
    #[error(transparent)]
    Images(#[from] ImagesError),
}

/// The part of the training images that validates, unless an experiment says otherwise: a tenth.
pub const VALIDATION_FRACTION: f64 = 0.1;

/// The part of the pooled images that tests.
const POOLED_TEST_FRACTION: f64 = 0.2;

/// Splits `dataset`; the test images first, then `validation_fraction` of the others.
///
/// Both draws are stratified: a class gives its share, rounded up or down. Numbers of images are rounded to the
/// nearest. Equal arguments give equal splits, on any machine. The test images do not depend on
/// `validation_fraction`.
///
/// # Errors
/// If `validation_fraction` is outside `[0, 1)`, a training or test set would be empty, or the dataset's two sets
/// differ in shape.
pub fn split(
    dataset: &Dataset,
    protocol: Protocol,
    validation_fraction: f64,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Split, SplitError> {
    if !(0.0..1.0).contains(&validation_fraction) {
        return Err(SplitError::Fraction(validation_fraction));
    }
    let (rest, test, test_indices) = match protocol {
        Protocol::Official => {
            (dataset.training.clone(), dataset.test.clone(), (0..dataset.test.len()).collect())
        }
        Protocol::Pooled => {
            let pooled = dataset.training.concat(&dataset.test)?;
            let (test, rest) = draw_fraction(&pooled, POOLED_TEST_FRACTION, rng);
            (pooled.select(&rest), pooled.select(&test), test)
        }
    };
    let (validation, training) = draw_fraction(&rest, validation_fraction, rng);
    if training.is_empty() {
        return Err(SplitError::Empty("training"));
    }
    if test.is_empty() {
        return Err(SplitError::Empty("test"));
    }
    Ok(Split {
        protocol,
        training: rest.select(&training),
        validation: rest.select(&validation),
        test,
        test_indices: test_indices.into_iter().map(|index: usize| index as u32).collect(),
    })
}

fn draw_fraction(images: &Images, fraction: f64, rng: &mut (impl Rng + ?Sized)) -> (Vec<usize>, Vec<usize>) {
    let drawn = (fraction * images.len() as f64).round() as usize;
    draw(images.labels(), images.classes(), drawn, rng)
}

impl std::str::FromStr for Protocol {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "official" => Ok(Self::Official),
            "pooled" => Ok(Self::Pooled),
            _ => Err(ProtocolError(text.to_owned())),
        }
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Official => "official",
            Self::Pooled => "pooled",
        })
    }
}

#[cfg(test)]
mod tests;
