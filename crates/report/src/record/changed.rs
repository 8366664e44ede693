//! What test images look like once they are changed.

use serde::{Deserialize, Serialize};

use super::Perturbation;

/// A few test images after a perturbation, to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// How they were changed.
    pub perturbation: Perturbation,
    /// Channels, height and width of an image.
    pub shape: [usize; 3],
    /// Which images these are, counted from 0 in the test images as the protocol orders them.
    pub indices: Vec<u32>,
    /// Row-major, `[images, channels, height, width]`; 0 is the pixel 0.0, 255 is 1.0. Written as base64.
    #[serde(with = "bytes")]
    pub pixels: Vec<u8>,
}

impl Changed {
    /// Those of `images` that `indices` name, from pixels in `[0, 1]`; of images that are not there, none.
    ///
    /// # Shapes
    /// - `pixels`: row-major, `[images, channels, height, width]`
    /// - `rows`: positions in `pixels`, each with the image's index among the test images
    pub fn new(
        perturbation: Perturbation,
        shape: [usize; 3],
        pixels: &[f32],
        rows: impl IntoIterator<Item = (usize, u32)>,
    ) -> Self {
        let size = shape.into_iter().fold(1, usize::saturating_mul);
        let mut changed = Self { perturbation, shape, indices: vec![], pixels: vec![] };
        for (row, index) in rows {
            let image = row.checked_mul(size).and_then(|start| pixels.get(start..start.checked_add(size)?));
            if let Some(image) = image {
                changed.indices.push(index);
                changed.pixels.extend(image.iter().map(|pixel| (255.0 * pixel).round() as u8));
            }
        }
        changed
    }

    /// Pixels of test image `index`, `[channels, height, width]`; `None` where it is not among these.
    pub fn image(&self, index: u32) -> Option<&[u8]> {
        let at = self.indices.iter().position(|&known| known == index)?;
        let size = self.pixels.len() / self.indices.len();
        self.pixels.get(at * size..(at + 1) * size)
    }

    /// The same as a grey picture, `[height, width]`: the mean of the channels.
    pub fn grey(&self, index: u32) -> Option<Vec<u8>> {
        let pixels = self.image(index)?;
        let channels = self.shape[0].max(1);
        let size = pixels.len() / channels;
        let mean = |place: usize| {
            let sum: f64 = (0..channels).map(|channel| f64::from(pixels[channel * size + place])).sum();
            (sum / channels as f64).round() as u8
        };
        Some((0..size).map(mean).collect())
    }

    /// Whether pixels and indices fit together.
    ///
    /// # Errors
    /// If there are not `channels · height · width` pixels an index.
    pub fn check(&self) -> Result<(), ChangedError> {
        let size = self.shape.iter().try_fold(1_usize, |size, &side| size.checked_mul(side));
        let expected = size.and_then(|size| size.checked_mul(self.indices.len()));
        if expected == Some(self.pixels.len()) {
            return Ok(());
        }
        let Self { shape, pixels, indices, .. } = self;
        Err(ChangedError { pixels: pixels.len(), images: indices.len(), shape: *shape })
    }
}

/// Changed images whose pixels are not as many as they say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{pixels} pixels for {images} images, expected {}: images are {shape:?}",
    shape.iter().fold(*images, |all, &side| all.saturating_mul(side))
)]
pub struct ChangedError {
    /// Pixels that there are.
    pixels: usize,
    /// Images that there should be.
    images: usize,
    /// Channels, height and width of an image.
    shape: [usize; 3],
}

/// Bytes as base64.
mod bytes {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_kept_by_their_index_in_bytes() {
        let pixels = [0.0, 0.1, 0.5, 1.0, 0.25, 0.75];
        let changed =
            Changed::new(Perturbation::new("noise", 0.1), [1, 1, 2], &pixels, [(2, 9), (0, 4), (3, 5)]);
        assert_eq!((&changed.indices[..], &changed.pixels[..]), (&[9, 4][..], &[64, 191, 0, 26][..]));
        assert_eq!(changed.image(4), Some(&[0, 26][..]));
        assert_eq!(changed.image(5), None, "row 3 is not there");
        assert_eq!(changed.check(), Ok(()));
    }

    #[test]
    fn a_grey_picture_is_the_mean_of_the_channels() {
        let colour = Changed {
            perturbation: Perturbation::new("noise", 0.1),
            shape: [3, 1, 2],
            indices: vec![7],
            pixels: vec![0, 255, 30, 255, 60, 255],
        };
        assert_eq!(colour.grey(7), Some(vec![30, 255]));
        let own = Changed { shape: [1, 1, 6], ..colour.clone() };
        assert_eq!(own.grey(7), Some(colour.pixels));
    }

    #[test]
    fn pixels_that_do_not_fit_are_refused_however_large_the_shape() {
        let changed = Changed {
            perturbation: Perturbation::new("noise", 0.1),
            shape: [usize::MAX, usize::MAX, 2],
            indices: vec![1],
            pixels: vec![0; 2],
        };
        assert!(changed.check().unwrap_err().to_string().starts_with("2 pixels for 1 images, expected "));
    }
}
