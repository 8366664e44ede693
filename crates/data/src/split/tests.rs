use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::Checksum;
use crate::dataset::Origin;
use crate::images::Shape;
use crate::stand_in;

/// Images of one pixel each, whose value tells where an image came from: `(first + i) / 1000`.
fn numbered(first: usize, labels: Vec<u8>) -> Images {
    let pixels = (first..first + labels.len()).map(|number| number as f32 / 1000.0).collect();
    Images::new(Shape { channels: 1, height: 1, width: 1 }, 4, pixels, labels).expect("valid")
}

fn dataset(training: Vec<u8>, test: Vec<u8>) -> Dataset {
    Dataset {
        name: "numbers".into(),
        title: "Numbers".into(),
        citation: String::new(),
        test: numbered(training.len(), test),
        training: numbered(0, training),
        origin: Origin::StandIn { reason: "a test".into() },
        sha256: Checksum::of(b"").to_string(),
    }
}

fn numbers(images: &Images) -> Vec<u32> {
    images.pixels().iter().map(|pixel| (pixel * 1000.0).round() as u32).collect()
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

#[test]
fn official_keeps_the_test_set_and_draws_a_tenth_of_each_class() {
    let data = dataset([0, 1].repeat(50), vec![3, 2, 1]);
    let split = split(&data, Protocol::Official, VALIDATION_FRACTION, &mut rng(0)).expect("split");
    assert_eq!(split.test, data.test);
    assert_eq!(split.test_indices, [0, 1, 2]);
    assert_eq!(split.validation.class_counts(), [5, 5, 0, 0]);
    assert_eq!(split.training.class_counts(), [45, 45, 0, 0]);
}

#[test]
fn pooled_draws_a_fifth_of_both_sets_together() {
    let data = dataset([0, 1].repeat(40), [0, 1].repeat(10));
    let split = split(&data, Protocol::Pooled, 0.25, &mut rng(0)).expect("split");
    assert_eq!(split.test.class_counts(), [10, 10, 0, 0]);
    assert_eq!(split.validation.len(), 20);
    assert_eq!(split.training.len(), 60);
    assert_eq!(numbers(&split.test), split.test_indices);
}

#[test]
fn another_validation_fraction_leaves_the_pooled_test_set_alone() {
    let test = |fraction| {
        split(&stand_in("a test"), Protocol::Pooled, fraction, &mut rng(3)).expect("split").test_indices
    };
    assert_eq!(test(0.0), test(0.5));
}

/// Pins the bits: a study that is resumed next year must train on the same images.
#[test]
fn a_seed_gives_the_same_split_for_ever() {
    let split =
        split(&stand_in("a test"), Protocol::Pooled, VALIDATION_FRACTION, &mut rng(1)).expect("split");
    let bytes: Vec<u8> = split.test_indices.iter().flat_map(|index| index.to_le_bytes()).collect();
    let pixels = [split.training.pixels(), split.validation.pixels()].concat();
    let pixels: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
    assert_eq!(
        Checksum::of(&bytes).to_string(),
        "9e8afda443e22f831adef5ebc538dfd9e51c78842739edd71ea13d59ee4eda3e"
    );
    assert_eq!(
        Checksum::of(&pixels).to_string(),
        "e599682c2c1e953c7ad8def66540fb865603c8d1631726d8dcb1de740cba81c7"
    );
}

#[test]
fn what_cannot_be_split_is_refused() {
    let error = |data: Dataset, protocol, fraction| {
        split(&data, protocol, fraction, &mut rng(0)).expect_err("no split").to_string()
    };
    let data = || dataset(vec![0], vec![0]);
    for fraction in ["1", "-0.1", "NaN"] {
        assert_eq!(
            error(data(), Protocol::Official, fraction.parse().expect("a number")),
            format!("validation fraction {fraction}, expected at least 0 and below 1")
        );
    }
    assert!(error(data(), Protocol::Official, 0.9).starts_with("no image is left for the training set"));
    assert!(error(data(), Protocol::Pooled, 0.1).starts_with("no image is left for the test set"));
    let mut differing = data();
    differing.test = stand_in("a test").test;
    assert!(error(differing, Protocol::Pooled, 0.1).contains("cannot follow images of 1x1x1"));
}

#[test]
fn a_protocol_is_written_as_it_is_read() {
    for protocol in [Protocol::Official, Protocol::Pooled] {
        assert_eq!(protocol.to_string().parse(), Ok(protocol));
        let text = format!("protocol = \"{protocol}\"");
        let table: std::collections::BTreeMap<String, Protocol> = toml::from_str(&text).expect("kebab-case");
        assert_eq!(table["protocol"], protocol);
    }
    let error = "random".parse::<Protocol>().expect_err("unknown");
    assert_eq!(error.to_string(), "protocol \"random\", expected official or pooled");
}

proptest! {
    #[test]
    fn every_image_lands_in_one_set(
        training in prop::collection::vec(0_u8..4, 4..150),
        test in prop::collection::vec(0_u8..4, 1..50),
        fraction in 0.0..0.8,
        pooled: bool,
        seed: u64,
    ) {
        let protocol = if pooled { Protocol::Pooled } else { Protocol::Official };
        let data = dataset(training, test);
        let split = |seed| split(&data, protocol, fraction, &mut rng(seed)).expect("split");
        let drawn = split(seed);
        prop_assert_eq!(&drawn, &split(seed));

        let mut all = [&drawn.training, &drawn.validation, &drawn.test].map(numbers).concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..(data.training.len() + data.test.len()) as u32).collect::<Vec<_>>());

        let rest = drawn.training.concat(&drawn.validation).expect("same shape");
        for (count, got) in rest.class_counts().into_iter().zip(drawn.validation.class_counts()) {
            let exact = drawn.validation.len() as f64 * count as f64 / rest.len() as f64;
            prop_assert!((got as f64 - exact).abs() < 1.0);
        }
    }
}
