//! The real USPS files, for those who have them: set `TINDERBOX_DATA_DIR`.

use std::io::Write;

use tinderbox_data::{
    Choice, Dataset, Datasets, Origin, Places, State, find, list, load, read_snapshot, verify, write_snapshot,
};

/// The real data; `None`, with a loud line, where no folder is given.
fn usps() -> Option<Dataset> {
    let places = Places { cache: None, ..Places::of_process(None) };
    if places.environment.is_none() {
        // Unlike `eprintln!`, this is not held back when the test passes.
        let line =
            "SKIPPED: this test reads the USPS files; set TINDERBOX_DATA_DIR to their folder to run it";
        writeln!(std::io::stderr(), "{line}").expect("standard error is open");
        return None;
    }
    Some(
        load(&Datasets::default(), &Choice::Named("usps".into()), &places, &mut |_| {})
            .expect("the USPS files are there"),
    )
}

#[test]
fn the_counts_are_those_of_the_files_own_description() {
    let Some(data) = usps() else { return };
    assert_eq!(data.training.class_counts(), [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644]);
    assert_eq!(data.test.class_counts(), [359, 264, 198, 166, 200, 160, 170, 147, 166, 177]);
    assert!(matches!(data.origin, Origin::Files(_)));
}

#[test]
fn the_first_image_is_the_six_that_the_file_begins_with() {
    let Some(data) = usps() else { return };
    assert_eq!(data.training.labels()[0], 6);
    let row = &data.training.image(0)[..10];
    // -1.0000 seven times, then -0.6310 0.8620 -0.1670.
    let expected = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1845, 0.931, 0.4165];
    assert!(
        row.iter().zip(expected).all(|(pixel, value): (&f32, f32)| (pixel - value).abs() < 1e-6),
        "{row:?}"
    );
}

#[test]
fn the_files_are_listed_and_verified() {
    if usps().is_none() {
        return;
    }
    let places = Places { cache: None, ..Places::of_process(None) };
    let datasets = Datasets::default();
    let usps = datasets.get("usps").expect("built in");
    let folder = find(usps, &places).expect("found");
    assert!(verify(usps, &folder).iter().all(|file| matches!(file.state, State::Ok)));
    assert_eq!(list(&datasets, &places)[0].found.as_ref().expect("found"), &folder);
}

#[test]
fn a_snapshot_holds_the_bits_that_the_text_gives() {
    let Some(data) = usps() else { return };
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("images.safetensors");
    let sha256 = write_snapshot(&data, &path).expect("written");
    let read = read_snapshot(&path, sha256).expect("read");
    let bits = |pixels: &[f32]| pixels.iter().map(|pixel| pixel.to_bits()).collect::<Vec<_>>();
    assert!(bits(read.training.pixels()) == bits(data.training.pixels()));
    assert!(bits(read.test.pixels()) == bits(data.test.pixels()));
    assert!(read == data);
}
