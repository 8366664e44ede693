//! Labelled images: pixels in `[0, 1]`, one class for each image.

use serde::{Deserialize, Serialize};

/// The size of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Colour planes: 1 for grey.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

/// What a network needs to know of images before it sees any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImageSpec {
    /// Size of each image.
    pub shape: Shape,
    /// Number of classes, 1 to 256.
    pub classes: usize,
}

/// Images of one shape with their labels.
///
/// Every pixel lies in `[0, 1]` and every label is below [`Images::classes`]: the constructor has checked both.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    shape: Shape,
    classes: usize,
    pixels: Vec<f32>,
    labels: Vec<u8>,
}

/// Error of making [`Images`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImagesError {
    /// A shape without pixels, or more of them than can be counted.
    #[error("images of {0}, expected at least 1x1x1 pixels and no more than memory can hold")]
    Shape(Shape),
    /// A label is one byte, hence 256 classes at most.
    #[error("{0} classes, expected 1 to 256")]
    Classes(usize),
    /// The numbers of pixels and labels disagree.
    #[error("{pixels} pixels for {labels} labels, expected {shape} pixels for each label")]
    Count {
        /// Pixels given.
        pixels: usize,
        /// Labels given.
        labels: usize,
        /// Size of one image.
        shape: Shape,
    },
    /// A pixel outside `[0, 1]`, or not a number.
    #[error("pixel {pixel} of image {image} is {value}, expected 0 to 1")]
    Pixel {
        /// Position of the image, from 0.
        image: usize,
        /// Position of the pixel in the image, from 0.
        pixel: usize,
        /// What was found.
        value: f32,
    },
    /// A label outside the classes.
    #[error("label {label} of image {image}, expected a class below {classes}")]
    Label {
        /// Position of the image, from 0.
        image: usize,
        /// What was found.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
    /// Two sets of images that differ in shape or classes.
    #[error("images of {right} in {right_classes} classes cannot follow images of {left} in {left_classes}")]
    Differ {
        /// Size of the first images.
        left: Shape,
        /// Classes of the first images.
        left_classes: usize,
        /// Size of the images to follow.
        right: Shape,
        /// Classes of the images to follow.
        right_classes: usize,
    },
}

impl Shape {
    /// Values of one image: `channels · height · width`.
    pub const fn pixels(self) -> usize {
        self.channels * self.height * self.width
    }

    /// [`Shape::pixels`], or `None` if it is zero or too large to count.
    pub(crate) fn checked_pixels(self) -> Option<usize> {
        let pixels = self.channels.checked_mul(self.height)?.checked_mul(self.width)?;
        (pixels > 0).then_some(pixels)
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

impl std::fmt::Display for ImageSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {} classes", self.shape, self.classes)
    }
}

impl Images {
    /// Checks pixels and labels.
    ///
    /// # Shapes
    /// - `pixels`: `[images, channels, height, width]`, the last dimension fastest
    /// - `labels`: `[images]`; no images at all are fine
    ///
    /// # Errors
    /// If the numbers of pixels and labels disagree, a pixel is outside `[0, 1]`, a label is not a class, the shape has
    /// no pixels, or there are no classes or more than 256.
    pub fn new(shape: Shape, classes: usize, pixels: Vec<f32>, labels: Vec<u8>) -> Result<Self, ImagesError> {
        let size = shape.checked_pixels().ok_or(ImagesError::Shape(shape))?;
        if !(1..=256).contains(&classes) {
            return Err(ImagesError::Classes(classes));
        }
        if labels.len().checked_mul(size) != Some(pixels.len()) {
            return Err(ImagesError::Count { pixels: pixels.len(), labels: labels.len(), shape });
        }
        if let Some(at) = pixels.iter().position(|value| !(0.0..=1.0).contains(value)) {
            return Err(ImagesError::Pixel { image: at / size, pixel: at % size, value: pixels[at] });
        }
        if let Some(image) = labels.iter().position(|&label| usize::from(label) >= classes) {
            return Err(ImagesError::Label { image, label: labels[image], classes });
        }
        Ok(Self { shape, classes, pixels, labels })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Size of each image.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Number of classes, 1 to 256; some may have no image here.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Size of each image and number of classes.
    pub fn spec(&self) -> ImageSpec {
        ImageSpec { shape: self.shape, classes: self.classes }
    }

    /// All pixels: `[images, channels, height, width]`, in `[0, 1]`.
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// The class of each image, from 0.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Pixels of one image: `[channels, height, width]`, in `[0, 1]`.
    ///
    /// # Panics
    /// If there is no image `index`.
    pub fn image(&self, index: usize) -> &[f32] {
        let size = self.shape.pixels();
        &self.pixels[index * size..][..size]
    }

    /// Number of images of each class: `[classes]`.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes];
        for &label in &self.labels {
            counts[usize::from(label)] += 1;
        }
        counts
    }

