use super::*;
use crate::format::FormatError;
use crate::images::{Images, Shape};
use crate::manifest::Part;
use crate::stand_in::stand_in;

const USPS: &str = BUILT_IN[0].1;

/// A format that reads no file: all images are black and of class 0.
#[derive(Debug)]
struct Black(&'static str);

impl Format for Black {
    fn name(&self) -> &str {
        self.0
    }

    fn check(&self, manifest: &Manifest, part: &Part) -> Result<(), String> {
        let plain = manifest.shape.channels == 1 && part.files.len() == 1;
        if plain { Ok(()) } else { Err("expected one channel".into()) }
    }

    fn read(&self, manifest: &Manifest, part: &Part, _: &Path) -> Result<Images, FormatError> {
        let pixels = vec![0.0; part.images * manifest.shape.pixels()];
        Ok(Images::new(manifest.shape, manifest.classes, pixels, vec![0; part.images]).expect("valid"))
    }
}

/// The manifest of USPS under another name, with another format.
fn manifest(name: &str, format: &str) -> String {
    USPS.replace("\"usps\"", &format!("{name:?}")).replace("\"usps-text\"", &format!("{format:?}"))
}

/// What a message says of the built-in formats where `name` is none of them.
fn known_formats(name: &str) -> String {
    let formats = built_in();
    nearest::expected(name, &formats.iter().map(|format| format.name()).collect::<Vec<_>>())
}

#[track_caller]
fn refused(datasets: &mut Datasets, text: &str, expected: &str) {
    let message = datasets.add_manifest(text, Path::new("my.toml")).expect_err("refused").to_string();
    assert_eq!(message, format!("my.toml: {expected}"));
}

#[test]
fn every_built_in_manifest_is_read_and_has_its_files_name() {
    let datasets = Datasets::default();
    let names: Vec<_> =
        datasets.manifests().map(|manifest| format!("datasets/{}.toml", manifest.name)).collect();
    assert_eq!(names, BUILT_IN.map(|(path, _)| path));
}

#[test]
fn a_program_adds_a_format_and_a_dataset_in_it() {
    let mut datasets = Datasets::default();
    let text = manifest("mine", "black").replace("height = 16", "height = 3");
    refused(
        &mut datasets,
        &text,
        &format!(
            "TOML parse error at line 7, column 10\n  |\n7 | format = \"black\"\n  |          ^^^^^^^\n\
             unknown format `black`, {}",
            known_formats("black")
        ),
    );
    datasets.add_format(Arc::new(Black("black"))).expect("a new name");
    datasets.add_manifest(&text, Path::new("my.toml")).expect("a known format");
    assert_eq!(datasets.get("mine").expect("added").shape.height, 3);
    let spec = datasets.spec(&Choice::Named("mine".into())).expect("added");
    assert_eq!(spec, ImageSpec { shape: Shape { channels: 1, height: 3, width: 16 }, classes: 10 });
}

#[test]
fn a_misspelt_format_is_shown_with_the_nearest() {
    refused(
        &mut Datasets::default(),
        &manifest("mine", "usps-txt"),
        &format!(
            "TOML parse error at line 7, column 10\n  |\n7 | format = \"usps-txt\"\n  |          ^^^^^^^^^^\n\
             unknown format `usps-txt`, {}",
            known_formats("usps-txt")
        ),
    );
    assert!(known_formats("usps-txt").ends_with("; did you mean `usps-text`?"));
}

#[test]
fn a_name_that_is_taken_or_reserved_is_refused() {
    let mut datasets = Datasets::default();
    refused(&mut datasets, USPS, "dataset `usps` already exists; choose another name");
    for name in ["auto", "stand-in"] {
        let expected = format!(
            "name `{name}` is reserved: `--dataset {name}` has a meaning of its own; choose another name"
        );
        refused(&mut datasets, &manifest(name, "usps-text"), &expected);
    }
    let mut add =
        |name| datasets.add_format(Arc::new(Black(name))).map(drop).map_err(|error| error.to_string());
    assert_eq!(add("idx"), Err("format `idx` already exists; choose another name".into()));
    assert_eq!(add("black"), Ok(()));
    assert_eq!(add("black"), Err("format `black` already exists; choose another name".into()));
    let name = "name of a format \"B W\", expected lower-case letters, digits and -, at most 64";
    assert_eq!(add("B W"), Err(name.into()));
}

#[test]
fn a_format_refuses_a_manifest_that_it_cannot_read() {
    let mut datasets = Datasets::default();
    datasets.add_format(Arc::new(Black("black"))).expect("a new name");
    let colour = manifest("mine", "black").replace("channels = 1", "channels = 3");
    refused(&mut datasets, &colour, "[training]: expected one channel");
    let idx = manifest("mine", "idx");
    refused(&mut datasets, &idx, "[training]: 1 files, expected 2: images, then labels");
    assert!(datasets.get("mine").is_err(), "what is refused is not added");
}

#[test]
fn an_unknown_dataset_is_named_with_those_that_exist() {
    let mut datasets = Datasets::default();
    datasets.add_manifest(&manifest("mine", "usps-text"), Path::new("my.toml")).expect("a new name");
    let error = datasets.get("min").expect_err("unknown").to_string();
    assert_eq!(error, "dataset \"min\" is unknown, expected usps or mine; did you mean `mine`?");
    let error = datasets.spec(&Choice::Named("standin".into())).expect_err("unknown").to_string();
    let expected = "expected auto, stand-in, usps or mine; did you mean `stand-in`?";
    assert_eq!(error, format!("dataset \"standin\" is unknown, {expected}"));
}

#[test]
fn auto_has_one_shape_whichever_images_are_found() {
    let datasets = Datasets::default();
    let digits = stand_in("a test");
    for images in [&digits.training, &digits.test] {
        assert_eq!(datasets.spec(&Choice::StandIn), Ok(images.spec()));
        assert_eq!(datasets.spec(&Choice::Auto), Ok(images.spec()));
    }
    assert_eq!(datasets.spec(&Choice::Auto).expect("known").to_string(), "1x16x16 in 10 classes");
}

#[test]
fn a_dataset_is_known_by_its_fingerprint() {
    let datasets = Datasets::default();
    let usps = "def0fb7ca57b603dca6808b8e991ec5261f0e8b35d7df2aecac241181dc2b2cc";
    assert_eq!(datasets.name_of(usps), Some("usps"));
    assert_eq!(datasets.name_of(&stand_in("a test").sha256), Some("stand-in"));
    assert_eq!(datasets.name_of("0"), None);
}
