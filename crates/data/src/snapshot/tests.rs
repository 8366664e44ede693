use std::fs;
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::stand_in::stand_in;

/// Two sets of images of 1x1x2 whose first pixel is `pixel`.
fn small(pixel: f32) -> Dataset {
    let shape = Shape { channels: 1, height: 1, width: 2 };
    let images = |classes, pixels, labels| Images::new(shape, classes, pixels, labels).expect("valid");
    Dataset {
        name: "small".into(),
        title: "Two \"small\" sets".into(),
        citation: "nobody,\nnowhere".into(),
        training: images(3, vec![pixel, 0.1, 1.0, 0.0], vec![2, 0]),
        test: images(4, vec![0.3, 0.7], vec![3]),
        origin: Origin::Files("a folder/of files".into()),
        sha256: "0".repeat(64),
    }
}

fn bits(images: &Images) -> Vec<u32> {
    images.pixels().iter().map(|pixel| pixel.to_bits()).collect()
}

#[track_caller]
fn survives(dataset: &Dataset) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("images");
    let sha256 = write_snapshot(dataset, &path).expect("written");
    let read = read_snapshot(&path, sha256).expect("read");
    assert_eq!(&read, dataset);
    assert_eq!(bits(&read.training), bits(&dataset.training));
    assert_eq!(bits(&read.test), bits(&dataset.test));
    assert_eq!(write_snapshot(&read, &path).expect("written anew"), sha256);
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Vec<u8>), message: &str) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("images");
    let sha256 = write_snapshot(&small(0.5), &path).expect("written");
    let mut bytes = fs::read(&path).expect("read");
    change(&mut bytes);
    fs::write(&path, bytes).expect("changed");
    let error = read_snapshot(&path, sha256).expect_err("changed").to_string();
    assert!(error.starts_with(&format!("{}: ", path.display())), "{error}");
    assert!(error.contains(message), "`{message}` is not in: {error}");
}

/// A sparse file of a byte too many, which is refused before it is read.
#[test]
fn a_snapshot_is_read_up_to_its_bound() {
    assert!(bounded(MOST_SNAPSHOT_BYTES).is_ok());
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("images");
    fs::File::create(&path).and_then(|file| file.set_len(MOST_SNAPSHOT_BYTES + 1)).expect("made");
    let message = read_snapshot(&path, Checksum::of(b"")).expect_err("refused").to_string();
    assert!(message.ends_with("of 268435457 bytes, expected at most 268435456"), "{message}");
}

#[test]
fn stand_in_digits_survive_with_the_reason_why_they_stand_in() {
    survives(&stand_in("a reason with \"quotes\""));
}

proptest! {
    #[test]
    fn every_pixel_survives_bit_for_bit(pixel in prop_oneof![
        0f32..=1.0,
        Just(-0.0f32),
        (0..=1f32.to_bits()).prop_map(f32::from_bits),
    ]) {
        survives(&small(pixel));
    }
}

#[test]
fn a_snapshot_that_was_cut_off_or_changed_in_a_single_bit_is_refused() {
    let length = serialize(&small(0.5)).expect("serialized").len();
    for end in [0, 1, length / 2, length - 1] {
        refused(|bytes| bytes.truncate(end), "it was damaged, or another program wrote it");
    }
    for byte in 0..length {
        refused(|bytes| bytes[byte] ^= 1 << (byte % 8), "it was damaged, or another program wrote it");
    }
    refused(|bytes| bytes.push(0), "it was damaged, or another program wrote it");
}

#[test]
fn the_snapshot_of_another_dataset_is_refused_however_whole() {
    refused(|bytes| *bytes = serialize(&small(0.25)).expect("serialized"), "expected ");
}

/// A checksum says which bytes are meant, not that they are a snapshot.
#[test]
fn the_format_of_another_version_is_refused_even_under_its_own_checksum() {
    let small = serialize(&small(0.5)).expect("serialized");
    let (_, header) = SafeTensors::read_metadata(&small).expect("a header");
    let head = header.metadata().clone();
    let pixels = |dtype, shape: &[usize]| {
        let bytes = vec![0; 4];
        let labels = TensorView::new(Dtype::U8, vec![4], &bytes).expect("four labels");
        let pixels = TensorView::new(dtype, shape.to_vec(), &bytes).expect("four bytes");
        safetensors::serialize([("training.pixels", pixels), ("training.labels", labels)], head.clone())
    };
    let none = |head| safetensors::serialize(Vec::<(&str, TensorView)>::new(), head);
    let numbers = HashMap::from([(HEAD.to_owned(), "name = 1".to_owned())]);
    for (file, message) in [
        (Ok(b"not even safetensors".to_vec()), "not a snapshot of a dataset: "),
        (none(None), "it does not say which"),
        (none(Some(numbers)), "expected a string"),
        (none(head.clone()), "training.pixels"),
        (pixels(Dtype::U8, &[4, 1, 1, 1]), "training.pixels are not 32-bit numbers in four dimensions"),
        (pixels(Dtype::F32, &[1, 1, 1, 1]), "1 pixels for 4 labels"),
    ] {
        let (bytes, file) = (file.expect("a file"), tempfile::NamedTempFile::new().expect("a file"));
        fs::write(file.path(), &bytes).expect("written");
        let error =
            read_snapshot(file.path(), Checksum::of(&bytes)).expect_err("another version").to_string();
        assert!(error.contains(message), "`{message}` is not in: {error}");
    }
}

#[test]
fn two_writers_at_a_time_leave_a_whole_snapshot_of_one_of_them_and_nothing_else() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("images");
    let datasets = [small(0.25), small(0.75)];
    let sums = datasets.each_ref().map(|dataset| Checksum::of(&serialize(dataset).expect("serialized")));
    write_snapshot(&datasets[0], &path).expect("written");
    thread::scope(|scope| {
        for dataset in &datasets {
            scope.spawn(|| (0..100).for_each(|_| _ = write_snapshot(dataset, &path).expect("written")));
        }
        for _ in 0..100 {
            let found = Checksum::of(&fs::read(&path).expect("always there"));
            assert!(sums.contains(&found), "a reader saw half of a snapshot");
        }
    });
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn where_nothing_can_be_written_the_error_names_the_path_and_nothing_is_left() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let nowhere = folder.path().join("nowhere").join("images");
    let error = write_snapshot(&small(0.5), &nowhere).expect_err("no folder").to_string();
    assert!(error.starts_with(&format!("{}: ", nowhere.display())), "{error}");

    // The bytes can be written here, but cannot take the name of a folder.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).expect("made");
    write_snapshot(&small(0.5), &taken).expect_err("a folder");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}
