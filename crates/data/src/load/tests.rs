use super::*;
use crate::images::Shape;
use crate::test_server::{Server, two_files};

fn cache(folder: &Path) -> Places {
    Places { cache: Some(folder.to_owned()), ..Places::default() }
}

/// Two small files in place of those of USPS, at `server`.
fn small(server: &str) -> (Datasets, Manifest) {
    let (manifest, _) = two_files(server);
    (Datasets::default().with(manifest.clone()), manifest)
}

fn load_from(datasets: &Datasets, choice: &str, places: &Places) -> Result<Dataset, LoadError> {
    load(datasets, &choice.parse().expect("a choice"), places, &mut |_| {})
}

fn nowhere() -> Server {
    Server::start(|_, reply| reply.head("503 Service Unavailable\r\nContent-Length: 0"))
}

#[test]
fn files_are_downloaded_and_read() {
    let server = Server::start(|request, reply| {
        let (_, [train, test]) = two_files("");
        reply.whole(if request.path.contains("train") { &train } else { &test });
    });
    let (datasets, manifest) = small(&server.address);
    let root = tempfile::tempdir().expect("temporary folder");
    let data = load_from(&datasets, "auto", &cache(root.path())).expect("loaded");
    assert_eq!(data.training.labels(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!((data.test.labels(), data.test.pixels()), (&[7][..], &[1.0, 0.5][..]));
    assert_eq!(data.origin, Origin::Files(root.path().join("usps")));
    assert_eq!(data.sha256, manifest.fingerprint().to_string());
}

#[test]
fn auto_falls_back_and_says_why_in_a_line() {
    let server = nowhere();
    let (datasets, _) = small(&server.address);
    let root = tempfile::tempdir().expect("temporary folder");
    let data = load_from(&datasets, "auto", &cache(root.path())).expect("stand-in");
    assert_eq!(data.name, "stand-in");
    let reason = format!(
        "usps is not in {} (the cache); zip.train.gz could not be downloaded: {}/zip.train.gz: \
         the server answered 503 Service Unavailable",
        root.path().display(),
        server.address
    );
    assert_eq!(data.origin, Origin::StandIn { reason });
}

#[test]
fn a_named_dataset_never_falls_back() {
    let (datasets, _) = small(&nowhere().address);
    let root = tempfile::tempdir().expect("temporary folder");
    let error = load_from(&datasets, "usps", &cache(root.path())).expect_err("nowhere");
    assert!(matches!(error, LoadError::Fetch(FetchError::Download { .. })), "{error}");
}

#[test]
fn auto_does_not_fall_back_from_a_wrong_file_that_was_given() {
    let root = tempfile::tempdir().expect("temporary folder");
    std::fs::write(root.path().join("zip.test.gz"), "other").expect("written");
    let places = Places { data_dir: Some(root.path().to_owned()), ..Places::default() };
    let error = load_from(&Datasets::default(), "auto", &places).expect_err("wrong").to_string();
    assert!(error.contains("zip.test.gz (--data-dir) has the SHA-256 "), "{error}");
}

#[test]
fn auto_does_not_fall_back_from_a_folder_that_was_given() {
    let root = tempfile::tempdir().expect("temporary folder");
    let places = Places { data_dir: Some(root.path().to_owned()), ..Places::default() };
    let error = load_from(&Datasets::default(), "auto", &places).expect_err("nothing there").to_string();
    assert!(error.contains("(--data-dir): zip.train.gz and zip.test.gz are missing"), "{error}");
}

#[test]
fn auto_falls_back_where_there_is_not_even_a_cache() {
    let data = load_from(&Datasets::default(), "auto", &Places::default()).expect("stand-in");
    assert!(matches!(data.origin, Origin::StandIn { reason } if reason.contains("usps is not in any place")));
}

#[test]
fn an_unknown_dataset_is_an_error_before_anything_is_looked_for() {
    let error = load_from(&Datasets::default(), "uspz", &Places::default()).expect_err("unknown").to_string();
    assert_eq!(error, "dataset \"uspz\" is unknown, expected auto, stand-in or usps; did you mean `usps`?");
}

/// A format that gives these images, whatever the manifest says.
#[derive(Debug)]
struct Stubborn(Images);

impl Format for Stubborn {
    fn name(&self) -> &'static str {
        "stubborn"
    }

    fn read(&self, _: &Manifest, _: &Part, _: &Path) -> Result<Images, FormatError> {
        Ok(self.0.clone())
    }
}

#[test]
fn images_that_are_not_what_the_manifest_says_are_refused() {
    let (manifest, _) = two_files("");
    let read = |height, count, classes| {
        let shape = Shape { channels: 1, height, width: 2 };
        let pixels = vec![0.0; count * shape.pixels()];
        let images = Images::new(shape, classes, pixels, vec![0; count]).expect("valid");
        super::read(&Stubborn(images), &manifest, &manifest.test, Path::new("a"))
            .map_err(|error| error.to_string())
    };
    assert!(read(1, 1, 10).is_ok());
    let refused =
        |found| Err(format!("a: format `stubborn` read {found}, expected 1 of 1x1x2 in 10 classes"));
    assert_eq!(read(1, 2, 10), refused("2 images of 1x1x2 in 10 classes"));
    assert_eq!(read(2, 1, 10), refused("1 images of 1x2x2 in 10 classes"));
    assert_eq!(read(1, 1, 9), refused("1 images of 1x1x2 in 9 classes"));
}
