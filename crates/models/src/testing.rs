//! Tests that every network passes: those of this crate, and yours.
//!
//! ```no_run
//! use burn::prelude::Device;
//! use tinderbox_models::{CnnConfig, testing::promises};
//!
//! promises::<CnnConfig>([1, 16, 16], 10, &Device::flex());
//! ```

use std::sync::{Mutex, PoisonError};

use burn::module::{ModuleVisitor, Param};
use burn::prelude::*;
use burn::tensor::{Distribution, Gradients};
use burn_store::{ModuleSnapshot, bridge};
use serde_json::{Number, Value};

use crate::{Classifier, NetworkConfig, check_network, weights};

/// Held while a network is tested: the CPU backends have one random state for the whole process.
static RANDOM: Mutex<()> = Mutex::new(());

/// Images in a batch.
const BATCH: usize = 5;

/// Tests what [`NetworkConfig`] promises, with the default settings for images of `[channels, height, width]` in so many
/// classes.
///
/// Call it from a test. Nothing else may draw random numbers meanwhile: keep other tests that do in other files below
/// `tests/`. Calls of this function wait for each other.
///
/// # Panics
/// If the network breaks a promise.
pub fn promises<C: NetworkConfig>(shape: [usize; 3], classes: usize, device: &Device) {
    let _alone = RANDOM.lock().unwrap_or_else(PoisonError::into_inner);
    let device = device.clone().inner();
    let subject = Subject { config: C::for_images(shape, classes), shape, classes, device };
    subject.answers_for_the_images_that_it_is_made_for();
    subject.refuses_images_without_pixels_or_classes();
    subject.survives_json_and_refuses_unknown_keys();
    subject.bears_any_size();
    subject.bears_any_number();
    subject.draws_its_weights_from_the_seed();
    subject.trains_the_parameters_of_its_summary();
    subject.scores_each_image_by_itself();
    subject.comes_back_from_a_file();
}

struct Subject<C> {
    config: C,
    shape: [usize; 3],
    classes: usize,
    device: Device,
}

impl<C: NetworkConfig> Subject<C> {
    /// A network that trains.
    fn network(&self) -> C::Network {
        self.draw(7, 0, &self.device.clone().autodiff())
    }

    /// A network drawn with `seed`, while `later` is the seed in force afterwards.
    fn draw(&self, seed: u64, later: u64, device: &Device) -> C::Network {
        device.seed(seed);
        let network = self.config.init(device);
        device.seed(later);
        network
    }

    fn images(&self, device: &Device) -> Tensor<4> {
        let [channels, height, width] = self.shape;
        Tensor::random([BATCH, channels, height, width], Distribution::Uniform(0.0, 1.0), device)
    }

    fn answers_for_the_images_that_it_is_made_for(&self) {
        let Self { config, shape, classes, .. } = self;
        let letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        assert!(
            !C::KIND.is_empty() && C::KIND.chars().all(letter),
            "kind `{}`: expected a-z, 0-9, -",
            C::KIND
        );
        assert_eq!(check_network(config), Ok(()), "for_images({shape:?}, {classes})");
        assert!(config.input().fits(*shape), "takes {}, made for {shape:?}", config.input());
        assert_eq!(config.classes(), *classes, "classes");
        assert!(config.nanoseconds() >= 0.0, "nanoseconds {}", config.nanoseconds());

        let network = self.network();
        let images = self.images(&self.device);
        let training = network.logits(images.clone().autodiff());
        for scores in [training.inner(), network.valid().logits(images)] {
            assert_eq!(scores.dims(), [BATCH, *classes], "shape of the logits");
            assert!(all_finite(&scores.into_data()), "logits are not finite");
        }
    }

    fn refuses_images_without_pixels_or_classes(&self) {
        let [channels, height, width] = self.shape;
        for shape in [[0, height, width], [channels, 0, width], [channels, height, 0]] {
            let refused = C::for_images(shape, self.classes).check();
            assert!(refused.is_err(), "check accepts images of {shape:?}");
        }
        assert!(C::for_images(self.shape, 0).check().is_err(), "check accepts 0 classes");
    }

    fn survives_json_and_refuses_unknown_keys(&self) {
        let json = serde_json::to_value(&self.config).expect("settings become JSON");
        let read = serde_json::from_value::<C>(json.clone()).expect("settings are read from their own JSON");
        assert_eq!(read, self.config, "read from {json}");
        let Value::Object(settings) = json else { panic!("settings are {json}, expected an object") };
        for reserved in ["kind", "note"] {
            assert!(!settings.contains_key(reserved), "`{reserved}` is reserved");
        }
        let mut misspelt = settings;
        misspelt.insert("no-such-key".to_owned(), Value::Null);
        let read = serde_json::from_value::<C>(misspelt.into());
        assert!(read.is_err(), "an unknown key is accepted, expected #[serde(deny_unknown_fields)]");
    }

    /// A size of zero is refused, or there is such a network. A vast one must not overflow.
    fn bears_any_size(&self) {
        let json = serde_json::to_value(&self.config).expect("settings become JSON");
        let places = places(&json, |number| number.as_u64().is_some_and(|number| number > 0));
        let with = |place: &str, size: u64| {
            let mut json = json.clone();
            *json.pointer_mut(place).expect("a place in it") = size.into();
            serde_json::from_value::<C>(json).ok().filter(|config| check_network(config).is_ok())
        };
        for place in &places {
            _ = with(place, u64::MAX);
            if let Some(config) = with(place, 0) {
                let scores = config.init(&self.device).logits(self.images(&self.device));
                assert_eq!(scores.dims(), [BATCH, config.classes()], "check accepts 0 at {place}");
            }
        }
    }

