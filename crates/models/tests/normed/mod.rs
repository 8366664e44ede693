//! A network of another program: a convolution, batch norm, and a linear layer.

use burn::nn::conv::Conv2d;
use burn::nn::{BatchNorm, BatchNormConfig, Linear};
use burn::prelude::*;
use burn::tensor::activation::relu;
use serde::{Deserialize, Serialize};
use tinderbox_models::check::{self, ConfigError};
use tinderbox_models::{Classifier, Initializer, Input, Layer, NetworkConfig, Summary};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NormedConfig {
    /// Channels, height and width.
    image: [usize; 3],
    filters: usize,
    classes: usize,
}

#[derive(Module, Debug)]
pub(crate) struct Normed {
    convolution: Conv2d,
    norm: BatchNorm,
    output: Linear,
}

impl NetworkConfig for NormedConfig {
    type Network = Normed;

    const KIND: &'static str = "normed";

    fn for_images(image: [usize; 3], classes: usize) -> Self {
        Self { image, filters: 4, classes }
    }

    fn input(&self) -> Input {
        Input::Shape(self.image)
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn check(&self) -> Result<(), ConfigError> {
        for (index, size) in self.image.into_iter().enumerate() {
            check::size(&format!("image[{index}]"), size)?;
        }
        check::size("filters", self.filters)?;
        check::size("classes", self.classes)
    }

    fn summary(&self) -> Summary {
        let Self { image: [channels, height, width], filters, classes } = *self;
        let norm = Layer {
            name: "batch norm".to_owned(),
            output: vec![filters, height, width],
            parameters: (filters as u64).saturating_mul(2),
            multiply_adds: 0,
        };
        let pixels = height.saturating_mul(width).saturating_mul(filters);
        Summary {
            layers: vec![
                Layer::convolution("convolution", channels, [filters, height, width]),
                norm,
                Layer::linear("output", pixels, classes),
            ],
        }
    }

    fn init(&self, device: &Device) -> Normed {
        let Self { image: [channels, height, width], filters, classes } = *self;
        Normed {
            convolution: Initializer::HeNormal.conv3x3(channels, filters, device),
            norm: BatchNormConfig::new(filters).init(device),
            output: Initializer::HeNormal.linear(filters * height * width, classes, device),
        }
    }
}

impl Classifier for Normed {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let features = relu(self.norm.forward(self.convolution.forward(images)));
        self.output.forward(features.flatten::<2>(1, 3))
    }
}
