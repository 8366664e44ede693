//! Forward passes and gradients agree with those of `torch`. `pytorch/make.py` makes the fixtures.

mod devices;

use std::collections::{BTreeMap, HashMap};

use burn::module::{ModuleVisitor, Param};
use burn::prelude::*;
use burn::tensor::{Gradients, Tolerance};
use burn_store::{ModuleSnapshot, bridge};
use devices::devices;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tinderbox_models::{
    Classifier, CnnConfig, FcnConfig, Initializer, LocalNetConfig, LocallyConnected2d,
    LocallyConnected2dConfig, NetworkConfig,
};
use tinderbox_ops::WindowOptions;

#[test]
fn fcn_agrees() {
    network_agrees::<FcnConfig>(include_str!("pytorch/fcn.json"));
}

#[test]
fn fcn_with_sigmoid_agrees() {
    network_agrees::<FcnConfig>(include_str!("pytorch/fcn_sigmoid.json"));
}

#[test]
fn cnn_agrees() {
    network_agrees::<CnnConfig>(include_str!("pytorch/cnn.json"));
}

#[test]
fn local_net_agrees() {
    network_agrees::<LocalNetConfig>(include_str!("pytorch/local_net.json"));
}

#[test]
fn locally_connected_layer_agrees() {
    layer_agrees(include_str!("pytorch/locally_connected.json"));
}

#[test]
fn locally_connected_layer_with_stride_and_oblong_kernel_agrees() {
    layer_agrees(include_str!("pytorch/locally_connected_odd.json"));
}

#[derive(Deserialize)]
struct Fixture<C> {
    config: C,
    images: Values,
    weights: BTreeMap<String, Values>,
    output: Values,
    upstream: Values,
    image_gradient: Values,
    gradients: BTreeMap<String, Values>,
}

#[derive(Deserialize)]
struct Values {
    shape: Vec<usize>,
    values: Vec<f32>,
}

#[derive(Deserialize)]
struct LayerSizes {
    channels: [usize; 2],
    image: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
}

impl Values {
    fn data(&self) -> TensorData {
        TensorData::new(self.values.clone(), self.shape.clone())
    }
}

#[track_caller]
fn network_agrees<C: NetworkConfig>(json: &str) {
    agrees(json, C::init, |network: &C::Network, images| network.logits(images));
}

#[track_caller]
fn layer_agrees(json: &str) {
    let init = |sizes: &LayerSizes, device: &Device| {
        LocallyConnected2dConfig {
            channels: sizes.channels,
            image: sizes.image,
            options: WindowOptions { kernel: sizes.kernel, stride: sizes.stride, padding: sizes.padding },
            initializer: Initializer::HeNormal,
        }
        .init(device)
    };
    agrees(json, init, |layer: &LocallyConnected2d, images| layer.forward(images));
}

#[track_caller]
fn agrees<C: DeserializeOwned, M: Module, const D: usize>(
    json: &str,
    init: fn(&C, &Device) -> M,
    forward: fn(&M, Tensor<4>) -> Tensor<D>,
) {
    let fixture: Fixture<C> = serde_json::from_str(json).unwrap();
    for device in devices() {
        let device = device.autodiff();
        let mut module = init(&fixture.config, &device);
        let weights =
            fixture.weights.iter().map(|(name, values)| bridge::from_data(values.data(), name.clone(), None));
        let applied = module.apply(weights.collect(), None, None, true);
        assert!(
            applied.errors.is_empty() && applied.missing.is_empty() && applied.unused.is_empty(),
            "{applied}"
        );

        let images = Tensor::<4>::from_data(fixture.images.data(), &device).require_grad();
        let output = forward(&module, images.clone());
        assert_agrees(&output.clone().into_data(), &fixture.output, "output");

        let upstream = Tensor::<D>::from_data(fixture.upstream.data(), &device);
        let gradients = (output * upstream).sum().backward();
        assert_agrees(&images.grad(&gradients).unwrap().into_data(), &fixture.image_gradient, "images");

        let found = weight_gradients(&module, &gradients);
        assert_eq!(found.keys().collect::<Vec<_>>(), fixture.gradients.keys().collect::<Vec<_>>());
        for (name, expected) in &fixture.gradients {
            assert_agrees(&found[name], expected, name);
        }
    }
}

#[track_caller]
fn assert_agrees(found: &TensorData, expected: &Values, what: &str) {
    assert_eq!(found.shape().as_slice(), expected.shape, "{what}");
    found.assert_approx_eq::<f32>(&expected.data(), Tolerance::absolute(1e-5));
}

/// The gradient of each weight by its name.
fn weight_gradients<M: Module>(module: &M, gradients: &Gradients) -> BTreeMap<String, TensorData> {
    struct Visitor<'a> {
        gradients: &'a Gradients,
        names: HashMap<u64, String>,
        found: BTreeMap<String, TensorData>,
    }
    impl ModuleVisitor for Visitor<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.gradients).expect("every weight takes part");
            self.found.insert(self.names[&param.id.val()].clone(), gradient.into_data());
        }
    }
    let tensors = module.collect(None, None, true);
    let names = tensors.into_iter().map(|tensor| (tensor.param_id.unwrap(), tensor.name)).collect();
    let mut visitor = Visitor { gradients, names, found: BTreeMap::new() };
    module.visit(&mut visitor);
    visitor.found
}
