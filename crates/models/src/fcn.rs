//! A fully connected network: the baseline that every other model must beat.

use burn::nn::{Dropout, DropoutConfig, Linear};
use burn::prelude::*;
use serde::{Deserialize, Serialize};
use tinderbox_ops::dropout;

use crate::check::{self, ConfigError};
use crate::linear::linear;
use crate::{Activation, Classifier, Initializer, Input, Layer, NetworkConfig, Summary};

/// Describes an [`Fcn`].
///
/// The default is the paper's network for 16x16 grey images of ten digits: 256-512-256-128-10.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FcnConfig {
    /// Values of one image: channels x height x width.
    pub pixels: usize,
    /// Units of each hidden layer; none makes a linear classifier.
    pub hidden: Vec<usize>,
    /// Scores given to an image.
    pub classes: usize,
    /// Chance that training drops a hidden unit, in `[0, 1)`.
    pub dropout: f64,
    /// The function after each hidden layer.
    pub activation: Activation,
    /// How weights are drawn; biases start at zero.
    pub initializer: Initializer,
}

/// Linear layers, with an activation and dropout between them.
#[derive(Module, Debug)]
pub struct Fcn {
    hidden: Vec<Linear>,
    output: Linear,
    dropout: Dropout,
    #[module(skip)]
    activation: Activation,
}

impl Default for FcnConfig {
    fn default() -> Self {
        Self {
            pixels: 256,
            hidden: vec![512, 256, 128],
            classes: 10,
            dropout: 0.0,
            activation: Activation::default(),
            initializer: Initializer::default(),
        }
    }
}

impl NetworkConfig for FcnConfig {
    type Network = Fcn;

    const KIND: &'static str = "fcn";

    fn for_images(shape: [usize; 3], classes: usize) -> Self {
        let pixels = shape.into_iter().fold(1, usize::saturating_mul);
        Self { pixels, classes, ..Self::default() }
    }

    fn input(&self) -> Input {
        Input::Pixels(self.pixels)
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn check(&self) -> Result<(), ConfigError> {
        check::size("pixels", self.pixels)?;
        check::layers("hidden", self.hidden.len())?;
        for (index, units) in self.hidden.iter().enumerate() {
            check::size(&format!("hidden[{index}]"), *units)?;
        }
        check::size("classes", self.classes)?;
        check::dropout(self.dropout)?;
        check::initializer(self.initializer)
    }

    fn summary(&self) -> Summary {
        let mut inputs = self.pixels;
        let mut next = |name, outputs| {
            let layer = Layer::linear(name, inputs, outputs);
            inputs = outputs;
            layer
        };
        let mut layers = Vec::with_capacity(self.hidden.len() + 1);
        for (index, &units) in self.hidden.iter().enumerate() {
            layers.push(next(format!("hidden {}", index + 1), units));
        }
        layers.push(next("output".to_owned(), self.classes));
        Summary { layers }
    }

    fn init(&self, device: &Device) -> Fcn {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let mut inputs = self.pixels;
        let mut next = |outputs| {
            let layer = self.initializer.linear(inputs, outputs, device);
            inputs = outputs;
            layer
        };
        Fcn {
            hidden: self.hidden.iter().map(|&units| next(units)).collect(),
            output: next(self.classes),
            dropout: DropoutConfig::new(self.dropout).init(),
            activation: self.activation,
        }
    }
}

impl Classifier for Fcn {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let pixels = images.flatten::<2>(1, 3);
        let features = self
            .hidden
            .iter()
            .fold(pixels, |units, layer| dropout(&self.dropout, self.activation.after(layer, units)));
        linear(&self.output, features)
    }
}
