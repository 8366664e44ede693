use serde_json::{Value, json};

use super::*;
use crate::{Activation, CnnConfig, FcnConfig, Initializer, LocalNetConfig, check_network, each_network};

#[test]
fn the_list_has_the_papers_networks_with_these_parameters() {
    struct Listed(Vec<(&'static str, u64)>);
    impl NetworkVisitor for Listed {
        fn visit<C: NetworkConfig>(&mut self) {
            self.0.push((C::KIND, C::for_images([1, 16, 16], 10).summary().parameters()));
        }
    }
    let mut listed = Listed(Vec::new());
    each_network(&mut listed);
    for paper in [("fcn", 297_098), ("cnn", 151_306), ("local-net", 1_398_154)] {
        assert!(listed.0.contains(&paper), "{paper:?} is not in {:?}", listed.0);
    }
}

#[test]
fn the_default_is_for_the_papers_images() {
    assert_eq!(FcnConfig::for_images([1, 16, 16], 10), FcnConfig::default());
    assert_eq!(CnnConfig::for_images([1, 16, 16], 10), CnnConfig::default());
    assert_eq!(LocalNetConfig::for_images([1, 16, 16], 10), LocalNetConfig::default());
}

#[test]
fn local_net_multiplies_as_often_as_cnn() {
    let (cnn, local_net) = (CnnConfig::default().summary(), LocalNetConfig::default().summary());
    assert_eq!(cnn.multiply_adds(), local_net.multiply_adds());
    // 16·16·32·9 + 8·8·64·32·9 + 1024·128 + 128·10
    assert_eq!(cnn.multiply_adds(), 73_728 + 1_179_648 + 131_072 + 1_280);
}

#[test]
fn the_time_of_an_image_is_in_proportion_to_its_multiply_adds() {
    let linear = FcnConfig { pixels: 100, hidden: vec![], classes: 10, ..FcnConfig::default() };
    assert!((linear.nanoseconds() - 0.06 * 1000.0).abs() < 1e-9);
}

#[test]
fn fcn_takes_images_with_its_pixels_and_cnn_images_of_its_shape() {
    let fits = |input: Input| [[1, 16, 16], [1, 8, 32], [3, 16, 16]].map(|shape| input.fits(shape));
    assert_eq!(fits(FcnConfig::default().input()), [true, true, false]);
    assert_eq!(fits(CnnConfig::default().input()), [true, false, false]);
    assert!(!Input::Pixels(0).fits([usize::MAX, 2, 1]));
    assert_eq!(FcnConfig::default().input().to_string(), "256 pixels");
    assert_eq!(LocalNetConfig::default().input().to_string(), "1x16x16");
}

#[test]
fn keys_left_out_have_the_papers_values() {
    let value = json!({"hidden": [5], "activation": "sigmoid", "initializer": "xavier-normal"});
    let expected = FcnConfig {
        hidden: vec![5],
        activation: Activation::Sigmoid,
        initializer: Initializer::XavierNormal,
        ..FcnConfig::default()
    };
    assert_eq!(serde_json::from_value::<FcnConfig>(value).unwrap(), expected);
}

#[track_caller]
fn assert_refused<C: NetworkConfig>(value: Value, message: &str) {
    let config: C = serde_json::from_value(value).unwrap();
    assert_eq!(check_network(&config).unwrap_err().to_string(), message);
}

#[test]
fn refusals_name_the_field() {
    assert_refused::<FcnConfig>(json!({"pixels": 0}), "`pixels` is 0, expected at least 1");
    assert_refused::<FcnConfig>(json!({"hidden": [3, 0]}), "`hidden[1]` is 0, expected at least 1");
    assert_refused::<FcnConfig>(json!({"dropout": 1.0}), "`dropout` is 1, expected at least 0 and below 1");
    assert_refused::<CnnConfig>(
        json!({"dropout": -0.1}),
        "`dropout` is -0.1, expected at least 0 and below 1",
    );
    assert_refused::<CnnConfig>(json!({"filters": [0, 1]}), "`filters[0]` is 0, expected at least 1");
    assert_refused::<CnnConfig>(json!({"classes": 0}), "`classes` is 0, expected at least 1");
    assert_refused::<LocalNetConfig>(
        json!({"width": 18}),
        "`width` is 18, expected a multiple of 4: it is halved twice",
    );
    assert_refused::<LocalNetConfig>(
        json!({"initializer": {"normal": {"standard_deviation": 0.0}}}),
        "`initializer.normal.standard_deviation` is 0, expected a finite number above 0",
    );
    assert_refused::<FcnConfig>(
        json!({"hidden": [u64::MAX, u64::MAX]}),
        "`parameters` is 18446744073709551615, expected at most 67,108,864: are the sizes right?",
    );
    assert_refused::<FcnConfig>(
        json!({"hidden": [8192, 8192]}),
        "`parameters` is 69304330, expected at most 67,108,864: are the sizes right?",
    );
    let largest: FcnConfig = serde_json::from_value(json!({"hidden": [8000, 8000]})).unwrap();
    assert_eq!((largest.summary().parameters(), check_network(&largest)), (66_144_010, Ok(())));
    assert_refused::<LocalNetConfig>(
        json!({"height": u64::MAX - 3, "width": u64::MAX - 3}),
        "`parameters` is 18446744073709551615, expected at most 67,108,864: are the sizes right?",
    );
}

#[test]
fn dropout_that_is_no_number_is_refused() {
    let config = FcnConfig { dropout: f64::NAN, ..FcnConfig::default() };
    assert_eq!(config.check().unwrap_err().field, "dropout");
}

#[test]
fn dropout_acts_in_training_only() {
    struct Dropped(Vec<&'static str>);
    impl NetworkVisitor for Dropped {
        fn visit<C: NetworkConfig>(&mut self) {
            let mut json = serde_json::to_value(C::for_images([1, 16, 16], 10)).unwrap();
            let Some(dropout) = json.get_mut("dropout") else { return };
            *dropout = 0.5.into();
            self.0.push(C::KIND);
            let config: C = serde_json::from_value(json).unwrap();
            let device = Device::flex().autodiff();
            let network = config.init(&device);
            let images = Tensor::<4>::ones([2, 1, 16, 16], &device);
            let train = || network.logits(images.clone()).into_data();
            assert_ne!(train(), train(), "{}", C::KIND);

            let still = network.valid();
            let predict = || still.logits(images.clone().inner()).into_data();
            assert_eq!(predict(), predict(), "{}", C::KIND);
        }
    }
    let mut dropped = Dropped(Vec::new());
    each_network(&mut dropped);
    assert!(dropped.0.len() >= 3, "{:?}", dropped.0);
}
