//! What a model says of each test image.

use serde::{Deserialize, Serialize};

/// A probability for each image and class.
///
/// Kept whole, because an ensemble, a paired test by image or a gallery of errors is a function of it, and nothing
/// has to be trained twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predictions {
    /// Number of classes: the length of a row of `probabilities`.
    pub classes: usize,
    /// Which image each row is of, counted from 0 in the test images as the protocol orders them.
    pub indices: Vec<u32>,
    /// True class of each row.
    pub labels: Vec<u8>,
    /// Row-major, `[images, classes]`. Written as base64 of the bytes of each `f32`, least significant first.
    #[serde(with = "floats")]
    pub probabilities: Vec<f32>,
}

impl Predictions {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether no image was judged.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Probabilities of row `row`, one a class; `None` past the end.
    pub fn row(&self, row: usize) -> Option<&[f32]> {
        let start = row.checked_mul(self.classes)?;
        self.probabilities.get(start..start.checked_add(self.classes)?)
    }

    /// The likeliest class of row `row`, the lowest among equals; `None` past the end or where there is a NaN.
    pub fn predicted(&self, row: usize) -> Option<usize> {
        likeliest(self.row(row)?)
    }

    /// Share of the images whose likeliest class is the true one, in `[0, 1]`; `None` without images.
    pub fn accuracy(&self) -> Option<f64> {
        let right = self.labels.iter().enumerate();
        let right = right.filter(|&(row, &label)| self.predicted(row) == Some(usize::from(label))).count();
        (!self.is_empty()).then(|| right as f64 / self.len() as f64)
    }

    /// Whether the three lists fit together.
    ///
    /// # Errors
    /// If their lengths differ from `[images]`, `[images]` and `[images, classes]`, or a label is no class.
    pub fn check(&self) -> Result<(), PredictionsError> {
        let images = self.labels.len();
        if self.indices.len() != images || Some(self.probabilities.len()) != images.checked_mul(self.classes)
        {
            return Err(PredictionsError::Lengths {
                images,
                indices: self.indices.len(),
                probabilities: self.probabilities.len(),
                classes: self.classes,
            });
        }
        match self.labels.iter().position(|&label| usize::from(label) >= self.classes) {
            Some(row) => Err(PredictionsError::Label { row, label: self.labels[row], classes: self.classes }),
            None => Ok(()),
        }
    }
}

/// Why predictions do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredictionsError {
    /// Lists of different lengths.
    #[error(
        "{images} labels, but {indices} indices and {probabilities} probabilities, expected one index and \
         {classes} probabilities a label"
    )]
    Lengths {
        /// Number of labels.
        images: usize,
        /// Number of indices.
        indices: usize,
        /// Number of probabilities.
        probabilities: usize,
        /// Probabilities that an image should have.
        classes: usize,
    },
    /// A label outside the classes.
    #[error("label {label} in row {row}, expected a class below {classes}")]
    Label {
        /// Row of the label, from 0.
        row: usize,
        /// The label.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
}

/// Position of the greatest value, the lowest among equals; `None` where there is a NaN, or no value.
pub(crate) fn likeliest<T: Copy + PartialOrd>(values: &[T]) -> Option<usize> {
    let mut best = 0;
    for (class, value) in values.iter().enumerate() {
        match value.partial_cmp(&values[best])? {
            std::cmp::Ordering::Greater => best = class,
            std::cmp::Ordering::Less | std::cmp::Ordering::Equal => {}
        }
    }
    (!values.is_empty()).then_some(best)
}

/// Floats as text, bit by bit: a fifth of the time and half of the bytes that digits take.
mod floats {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        // One spelling for every NaN, whatever the machine made.
        let spelt = values.iter().map(|value| if value.is_nan() { f32::NAN } else { *value });
        let bytes: Vec<u8> = spelt.flat_map(f32::to_le_bytes).collect();
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        let bytes = STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)?;
        let (words, rest) = bytes.as_chunks::<4>();
        if rest.is_empty() {
            Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
        } else {
            Err(D::Error::custom(format_args!("{} bytes, expected 4 for each number", bytes.len())))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn three() -> Predictions {
        Predictions {
            classes: 2,
            indices: vec![4, 7, 9],
            labels: vec![0, 1, 1],
            probabilities: vec![0.9, 0.1, 0.8, 0.2, 0.25, 0.75],
        }
    }

    #[test]
    fn accuracy_is_the_share_of_right_answers() {
        assert_eq!(three().accuracy(), Some(2.0 / 3.0));
        assert_eq!([0, 1, 2, 3].map(|row| three().predicted(row)), [Some(0), Some(0), Some(1), None]);
        assert_eq!(three().check(), Ok(()));
    }

    #[test]
    fn a_row_with_a_nan_answers_nothing_and_counts_as_wrong() {
        let predictions = Predictions { probabilities: vec![0.9, 0.1, 0.8, 0.2, f32::NAN, 0.75], ..three() };
        assert_eq!(predictions.predicted(2), None);
        assert_eq!(predictions.accuracy(), Some(1.0 / 3.0));
    }

    #[test]
    fn no_images_have_no_accuracy() {
        let none = Predictions { classes: 2, indices: vec![], labels: vec![], probabilities: vec![] };
        assert_eq!(none.accuracy(), None);
    }

    #[test]
    fn lists_that_do_not_fit_are_told_apart() {
        let short = Predictions { probabilities: vec![0.5; 5], ..three() };
        assert_eq!(
            short.check().unwrap_err().to_string(),
            "3 labels, but 3 indices and 5 probabilities, expected one index and 2 probabilities a label"
        );
        let label = Predictions { labels: vec![0, 2, 1], ..three() };
        assert_eq!(label.check().unwrap_err().to_string(), "label 2 in row 1, expected a class below 2");
    }

    #[test]
    fn equals_go_to_the_lowest_class() {
        assert_eq!(likeliest(&[0.25, 0.5, 0.5]), Some(1));
        assert_eq!(likeliest::<f64>(&[]), None);
    }

    #[test]
    fn a_text_that_holds_no_whole_numbers_is_refused() {
        let read = |text: &str| {
            let json = format!(r#"{{"classes":1,"indices":[0],"labels":[0],"probabilities":"{text}"}}"#);
            serde_json::from_str::<Predictions>(&json)
        };
        assert_eq!(read("AACAPw==").unwrap().probabilities, [1.0]);
        assert!(read("AACA").unwrap_err().to_string().starts_with("3 bytes, expected 4 for each number"));
        assert!(read("a digit").is_err());
    }

    proptest! {
        #[test]
        fn every_bit_comes_back(bits in any::<u32>()) {
            let value = f32::from_bits(bits);
            let one = Predictions { classes: 1, indices: vec![0], labels: vec![0], probabilities: vec![value] };
            let back: Predictions = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
            let read = back.probabilities[0];
            prop_assert!(read.to_bits() == bits || value.is_nan() && read.is_nan());
        }
    }
}