    /// A chance of 2 or a width of -1 is refused, or there is such a network.
    fn bears_any_number(&self) {
        let json = serde_json::to_value(&self.config).expect("settings become JSON");
        for place in places(&json, Number::is_f64) {
            for value in [-1.0, 0.0, 1.0, 2.0, 1e300] {
                let mut json = json.clone();
                *json.pointer_mut(&place).expect("a place in it") = value.into();
                let Ok(config) = serde_json::from_value::<C>(json) else { continue };
                if check_network(&config).is_err() {
                    continue;
                }
                let network = config.init(&self.device.clone().autodiff());
                let images = self.images(&self.device);
                let training = network.logits(images.clone().autodiff()).inner();
                for scores in [training, network.valid().logits(images)] {
                    assert!(
                        all_finite(&scores.into_data()),
                        "check accepts {value} at {place}: logits are not finite"
                    );
                }
            }
        }
    }

    fn draws_its_weights_from_the_seed(&self) {
        let once = tensors(&self.draw(7, 1, &self.device));
        let again = tensors(&self.draw(7, 2, &self.device));
        assert!(again == once, "equal seeds, different weights: are they drawn after `init`?");
        assert!(tensors(&self.network()) == once, "equal seeds, different weights with autodiff");
        assert!(tensors(&self.draw(8, 1, &self.device)) != once, "different seeds, equal weights");
    }

    fn trains_the_parameters_of_its_summary(&self) {
        let network = self.network();
        let scores = network.logits(self.images(&self.device).autodiff());
        // Sums of squares, since the gradient of a sum of normalised values is zero.
        let gradients = scores.powi_scalar(2).sum().backward();
        let mut trained = Trained { gradients: &gradients, parameters: 0 };
        network.visit(&mut trained);
        assert_eq!(self.config.summary().parameters(), trained.parameters, "parameters of the summary");
    }

    fn scores_each_image_by_itself(&self) {
        let network = self.network();
        // Moves the running statistics, if there are any.
        network.logits(self.images(&self.device).autodiff());
        let network = network.valid();
        let images = self.images(&self.device);
        let together = network.logits(images.clone());
        for index in 0..BATCH {
            let alone = network.logits(images.clone().narrow(0, index, 1));
            let expected = together.clone().narrow(0, index, 1);
            // Sums may be cut otherwise in a larger batch.
            let bound = expected.clone().abs() * 1e-4 + 1e-4;
            let close = (alone - expected).abs().lower(bound).all().into_scalar::<bool>();
            assert!(close, "scores of image {index} depend on its batch");
        }
    }

    fn comes_back_from_a_file(&self) {
        let network = self.network();
        network.logits(self.images(&self.device).autodiff());
        let bytes = weights::to_bytes(&network, &self.config, &Value::Null);
        let bytes = bytes.unwrap_or_else(|reason| panic!("the file {reason}"));
        let (config, loaded) = weights::from_bytes::<C>(&bytes, &self.device)
            .unwrap_or_else(|reason| panic!("the file {reason}"));
        assert_eq!(config, self.config, "settings in the file");
        let images = self.images(&self.device);
        let expected = network.valid().logits(images.clone()).into_data();
        assert_eq!(loaded.valid().logits(images).into_data(), expected, "logits of the loaded network");
    }
}

/// The tensors of a network, those of running statistics among them.
fn tensors(network: &impl Module) -> Vec<TensorData> {
    let tensors = network.collect(None, None, true).into_iter();
    tensors.map(|tensor| bridge::into_data(tensor).expect("a tensor is read")).collect()
}

fn all_finite(data: &TensorData) -> bool {
    data.iter::<f32>().all(f32::is_finite)
}

/// Where in `json` such numbers are, as JSON pointers.
fn places(json: &Value, such: fn(&Number) -> bool) -> Vec<String> {
    let below = |key: &dyn std::fmt::Display, value| {
        places(value, such).into_iter().map(|place| format!("/{key}{place}")).collect::<Vec<_>>()
    };
    match json {
        Value::Number(number) if such(number) => vec![String::new()],
        Value::Array(values) => {
            values.iter().enumerate().flat_map(|(index, value)| below(&index, value)).collect()
        }
        Value::Object(values) => values.iter().flat_map(|(key, value)| below(key, value)).collect(),
        _ => Vec::new(),
    }
}

/// Counts the numbers that training changes. Each must have a gradient.
struct Trained<'a> {
    gradients: &'a Gradients,
    parameters: u64,
}

impl ModuleVisitor for Trained<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        if tensor.is_require_grad() {
            let gradient = tensor.grad(self.gradients);
            let gradient =
                gradient.unwrap_or_else(|| panic!("weights of shape {:?} have no gradient", tensor.dims()));
            assert!(all_finite(&gradient.into_data()), "a gradient is not finite");
            self.parameters += param.lazy_shape().num_elements() as u64;
        }
    }
}
