use burn_store::ModuleSnapshot;
use serde_json::{Value, json};

use super::*;
use crate::{Activation, Initializer};

const KINDS: [Kind; 3] = [Kind::Fcn, Kind::Cnn, Kind::LocalNet];

fn paper(kind: Kind) -> NetworkConfig {
    NetworkConfig::paper(kind, [1, 16, 16], 10)
}

/// All weights, one after the other.
fn weights(network: &Network) -> Vec<f32> {
    let tensors = network.collect(None, None, true);
    let values = |tensor| burn_store::bridge::into_data(tensor).unwrap().try_to_vec::<f32>().unwrap();
    tensors.into_iter().flat_map(values).collect()
}

#[test]
fn the_papers_networks_have_these_parameters() {
    for (kind, parameters) in [(Kind::Fcn, 297_098), (Kind::Cnn, 151_306), (Kind::LocalNet, 1_398_154)] {
        assert_eq!(paper(kind).summary().parameters(), parameters, "{kind}");
    }
}

#[test]
fn summaries_count_what_init_makes() {
    let small = |kind| NetworkConfig::paper(kind, [3, 8, 12], 7);
    for config in KINDS.map(small).into_iter().chain(KINDS.map(paper)) {
        let network = config.init(&Device::flex());
        assert_eq!(config.summary().parameters(), network.num_params() as u64, "{config:?}");
    }
}

#[test]
fn local_net_multiplies_as_often_as_cnn() {
    let [cnn, local_net] = [Kind::Cnn, Kind::LocalNet].map(|kind| paper(kind).summary());
    assert_eq!(cnn.multiply_adds(), local_net.multiply_adds());
    // 16·16·32·9 + 8·8·64·32·9 + 1024·128 + 128·10
    assert_eq!(cnn.multiply_adds(), 73_728 + 1_179_648 + 131_072 + 1_280);
}

#[test]
fn logits_have_a_row_for_each_image_and_a_column_for_each_class() {
    let device = Device::flex();
    for kind in KINDS {
        let network = NetworkConfig::paper(kind, [3, 8, 12], 7).init(&device);
        assert_eq!(network.logits(Tensor::ones([5, 3, 8, 12], &device)).dims(), [5, 7], "{kind}");
    }
}

#[test]
fn configurations_survive_json() {
    for kind in KINDS {
        let config = paper(kind);
        let value = serde_json::to_value(&config).unwrap();
        assert_eq!(value["kind"], kind.to_string());
        assert_eq!(value["kind"], serde_json::to_value(kind).unwrap());
        assert_eq!(serde_json::from_value::<NetworkConfig>(value).unwrap(), config);
        assert_eq!(config.kind(), kind);
    }
}

#[test]
fn keys_left_out_have_the_papers_values() {
    let value =
        json!({"kind": "fcn", "hidden": [5], "activation": "sigmoid", "initializer": "xavier-normal"});
    let expected = FcnConfig {
        hidden: vec![5],
        activation: Activation::Sigmoid,
        initializer: Initializer::XavierNormal,
        ..FcnConfig::default()
    };
    assert_eq!(serde_json::from_value::<NetworkConfig>(value).unwrap(), NetworkConfig::Fcn(expected));
}

#[track_caller]
fn assert_refused(value: Value, message: &str) {
    let config: NetworkConfig = serde_json::from_value(value).unwrap();
    assert_eq!(config.check().unwrap_err().to_string(), message);
}

#[test]
fn refusals_name_the_field() {
    assert_refused(json!({"kind": "fcn", "pixels": 0}), "`pixels` is 0, expected at least 1");
    assert_refused(json!({"kind": "fcn", "hidden": [3, 0]}), "`hidden[1]` is 0, expected at least 1");
    assert_refused(json!({"kind": "fcn", "dropout": 1.0}), "`dropout` is 1, expected at least 0 and below 1");
    assert_refused(
        json!({"kind": "cnn", "dropout": -0.1}),
        "`dropout` is -0.1, expected at least 0 and below 1",
    );
    assert_refused(json!({"kind": "cnn", "filters": [0, 1]}), "`filters[0]` is 0, expected at least 1");
    assert_refused(json!({"kind": "cnn", "classes": 0}), "`classes` is 0, expected at least 1");
    assert_refused(
        json!({"kind": "local-net", "width": 18}),
        "`width` is 18, expected a multiple of 4: it is halved twice",
    );
    assert_refused(
        json!({"kind": "local-net", "initializer": {"normal": {"standard_deviation": 0.0}}}),
        "`initializer.normal.standard_deviation` is 0, expected a finite number above 0",
    );
    assert_refused(
        json!({"kind": "fcn", "hidden": [u64::MAX, u64::MAX]}),
        "`parameters` is 18446744073709551615, expected at most 67,108,864: are the sizes right?",
    );
    assert_refused(
        json!({"kind": "fcn", "hidden": [8192, 8192]}),
        "`parameters` is 69304330, expected at most 67,108,864: are the sizes right?",
    );
    let largest: NetworkConfig =
        serde_json::from_value(json!({"kind": "fcn", "hidden": [8000, 8000]})).unwrap();
    assert_eq!((largest.summary().parameters(), largest.check()), (66_144_010, Ok(())));
    assert_refused(
        json!({"kind": "local-net", "height": u64::MAX - 3, "width": u64::MAX - 3}),
        "`parameters` is 18446744073709551615, expected at most 67,108,864: are the sizes right?",
    );
}

#[test]
fn dropout_that_is_no_number_is_refused() {
    let config = NetworkConfig::Fcn(FcnConfig { dropout: f64::NAN, ..FcnConfig::default() });
    assert_eq!(config.check().unwrap_err().field, "dropout");
}

#[test]
fn dropout_acts_in_training_only() {
    let device = Device::flex().autodiff();
    for kind in KINDS {
        let mut config = paper(kind);
        match &mut config {
            NetworkConfig::Fcn(config) => config.dropout = 0.5,
            NetworkConfig::Cnn(config) | NetworkConfig::LocalNet(LocalNetConfig(config)) => {
                config.dropout = 0.5;
            }
        }
        let network = config.init(&device);
        let images = Tensor::<4>::ones([2, 1, 16, 16], &device);
        let train = || network.logits(images.clone()).into_data();
        assert_ne!(train(), train(), "{kind}");

        let still = network.clone().valid();
        let predict = || still.logits(images.clone().inner()).into_data();
        assert_eq!(predict(), predict(), "{kind}");
    }
}

#[test]
fn weights_differ_between_draws() {
    let device = Device::flex();
    for kind in KINDS {
        let config = paper(kind);
        assert_ne!(weights(&config.init(&device)), weights(&config.init(&device)), "{kind}");
    }
}
