use super::*;
use crate::test_server::two_files;

fn write(folder: &Path, manifest: &Manifest, contents: &[&[u8]]) {
    std::fs::create_dir_all(folder).expect("made");
    for (file, bytes) in manifest.files().zip(contents) {
        std::fs::write(folder.join(&file.name), bytes).expect("written");
    }
}

fn three_places(root: &Path) -> Places {
    Places {
        data_dir: Some(root.join("given")),
        environment: Some(root.join("environment")),
        cache: Some(root.join("cache")),
    }
}

#[test]
fn the_first_place_with_all_files_is_taken() {
    let (manifest, [train, test]) = two_files("http://127.0.0.1:1");
    let root = tempfile::tempdir().expect("temporary folder");
    let places = Places { data_dir: None, ..three_places(root.path()) };
    let found = || find(&manifest, &places).expect("found").strip_prefix(root.path()).map(Path::to_owned);

    write(&root.path().join("cache/usps"), &manifest, &[&train, &test]);
    assert_eq!(found(), Ok(PathBuf::from("cache/usps")));
    write(&root.path().join("environment/usps"), &manifest, &[&train]);
    assert_eq!(found(), Ok(PathBuf::from("cache/usps")), "half a dataset is passed over");
    write(&root.path().join("environment"), &manifest, &[&train, &test]);
    assert_eq!(found(), Ok(PathBuf::from("environment")));
}

#[test]
fn the_folder_that_was_given_is_the_only_one_and_its_missing_files_are_named() {
    let (manifest, [train, test]) = two_files("http://127.0.0.1:1");
    let root = tempfile::tempdir().expect("temporary folder");
    let places = three_places(root.path());
    let given = root.path().join("given");
    write(&root.path().join("environment"), &manifest, &[&train, &test]);
    write(&root.path().join("cache/usps"), &manifest, &[&train, &test]);
    let refused = |files: &str| {
        let message = find(&manifest, &places).expect_err("refused").to_string();
        let expected = format!(
            "usps is not in {} (--data-dir): {files} missing; leave out --data-dir to look elsewhere and download",
            given.display()
        );
        assert_eq!(message, expected);
    };
    refused("zip.train.gz and zip.test.gz are");
    write(&given.join("usps"), &manifest, &[&train]);
    refused("zip.test.gz is");
    write(&given, &manifest, &[&train, &test]);
    assert_eq!(find(&manifest, &places).expect("found"), given);
}

#[test]
fn a_file_that_is_too_long_is_an_error_with_both_lengths() {
    let (manifest, [train, _]) = two_files("http://127.0.0.1:1");
    let root = tempfile::tempdir().expect("temporary folder");
    let places = Places { data_dir: None, ..three_places(root.path()) };
    write(&root.path().join("cache"), &manifest, &[&[&train[..], b"."].concat()]);
    let message = find(&manifest, &places).expect_err("long").to_string();
    let lengths = format!("(the cache) has {} bytes, expected {}; remove it", train.len() + 1, train.len());
    assert!(message.contains(&lengths), "{message}");
}

#[test]
fn a_wrong_file_is_an_error_even_where_another_place_has_the_right_one() {
    let (manifest, [train, test]) = two_files("http://127.0.0.1:1");
    let root = tempfile::tempdir().expect("temporary folder");
    write(&root.path().join("cache/usps"), &manifest, &[&train, &test]);
    write(&root.path().join("given/usps"), &manifest, &[b"other"]);
    let message = find(&manifest, &three_places(root.path())).expect_err("wrong").to_string();
    let sums = format!(
        "given/usps/zip.train.gz (--data-dir) has the SHA-256 {}, expected {}; ",
        Checksum::of(b"other"),
        Checksum::of(&train)
    );
    assert!(message.contains(&sums), "{message}");
}

#[test]
#[cfg(unix)]
fn the_environment_gives_a_folder_and_the_cache() {
    let places = |data_dir: &'static str, caches: &'static str, home: Option<&str>| {
        let variable = |name: &str| match name {
            "TINDERBOX_DATA_DIR" => Some(data_dir.into()),
            "XDG_CACHE_HOME" => Some(caches.into()),
            _ => None,
        };
        let places = Places::of(None, variable, home.map(PathBuf::from));
        [places.environment, places.cache].map(|folder| folder.map(|folder| folder.display().to_string()))
    };
    let some = |folder: &str| Some(folder.to_owned());
    assert_eq!(places("/d", "/c", Some("/h")), [some("/d"), some("/c/tinderbox")]);
    assert_eq!(places("", "", Some("/h")), [None, some("/h/.cache/tinderbox")]);
    assert_eq!(places("d", "c", Some("/h")), [some("d"), some("/h/.cache/tinderbox")]);
    assert_eq!(places("", "", None), [None, None]);
}

#[test]
fn the_places_that_lack_the_files_are_named() {
    let (manifest, _) = two_files("http://127.0.0.1:1");
    let places = Places { data_dir: None, ..three_places(Path::new("/nowhere")) };
    assert_eq!(
        find(&manifest, &places).expect_err("missing").to_string(),
        "usps is not in /nowhere/environment (TINDERBOX_DATA_DIR), nor in /nowhere/cache (the cache)"
    );
    assert_eq!(
        find(&manifest, &Places::default()).expect_err("missing").to_string(),
        "usps is not in any place: give --data-dir or set TINDERBOX_DATA_DIR"
    );
}

#[test]
fn every_manifest_is_listed_found_or_not() {
    let datasets = Datasets::default();
    let listed = list(&datasets, &Places::default());
    assert_eq!(listed[0].manifest.name, "usps");
    assert!(matches!(listed[0].found, Err(FindError::Missing { .. })));
}
