//! Examples: images with their labels, as plain numbers, from which batches are gathered.

use burn::prelude::*;

/// Images scored or changed at once. Large enough to keep the kernels busy, small enough to stay in memory.
pub(crate) const BATCH: usize = 512;

/// Images and labels, side by side in memory; at least one.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a> {
    pixels: &'a [f32],
    labels: &'a [u8],
    shape: [usize; 3],
}

/// Why some numbers are not examples.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExamplesError {
    /// The lengths do not fit each other.
    #[error("{pixels} pixels for {labels} labels, expected {expected}: images are {shape:?}")]
    Length {
        /// Pixels given.
        pixels: usize,
        /// Labels given.
        labels: usize,
        /// Pixels that so many images of this shape have.
        expected: usize,
        /// Channels, height and width of an image.
        shape: [usize; 3],
    },
    /// No images: a mean over them would not be a number.
    #[error("no images, expected at least one")]
    Empty,
    /// Images without pixels.
    #[error("images are {shape:?}, expected at least one pixel")]
    Shape {
        /// Channels, height and width of an image.
        shape: [usize; 3],
    },
    /// A label names no class.
    #[error("image {image}: label {label}, expected one of {classes} classes, from 0")]
    Label {
        /// Position of the image.
        image: usize,
        /// The label found.
        label: u8,
        /// How many classes there are.
        classes: usize,
    },
    /// A pixel is NaN or outside `[0, 1]`.
    #[error("image {image}: a pixel is outside [0, 1], or not a number")]
    Pixel {
        /// Position of the image.
        image: usize,
    },
}

/// A batch on a device.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[batch, channels, height, width]`, in `[0, 1]`
    pub images: Tensor<4>,
    /// `[batch]`
    pub labels: Tensor<1, Int>,
}

impl<'a> Examples<'a> {
    /// Views numbers as examples.
    ///
    /// # Shapes
    /// - `pixels`: image after image, each `[channels, height, width]` row by row, in `[0, 1]`
    /// - `labels`: one for each image
    /// - `shape`: channels, height, width
    ///
    /// # Errors
    /// If there are no images, the lengths do not fit, a pixel is outside its range, or a label is not below `classes`.
    pub fn new(
        pixels: &'a [f32],
        labels: &'a [u8],
        shape: [usize; 3],
        classes: usize,
    ) -> Result<Self, ExamplesError> {
        if labels.is_empty() {
            return Err(ExamplesError::Empty);
        }
        let size = shape.into_iter().fold(1, usize::saturating_mul);
        if size == 0 {
            return Err(ExamplesError::Shape { shape });
        }
        let expected = size.saturating_mul(labels.len());
        if pixels.len() != expected {
            return Err(ExamplesError::Length {
                pixels: pixels.len(),
                labels: labels.len(),
                expected,
                shape,
            });
        }
        if let Some(image) = labels.iter().position(|&label| usize::from(label) >= classes) {
            return Err(ExamplesError::Label { image, label: labels[image], classes });
        }
        Self { pixels: &[], labels, shape }.with_pixels(pixels)
    }

