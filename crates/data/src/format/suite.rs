//! The promises of [`Format`] as tests that each format runs: one function a promise.

use std::fs;
use std::path::Path;

use super::{Format, FormatError};
use crate::images::{Images, Shape};
use crate::load::read;
use crate::manifest::{DataFile, Manifest, Part, ValueRange};
use crate::test_server::usps;

/// Runs the suite on the samples of a format.
macro_rules! suite {
    ($format:expr, $samples:expr) => {
        $crate::format::suite::suite!(@ $format, $samples;
            a_sample_is_read
            a_file_that_is_cut_off_at_any_byte_is_refused
            bytes_after_the_last_image_are_refused
            another_number_of_images_is_refused
            another_shape_is_refused
            a_value_outside_the_range_is_refused
            a_label_beyond_the_classes_is_refused
            a_missing_file_is_named
            a_part_without_files_is_refused
            a_wrong_number_of_files_is_refused_before_any_is_read
            changed_bytes_are_no_trouble
        );
    };
    (@ $format:expr, $samples:expr; $($promise:ident)+) => {$(
        #[test]
        fn $promise() {
            for sample in $samples {
                $crate::format::suite::$promise(&$format, &sample);
            }
        }
    )+};
}
pub(super) use suite;

/// Files of a test set, and what is in them.
pub(crate) struct Sample {
    pub(crate) manifest: Manifest,
    pub(crate) files: Vec<Vec<u8>>,
    pub(crate) pixels: Vec<f32>,
    pub(crate) labels: Vec<u8>,
}

impl Sample {
    /// `images` images in 10 classes; values from 0 to `white`.
    pub(crate) fn new(images: usize, shape: Shape, white: f32, files: Vec<Vec<u8>>) -> Self {
        let mut manifest = usps();
        manifest.shape = shape;
        manifest.values = ValueRange { low: 0.0, high: white };
        manifest.test.images = images;
        let file = |number| DataFile { name: format!("file-{number}"), ..manifest.test.files[0].clone() };
        manifest.test.files = (0..files.len()).map(file).collect();
        Self { manifest, files, pixels: Vec::new(), labels: Vec::new() }
    }

    pub(crate) fn read(&self, format: &dyn Format) -> Result<Images, FormatError> {
        read_files(format, &self.manifest, &self.files)
    }
}

fn read_files(format: &dyn Format, manifest: &Manifest, files: &[Vec<u8>]) -> Result<Images, FormatError> {
    let folder = tempfile::tempdir().expect("temporary folder");
    for (file, bytes) in manifest.test.files.iter().zip(files) {
        fs::write(folder.path().join(&file.name), bytes).expect("written");
    }
    read(format, manifest, &manifest.test, folder.path())
}

/// Reads the sample under a manifest that `change` has made wrong.
#[track_caller]
fn refused(format: &dyn Format, sample: &Sample, change: impl FnOnce(&mut Manifest)) -> FormatError {
    let mut manifest = sample.manifest.clone();
    change(&mut manifest);
    read_files(format, &manifest, &sample.files).expect_err("refused")
}

pub(crate) fn a_sample_is_read(format: &dyn Format, sample: &Sample) {
    assert_eq!(format.check(&sample.manifest, &sample.manifest.test), Ok(()));
    let images = sample.read(format).expect("read");
    assert_eq!(images.labels(), sample.labels);
    assert_eq!(images.pixels(), sample.pixels);
    for edge in [0.0, 1.0] {
        assert!(images.pixels().contains(&edge), "a sample has both ends of the range");
    }
}

pub(crate) fn a_file_that_is_cut_off_at_any_byte_is_refused(format: &dyn Format, sample: &Sample) {
    for (number, file) in sample.files.iter().enumerate() {
        for length in 0..file.len() {
            let mut files = sample.files.clone();
            files[number].truncate(length);
            let error = read_files(format, &sample.manifest, &files).expect_err("cut off");
            assert!(error.path.ends_with(format!("file-{number}")), "{length} bytes: {error}");
        }
    }
}

pub(crate) fn bytes_after_the_last_image_are_refused(format: &dyn Format, sample: &Sample) {
    for number in 0..sample.files.len() {
        for more in [vec![0], vec![0xff], sample.files[number].clone()] {
            let mut files = sample.files.clone();
            files[number].extend(more);
            let error = read_files(format, &sample.manifest, &files).expect_err("longer");
            assert!(error.path.ends_with(format!("file-{number}")), "{error}");
        }
    }
}

pub(crate) fn another_number_of_images_is_refused(format: &dyn Format, sample: &Sample) {
    for images in [0, sample.labels.len() - 1, sample.labels.len() + 1, 1 << 40, usize::MAX] {
        refused(format, sample, |manifest| manifest.test.images = images);
    }
}

pub(crate) fn another_shape_is_refused(format: &dyn Format, sample: &Sample) {
    refused(format, sample, |manifest| manifest.shape.width += 1);
    refused(format, sample, |manifest| manifest.shape.height -= 1);
    refused(format, sample, |manifest| manifest.shape.channels += 1);
}

pub(crate) fn a_value_outside_the_range_is_refused(format: &dyn Format, sample: &Sample) {
    refused(format, sample, |manifest| manifest.values.high /= 2.0);
    refused(format, sample, |manifest| manifest.values.low = manifest.values.high / 2.0);
}

pub(crate) fn a_label_beyond_the_classes_is_refused(format: &dyn Format, sample: &Sample) {
    let highest = *sample.labels.iter().max().expect("images");
    let error = refused(format, sample, |manifest| manifest.classes = usize::from(highest));
    assert!(error.to_string().contains(&format!("label {highest}, expected ")), "{error}");
}

pub(crate) fn a_missing_file_is_named(format: &dyn Format, sample: &Sample) {
    for number in 0..sample.files.len() {
        let error = read_files(format, &sample.manifest, &sample.files[..number]).expect_err("missing");
        assert!(error.path.ends_with(format!("file-{number}")), "{error}");
    }
}

/// A manifest does not pass its check so; a value made by hand may be anything.
pub(crate) fn a_part_without_files_is_refused(format: &dyn Format, sample: &Sample) {
    let mut part = sample.manifest.test.clone();
    part.files.clear();
    format.read(&sample.manifest, &part, Path::new(".")).expect_err("refused");
}

/// What `read` says of a part as a whole, `check` says before there is any file.
pub(crate) fn a_wrong_number_of_files_is_refused_before_any_is_read(format: &dyn Format, sample: &Sample) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let files = &sample.manifest.test.files;
    for (file, bytes) in files.iter().zip(&sample.files) {
        fs::write(folder.path().join(&file.name), bytes).expect("written");
    }
    for count in [files.len() - 1, files.len(), files.len() + 1] {
        let part = Part {
            files: files.iter().cycle().take(count).cloned().collect(),
            ..sample.manifest.test.clone()
        };
        let read = format.read(&sample.manifest, &part, folder.path());
        let whole = read.is_err_and(|error| error.path == folder.path());
        assert_eq!(format.check(&sample.manifest, &part).is_err(), whole, "{count} files");
    }
}

/// What is read of them or not: that nothing panics is what is tested.
pub(crate) fn changed_bytes_are_no_trouble(format: &dyn Format, sample: &Sample) {
    for number in 0..sample.files.len() {
        for place in 0..sample.files[number].len() {
            for byte in [0, 0x80, 0xff] {
                let mut files = sample.files.clone();
                files[number][place] = byte;
                let _ = read_files(format, &sample.manifest, &files);
            }
        }
    }
}
