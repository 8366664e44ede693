use super::*;
use crate::test_server::{gzip, usps};

const USPS: &str = include_str!("../../datasets/usps.toml");

/// Changes one thing of a good manifest and expects a message with `expected` in it.
#[track_caller]
fn refused(from: &str, to: &str, expected: &str) {
    assert!(USPS.contains(from), "{from:?} stands in the manifest");
    let text = USPS.replacen(from, to, 1);
    let message = Manifest::parse(&text, Path::new("datasets/bad.toml")).expect_err("bad").to_string();
    assert!(message.starts_with("datasets/bad.toml: ") && message.contains(expected), "{message}");
    assert!(!message.ends_with(['\n', '.']), "{message:?}");
}

#[test]
fn a_file_is_unzipped_if_it_is_gzip() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = &usps().test.files[0];
    let text = |bytes: &[u8]| {
        std::fs::write(folder.path().join(&file.name), bytes).expect("written");
        io::read_to_string(file.open(folder.path()).expect("opened")).map_err(|error| error.to_string())
    };
    let zipped = gzip(b"some text");
    assert_eq!(text(b"some text").as_deref(), Ok("some text"));
    assert_eq!(text(&zipped).as_deref(), Ok("some text"));
    assert_eq!(text(&[&zipped[..], &zipped].concat()).as_deref(), Ok("some textsome text"));
    assert_eq!(text(b"").as_deref(), Ok(""));
    text(&zipped[..zipped.len() - 1]).expect_err("cut off");
}

#[test]
fn the_fingerprint_is_what_sha256sum_gives() {
    // sha256sum zip.train.gz zip.test.gz | sha256sum
    let expected = "def0fb7ca57b603dca6808b8e991ec5261f0e8b35d7df2aecac241181dc2b2cc";
    assert_eq!(usps().fingerprint().to_string(), expected);
}

#[test]
fn a_typo_is_shown_with_its_line() {
    refused("licence =", "license =", "unknown field `license`");
    refused("licence =", "license =", "line 8");
    refused("[test]", "[tests]", "missing field `images`");
    refused("images = 2007", "image = 2007", "unknown field `image`");
    refused("[[test.files]]", "[test.files]", "invalid type: map, expected a sequence");
    refused("size = 1829071\n", "", "missing field `size`");
    refused("66ebf231", "66ebf23", "expected the 64 hexadecimal digits of a SHA-256");
    refused("width = 16", "width = 16, depth = 1", "unknown field `depth`");
}

#[test]
fn a_value_that_cannot_be_is_refused() {
    refused("name = \"usps\"", "name = \"../usps\"", "expected lower-case letters, digits and -");
    refused("height = 16", "height = 0", "expected at least one pixel");
    refused("classes = 10", "classes = 257", "1 to 256 classes");
    refused("name = \"usps\"", &format!("name = \"{}\"", "a".repeat(65)), "at most 64");
    refused("high = 1.0", "high = -1.0", "values from -1 to -1, expected low below high");
    refused("high = 1.0", "high = nan", "expected low below high");
    refused("\"zip.test.gz\"", "\"zip.train.gz\"", "\"zip.train.gz\" is used twice");
    refused("\"zip.test.gz\"", "\"../zip.test.gz\"", "a plain name without folders");
    refused("images = 2007", "images = 0", "[test]: no images, expected at least one");
    refused(
        "size = 439208",
        "size = 1073741825",
        "zip.test.gz: 1073741825 bytes, expected at most 1073741824",
    );
    refused(
        "images = 2007",
        "images = 524289",
        "[test]: 524289 images of 1x16x16, expected at most 134217728 pixels",
    );
    refused("\"https://hastie", "\"ftp://hastie", "expected an address that starts with https://");
}

#[test]
fn a_file_may_be_as_large_as_its_bounds() {
    let text = USPS.replace("size = 439208", "size = 1073741824").replace("images = 2007", "images = 524288");
    let manifest = Manifest::parse(&text, Path::new("large.toml")).expect("allowed");
    assert_eq!((manifest.test.files[0].size, manifest.test.images * 256), (MOST_BYTES, MOST_PIXELS));
}

#[test]
fn a_part_has_one_file_or_more() {
    let (head, _) = USPS.split_once("[[test.files]]").expect("the last file");
    let parse = |text: &str| Manifest::parse(text, Path::new("m.toml")).map_err(|error| error.to_string());
    assert_eq!(
        parse(&format!("{head}files = []")),
        Err("m.toml: [test]: no files, expected at least one".into())
    );
    let sha256 = "0".repeat(64);
    let third = format!(
        "[[test.files]]\nname = \"labels\"\nmirrors = [\"http://a\"]\nsha256 = \"{sha256}\"\nsize = 1"
    );
    let manifest = parse(&format!("{USPS}\n{third}")).expect("three files");
    let names: Vec<_> = manifest.files().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["zip.train.gz", "zip.test.gz", "labels"]);
}
