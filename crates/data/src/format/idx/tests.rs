use proptest::prelude::*;

use super::*;
use crate::format::suite::Sample;
use crate::test_server::gzip;

/// A file of these dimensions and values.
fn idx(dimensions: &[u32], values: &[u8]) -> Vec<u8> {
    let magic = 0x0800 + dimensions.len() as u32;
    let header = [&[magic], dimensions].concat();
    [header.into_iter().flat_map(u32::to_be_bytes).collect(), values.to_vec()].concat()
}

/// Two images of 1x2: black and white, then two shades of grey.
fn grey(zip: impl Fn(Vec<u8>) -> Vec<u8>) -> Sample {
    let files = [idx(&[2, 1, 2], &[0, 255, 51, 204]), idx(&[2], &[7, 3])].map(zip);
    let shape = Shape { channels: 1, height: 1, width: 2 };
    let (pixels, labels) = (vec![0.0, 1.0, 0.2, 0.8], vec![7, 3]);
    Sample { pixels, labels, ..Sample::new(2, shape, 255.0, files.into()) }
}

pub(crate) fn samples() -> Vec<Sample> {
    let files = [idx(&[1, 2, 1, 2], &[0, 100, 50, 25]), idx(&[1], &[9])];
    let shape = Shape { channels: 2, height: 1, width: 2 };
    let (pixels, labels) = (vec![0.0, 1.0, 0.5, 0.25], vec![9]);
    let colour = Sample { pixels, labels, ..Sample::new(1, shape, 100.0, files.into()) };
    vec![grey(|file| file), grey(|file| gzip(&file)), colour]
}

/// Puts `bytes` in place of file 0, the images, or 1, the labels, and expects a message that ends so.
#[track_caller]
fn refused(number: usize, bytes: Vec<u8>, expected: &str) {
    let mut sample = grey(|file| file);
    sample.files[number] = bytes;
    let message = sample.read(&Idx).expect_err("refused").to_string();
    let (_, tail) = message.split_once(&format!("file-{number}")).expect("the path");
    assert_eq!(tail, expected);
}

#[test]
fn images_of_one_channel_may_have_four_dimensions() {
    let mut sample = grey(|file| file);
    sample.files[0] = idx(&[2, 1, 1, 2], &[0, 255, 51, 204]);
    assert_eq!(sample.read(&Idx).expect("read").pixels(), sample.pixels);
}

#[test]
fn a_wrong_magic_number_is_shown() {
    let expected = "expected 00000803 or 00000804; is this the file of the images?";
    refused(0, idx(&[2], &[7, 3]), &format!(", byte 0: magic number 00000801, {expected}"));
    let floats = [&[0, 0, 0x0d, 3], &idx(&[2, 1, 2], &[0; 16])[4..]].concat();
    refused(0, floats, &format!(", byte 0: magic number 00000d03, {expected}"));
    refused(0, b"<html>".to_vec(), &format!(", byte 0: magic number 3c68746d, {expected}"));
    refused(
        1,
        idx(&[2, 1, 2], &[0; 4]),
        ", byte 0: magic number 00000803, expected 00000801; is this the file of the labels?",
    );
}

/// The dimensions multiply to more than 64 bits hold, or to more than any memory.
#[test]
fn dimensions_are_compared_before_memory_is_taken() {
    let most = u32::MAX;
    refused(
        0,
        idx(&[most, most, most], &[]),
        ", byte 4: dimensions 4294967295x4294967295x4294967295, expected 2x1x2",
    );
    refused(0, idx(&[2, 2, 1], &[0; 4]), ", byte 4: dimensions 2x2x1, expected 2x1x2");
    refused(1, idx(&[most], &[7, 3]), ", byte 4: dimensions 4294967295, expected 2");
}

#[test]
fn a_manifest_as_large_as_its_file_claims_does_not_overflow() {
    let most = u32::MAX;
    let mut sample = grey(|file| file);
    sample.manifest.test.images = most as usize;
    sample.manifest.shape = Shape { channels: 1, height: most as usize, width: most as usize };
    sample.files[0] = idx(&[most, most, most], &[]);
    let message = sample.read(&Idx).expect_err("refused").to_string();
    assert!(message.contains("byte 4: dimensions 4294967295x"), "{message}");
}

#[test]
fn a_file_that_is_too_short_or_too_long_is_named_with_the_byte() {
    refused(0, vec![0, 0], ", byte 2: the file ends, expected 2 more bytes; is it complete?");
    refused(
        0,
        idx(&[2, 1], &[]),
        ", byte 0: magic number 00000802, expected 00000803 or 00000804; is this the file of the images?",
    );
    refused(0, idx(&[2, 1, 2], &[0; 3]), ", byte 19: the file ends, expected 1 more bytes; is it complete?");
    refused(
        0,
        idx(&[2, 1, 2], &[0; 5]),
        ", byte 20: bytes after the last value; expected the end of the file",
    );
    let whole = gzip(&idx(&[2], &[7, 3]));
    refused(1, whole[..whole.len() - 1].to_vec(), ", byte 10: unexpected end of file; is the file complete?");
}

/// Ten million zeros in a small file: no more of them is read than the manifest says.
#[test]
fn a_short_file_of_many_zeros_is_not_read_to_its_end() {
    refused(
        0,
        gzip(&idx(&[2, 1, 2], &vec![0; 10_000_000])),
        ", byte 20: bytes after the last value; expected the end of the file",
    );
}

#[test]
fn a_label_beyond_the_classes_is_named_with_its_byte() {
    refused(1, idx(&[2], &[7, 10]), ", byte 9: label 10, expected 0 to 9");
}

#[test]
fn a_value_outside_the_range_is_named_with_its_byte() {
    let mut sample = grey(|file| file);
    sample.manifest.values.high = 254.0;
    let message = sample.read(&Idx).expect_err("refused").to_string();
    assert!(message.ends_with("file-0, byte 17: value 255, expected 0 to 254"), "{message}");
}

#[test]
fn a_part_has_two_files() {
    let mut sample = grey(|file| file);
    let part = &mut sample.manifest.test;
    part.files.pop();
    let check = Idx.check(&sample.manifest, &sample.manifest.test);
    assert_eq!(check, Err("1 files, expected 2: images, then labels".into()));
}

proptest! {
    #[test]
    fn what_is_written_is_read(images in prop::collection::vec((0_u8..10, any::<[u8; 6]>()), 1..5)) {
        let values: Vec<u8> = images.iter().flat_map(|(_, image)| *image).collect();
        let labels: Vec<u8> = images.iter().map(|&(label, _)| label).collect();
        let count = images.len() as u32;
        let files = vec![idx(&[count, 2, 3], &values), idx(&[count], &labels)];
        let read = Sample::new(images.len(), Shape { channels: 1, height: 2, width: 3 }, 255.0, files).read(&Idx);
        let read = read.expect("good");
        prop_assert_eq!(read.labels(), labels);
        let expected: Vec<f32> = values.iter().map(|&value| f32::from(value) / 255.0).collect();
        prop_assert_eq!(read.pixels(), expected);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(images: Vec<u8>, tail: Vec<u8>, labels: Vec<u8>) {
        let mut sample = grey(|file| file);
        sample.files = vec![images, labels];
        let _ = sample.read(&Idx);
        sample.files[0] = [&[0, 0, 8, 3][..], &tail].concat();
        let _ = sample.read(&Idx);
    }
}