    /// The images at `indices`, in that order; an index may come twice.
    ///
    /// # Panics
    /// If an index has no image.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let mut pixels = Vec::with_capacity(indices.len() * self.shape.pixels());
        for &index in indices {
            pixels.extend_from_slice(self.image(index));
        }
        let labels = indices.iter().map(|&index| self.labels[index]).collect();
        Self { shape: self.shape, classes: self.classes, pixels, labels }
    }

    /// These images, then those of `other`.
    ///
    /// # Errors
    /// If the two differ in shape or number of classes.
    pub fn concat(&self, other: &Self) -> Result<Self, ImagesError> {
        if (self.shape, self.classes) != (other.shape, other.classes) {
            return Err(ImagesError::Differ {
                left: self.shape,
                left_classes: self.classes,
                right: other.shape,
                right_classes: other.classes,
            });
        }
        Ok(Self {
            shape: self.shape,
            classes: self.classes,
            pixels: [self.pixels(), other.pixels()].concat(),
            labels: [self.labels(), other.labels()].concat(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOT: Shape = Shape { channels: 1, height: 1, width: 2 };

    fn three() -> Images {
        Images::new(DOT, 3, vec![0.0, 0.1, 0.2, 0.3, 0.4, 1.0], vec![2, 0, 2]).expect("valid")
    }

    #[track_caller]
    fn refused(classes: usize, pixels: &[f32], labels: &[u8], message: &str) {
        let error = Images::new(DOT, classes, pixels.to_vec(), labels.to_vec()).expect_err("invalid");
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn an_image_is_its_own_run_of_pixels() {
        assert_eq!(three().image(1), [0.2, 0.3]);
        assert_eq!(three().class_counts(), [1, 0, 2]);
    }

    #[test]
    fn selecting_keeps_the_given_order() {
        let chosen = three().select(&[2, 1, 2]);
        assert_eq!(chosen.labels(), [2, 0, 2]);
        assert_eq!(chosen.pixels(), [0.4, 1.0, 0.2, 0.3, 0.4, 1.0]);
    }

    #[test]
    fn concatenated_images_follow_each_other() {
        let both = three().concat(&three().select(&[1])).expect("same shape");
        assert_eq!(both.labels(), [2, 0, 2, 0]);
        assert_eq!(both.image(3), [0.2, 0.3]);
    }

    #[test]
    fn images_of_two_shapes_are_not_concatenated() {
        let tall = Shape { channels: 1, height: 2, width: 1 };
        let other = Images::new(tall, 3, vec![0.0; 2], vec![0]).expect("valid");
        let error = three().concat(&other).expect_err("another shape");
        assert_eq!(error.to_string(), "images of 1x2x1 in 3 classes cannot follow images of 1x1x2 in 3");
    }

    #[test]
    fn bad_images_are_refused_by_name() {
        refused(3, &[0.0; 3], &[0], "3 pixels for 1 labels, expected 1x1x2 pixels for each label");
        refused(3, &[0.0, 0.0, 0.5, 1.5], &[0, 1], "pixel 1 of image 1 is 1.5, expected 0 to 1");
        refused(3, &[f32::NAN, 0.0], &[0], "pixel 0 of image 0 is NaN, expected 0 to 1");
        refused(3, &[0.0; 4], &[2, 3], "label 3 of image 1, expected a class below 3");
        refused(0, &[], &[], "0 classes, expected 1 to 256");
        refused(257, &[], &[], "257 classes, expected 1 to 256");
    }

    #[test]
    fn a_shape_without_pixels_or_too_many_is_refused() {
        for shape in [Shape { channels: 0, ..DOT }, Shape { channels: usize::MAX, ..DOT }] {
            assert_eq!(Images::new(shape, 3, vec![], vec![]), Err(ImagesError::Shape(shape)));
        }
    }
}
