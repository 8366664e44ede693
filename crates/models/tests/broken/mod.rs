//! Networks that break a promise each.

use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use serde::{Deserialize, Serialize};
use tinderbox_models::check::{self, ConfigError};
use tinderbox_models::{Classifier, Initializer, Input, Layer, NetworkConfig, Summary};

/// Gives each image a score too many.
pub(crate) const CLASSES: u8 = 0;
/// Checks nothing.
pub(crate) const UNCHECKED: u8 = 1;
/// Lets Burn draw weights when they are first used.
pub(crate) const LAZY: u8 = 2;
/// Has weights that no score depends on.
pub(crate) const UNUSED: u8 = 3;
/// Leaves biases out of its summary.
pub(crate) const SUMMARY: u8 = 4;
/// Compares an image with its neighbours.
pub(crate) const NEIGHBOURS: u8 = 5;
/// Accepts a temperature of 0.
pub(crate) const UNBOUND: u8 = 6;

/// A linear classifier with a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrokenConfig<const FAULT: u8> {
    pixels: usize,
    classes: usize,
    /// Scores are divided by it.
    temperature: f64,
}

#[derive(Module, Debug)]
pub(crate) struct Broken {
    output: Linear,
    unused: Option<Linear>,
    #[module(skip)]
    temperature: f64,
    #[module(skip)]
    fault: u8,
}

impl<const FAULT: u8> NetworkConfig for BrokenConfig<FAULT> {
    type Network = Broken;

    const KIND: &'static str = "broken";

    fn for_images(shape: [usize; 3], classes: usize) -> Self {
        Self { pixels: shape.into_iter().product(), classes, temperature: 1.0 }
    }

    fn input(&self) -> Input {
        Input::Pixels(self.pixels)
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn check(&self) -> Result<(), ConfigError> {
        if FAULT == UNCHECKED {
            return Ok(());
        }
        check::size("pixels", self.pixels)?;
        check::size("classes", self.classes)?;
        let warm = self.temperature > 0.0 || FAULT == UNBOUND;
        check::check(warm, "temperature", &self.temperature, "above 0")
    }

    fn summary(&self) -> Summary {
        let mut layer = Layer::linear("output", self.pixels, self.classes);
        if FAULT == SUMMARY {
            layer.parameters = layer.multiply_adds;
        }
        Summary { layers: vec![layer] }
    }

    fn init(&self, device: &Device) -> Broken {
        let Self { pixels, classes, temperature } = *self;
        let outputs = if FAULT == CLASSES { classes + 1 } else { classes };
        let draw = || Initializer::HeNormal.linear(pixels, outputs, device);
        Broken {
            output: if FAULT == LAZY { LinearConfig::new(pixels, outputs).init(device) } else { draw() },
            unused: (FAULT == UNUSED).then(draw),
            temperature,
            fault: FAULT,
        }
    }
}

impl Classifier for Broken {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let scores = self.output.forward(images.flatten::<2>(1, 3)) / self.temperature;
        if self.fault == NEIGHBOURS { scores.clone() - scores.mean_dim(0) } else { scores }
    }
}