    /// The same labels with other pixels of the same shape.
    ///
    /// # Errors
    /// If there are fewer or more pixels, or a pixel is outside its range.
    pub fn with_pixels<'b>(&self, pixels: &'b [f32]) -> Result<Examples<'b>, ExamplesError>
    where
        'a: 'b,
    {
        let Self { labels, shape, .. } = *self;
        let size: usize = shape.iter().product();
        let expected = size * labels.len();
        if pixels.len() != expected {
            return Err(ExamplesError::Length {
                pixels: pixels.len(),
                labels: labels.len(),
                expected,
                shape,
            });
        }
        match pixels.iter().position(|pixel| !(0.0..=1.0).contains(pixel)) {
            Some(position) => Err(ExamplesError::Pixel { image: position / size }),
            None => Ok(Examples { pixels, labels, shape }),
        }
    }

    /// How many there are, at least one.
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The labels, in order.
    pub fn labels(&self) -> &'a [u8] {
        self.labels
    }

    /// Channels, height and width of an image.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The pixels, image after image, each `[channels, height, width]` row by row.
    pub fn pixels(&self) -> &'a [f32] {
        self.pixels
    }

    /// The examples at `positions`, as tensors.
    #[cfg(any(test, feature = "learner"))]
    pub(crate) fn gather(&self, positions: &[usize], device: &Device) -> Batch {
        let size: usize = self.shape.iter().product();
        let mut pixels = Vec::with_capacity(positions.len() * size);
        for &position in positions {
            pixels.extend_from_slice(&self.pixels[position * size..][..size]);
        }
        let labels = positions.iter().map(|&position| i64::from(self.labels[position])).collect();
        self.batch(pixels, labels, device)
    }

    /// All examples in order, `size` at a time; the last batch holds what is left.
    ///
    /// # Panics
    /// If `size` is 0.
    pub fn batches(&self, size: usize, device: &Device) -> impl Iterator<Item = Batch> {
        let pixels = self.pixels.chunks(size * self.shape.iter().product::<usize>());
        pixels.zip(self.labels.chunks(size)).map(|(pixels, labels)| {
            self.batch(pixels.to_vec(), labels.iter().map(|&label| i64::from(label)).collect(), device)
        })
    }

    /// Feeds everything about them to a hash.
    #[cfg(feature = "learner")]
    pub(crate) fn hash_into(&self, hash: &mut sha2::Sha256) {
        use sha2::Digest;

        hash.update(format!("{:?} {}", self.shape, self.labels.len()));
        hash.update(self.labels);
        for pixel in self.pixels {
            hash.update(pixel.to_le_bytes());
        }
    }

    fn batch(&self, pixels: Vec<f32>, labels: Vec<i64>, device: &Device) -> Batch {
        let [channels, height, width] = self.shape;
        let count = labels.len();
        Batch {
            images: Tensor::from_data(TensorData::new(pixels, [count, channels, height, width]), device),
            labels: Tensor::from_data(TensorData::new(labels, [count]), device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathering_follows_the_positions() {
        let pixels = [0.0, 0.25, 0.5, 0.75, 1.0, 0.125];
        let examples = Examples::new(&pixels, &[4, 5, 6], [1, 1, 2], 10).unwrap();
        let batch = examples.gather(&[2, 0], &Device::flex());
        batch.images.into_data().assert_eq(&TensorData::from([[[[1.0f32, 0.125]]], [[[0.0, 0.25]]]]), true);
        assert_eq!(batch.labels.into_data().iter::<i64>().collect::<Vec<_>>(), [6, 4]);
    }

    #[test]
    fn batches_cover_everything_once_in_order() {
        let pixels = [0.0, 0.1, 0.2, 0.3, 0.4];
        let examples = Examples::new(&pixels, &[0, 1, 2, 3, 4], [1, 1, 1], 10).unwrap();
        let sizes: Vec<_> =
            examples.batches(2, &Device::flex()).map(|batch| batch.labels.dims()[0]).collect();
        assert_eq!(sizes, [2, 2, 1]);
    }

    #[test]
    fn a_label_of_no_class_is_refused() {
        let error = Examples::new(&[0.0; 2], &[3, 12], [1, 1, 1], 10).unwrap_err();
        assert_eq!(error.to_string(), "image 1: label 12, expected one of 10 classes, from 0");
    }

    #[test]
    fn lengths_and_ranges_are_refused_with_their_numbers() {
        let length = Examples::new(&[0.0; 5], &[1, 2], [1, 1, 2], 10).unwrap_err();
        assert_eq!(length.to_string(), "5 pixels for 2 labels, expected 4: images are [1, 1, 2]");
        let none = Examples::new(&[], &[], [1, 1, 2], 10).unwrap_err();
        assert_eq!(none.to_string(), "no images, expected at least one");
        let vast = Examples::new(&[0.0; 5], &[1, 2], [usize::MAX, 2, 1], 10).unwrap_err();
        assert!(matches!(vast, ExamplesError::Length { expected: usize::MAX, .. }));
        for bad in [f32::NAN, -0.1, 1.5] {
            let error = Examples::new(&[0.0, 0.5, bad, 1.0], &[1, 2], [1, 1, 2], 10).unwrap_err();
            assert_eq!(error, ExamplesError::Pixel { image: 1 });
        }
    }
}
