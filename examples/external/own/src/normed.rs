//! A network: a convolution with batch norm, pooling, and a linear layer.

use burn::nn::conv::Conv2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear};
use burn::prelude::*;
use burn::tensor::activation::relu;
use serde::{Deserialize, Serialize};
use tinderbox_models::check::{self, ConfigError};
use tinderbox_models::{Classifier, Initializer, Input, Layer, NetworkConfig, Summary};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormedConfig {
    /// Channels, height and width of an image; height and width are even.
    image: [usize; 3],
    filters: usize,
    classes: usize,
}

#[derive(Module, Debug)]
pub struct Normed {
    convolution: Conv2d,
    norm: BatchNorm,
    pooling: MaxPool2d,
    output: Linear,
}

impl NetworkConfig for NormedConfig {
    type Network = Normed;

    const KIND: &'static str = "normed";

    fn for_images(image: [usize; 3], classes: usize) -> Self {
        Self { image, filters: 8, classes }
    }

    fn input(&self) -> Input {
        Input::Shape(self.image)
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn check(&self) -> Result<(), ConfigError> {
        for (place, size) in self.image.into_iter().enumerate() {
            check::size(&format!("image[{place}]"), size)?;
        }
        let [_, height, width] = self.image;
        for size in [height, width] {
            check::check(size.is_multiple_of(2), "image", &size, "an even height and width")?;
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
        let features = filters.saturating_mul(height / 2).saturating_mul(width / 2);
        Summary {
            layers: vec![
                Layer::convolution("convolution", channels, [filters, height, width]),
                norm,
                Layer::pooling("pooling", [filters, height / 2, width / 2]),
                Layer::linear("output", features, classes),
            ],
        }
    }

    fn init(&self, device: &Device) -> Normed {
        let Self { image: [channels, height, width], filters, classes } = *self;
        Normed {
            convolution: Initializer::HeNormal.conv3x3(channels, filters, device),
            norm: BatchNormConfig::new(filters).init(device),
            pooling: MaxPool2dConfig::new([2, 2]).init(),
            output: Initializer::HeNormal.linear(filters * (height / 2) * (width / 2), classes, device),
        }
    }
}

impl Classifier for Normed {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let features = relu(self.norm.forward(self.convolution.forward(images)));
        self.output.forward(self.pooling.forward(features).flatten::<2>(1, 3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_promises_of_a_network() {
        tinderbox_models::testing::promises::<NormedConfig>([1, 8, 8], 10, &Device::flex());
    }
}
