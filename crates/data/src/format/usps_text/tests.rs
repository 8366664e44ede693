use proptest::prelude::*;

use super::*;
use crate::format::suite::Sample;
use crate::images::Shape;
use crate::test_server::{gzip, usps};

/// Zipped only: text that was cut off within its last number cannot be told from a whole one.
pub(crate) fn samples() -> Vec<Sample> {
    let file = gzip(b"6.0000 0.0000 2.0000 \n9 1 0.5 \n");
    let shape = Shape { channels: 1, height: 1, width: 2 };
    let (pixels, labels) = (vec![0.0, 1.0, 0.5, 0.25], vec![6, 9]);
    vec![Sample { pixels, labels, ..Sample::new(2, shape, 2.0, vec![file]) }]
}

/// USPS with images of two pixels, two of them in the test file.
fn small() -> Manifest {
    let mut manifest = usps();
    manifest.shape.height = 1;
    manifest.shape.width = 2;
    manifest.test.images = 2;
    manifest
}

fn read_bytes(manifest: &Manifest, bytes: &[u8]) -> Result<Images, FormatError> {
    let folder = tempfile::tempdir().expect("temporary folder");
    std::fs::write(folder.path().join("zip.test.gz"), bytes).expect("written");
    UspsText.read(manifest, &manifest.test, folder.path())
}

/// Expects `zip.test.gz, ` and then `expected`.
#[track_caller]
fn refused(bytes: &[u8], expected: &str) {
    let message = read_bytes(&small(), bytes).expect_err("bad").to_string();
    let (_, tail) = message.split_once("zip.test.gz, ").expect("the path");
    assert_eq!(tail, expected);
}

#[test]
fn values_are_mapped_from_black_and_white_to_0_and_1() {
    let images = read_bytes(&small(), &gzip(b"6.0000 -1.0000 1.0000 \n9 0 -0.5 \n")).expect("good");
    assert_eq!(images.labels(), [6, 9]);
    assert_eq!(images.pixels(), [0.0, 1.0, 0.5, 0.25]);
}

#[test]
fn unzipped_text_is_read() {
    assert_eq!(read_bytes(&small(), b"1 0 0\n2 1 1").expect("good").labels(), [1, 2]);
}

#[test]
fn a_file_of_two_gzip_members_is_read_to_its_end() {
    let members = [gzip(b"1 0 0\n"), gzip(b"2 1 1")].concat();
    assert_eq!(read_bytes(&small(), &members).expect("good").labels(), [1, 2]);
}

#[test]
fn a_truncated_stream_is_named() {
    let whole = gzip(b"6 0 0\n9 0 0\n");
    refused(&whole[..whole.len() - 4], "line 3: unexpected end of file; is the file complete?");
    refused(b"<html>not found</html>", "line 1: \"<html>not\", expected a number");
}

#[test]
fn a_bad_line_is_named_with_its_number() {
    let case = |line: &str, expected: &str| refused(&gzip(format!("6 0 0\n{line}\n").as_bytes()), expected);
    case("12 0 0", "line 2: label 12, expected a whole number 0 to 9");
    case("1.5 0 0", "line 2: label 1.5, expected a whole number 0 to 9");
    case("-1 0 0", "line 2: label -1, expected a whole number 0 to 9");
    case("NaN 0 0", "line 2: label NaN, expected a whole number 0 to 9");
    case("1 0", "line 2: 2 values, expected 3: a label, then 1x1x2 pixels; is the file complete?");
    case("1 0 0 0", "line 2: 4 values, expected 3: a label, then 1x1x2 pixels; is the file complete?");
    case("", "line 2: 0 values, expected 3: a label, then 1x1x2 pixels; is the file complete?");
    case("1 0 NaN", "line 2: pixel 1 is NaN, expected -1 to 1");
    case("1 inf 0", "line 2: pixel 0 is inf, expected -1 to 1");
    case("1 -1.0001 0", "line 2: pixel 0 is -1.0001, expected -1 to 1");
    case("1 0 1,0", "line 2: \"1,0\", expected a number");
    case("1 0 \u{1b}[2J", "line 2: \"\\u{1b}[2J\", expected a number");
}

#[test]
fn another_number_of_images_is_refused() {
    refused(&gzip(b"6 0 0\n"), "line 2: the file ends after 1 of 2 images; is it complete?");
    refused(&gzip(b"6 0 0\n6 0 0\n6 0 0\n"), "line 3: more than the expected 2 images");
}

#[test]
fn an_endless_line_is_not_read_to_its_end() {
    let endless = gzip(&vec![b' '; 1 << 20]);
    let cut = &endless[..endless.len() / 2];
    refused(cut, "line 1: longer than 48 bytes, expected one image a line");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let error = UspsText.read(&small(), &small().test, folder.path()).expect_err("missing");
    assert!(error.to_string().contains("zip.test.gz: "), "{error}");
}

/// A real line: 255 values is what a cut one looks like.
#[test]
fn a_line_of_255_values_is_refused_under_the_real_manifest() {
    let message = read_bytes(&usps(), &gzip("1.0000 ".repeat(255).as_bytes())).expect_err("cut").to_string();
    assert!(
        message.ends_with(
            "line 1: 255 values, expected 257: a label, then 1x16x16 pixels; is the file complete?"
        ),
        "{message}"
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        images in prop::collection::vec((0_u8..10, -10_000_i32..=10_000, -10_000_i32..=10_000), 2),
    ) {
        let value = |ten_thousandths: i32| f64::from(ten_thousandths) / 10_000.0;
        let lines: Vec<String> = images
            .iter()
            .map(|&(label, left, right)| format!("{label}.0000 {:.4} {:.4} \n", value(left), value(right)))
            .collect();
        let read = read_bytes(&small(), &gzip(lines.concat().as_bytes())).expect("good");
        for (image, &(label, left, right)) in images.iter().enumerate() {
            prop_assert_eq!(read.labels()[image], label);
            for (pixel, written) in read.image(image).iter().zip([left, right]) {
                prop_assert!((f64::from(*pixel) - f64::midpoint(value(written), 1.0)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[0-9. \\n\\-eNaif]{0,60}", tail: Vec<u8>) {
        let whole = gzip(&[text.as_bytes(), &tail].concat());
        let _ = read_bytes(&small(), &whole);
        let _ = read_bytes(&small(), &whole[..whole.len() / 2]);
        let _ = read_bytes(&small(), &tail);
    }
}
