//! A convolutional network: the same filters at every position of an image.

use burn::nn::conv::Conv2d;
use burn::prelude::*;
use serde::{Deserialize, Serialize};
use tinderbox_ops::conv2d;

use crate::check::{self, ConfigError};
use crate::head::{Head, WINDOWS};
use crate::{Activation, Classifier, Initializer, Input, Layer, NetworkConfig, Summary};

/// Describes a [`Cnn`].
///
/// The default is the paper's network for 16x16 grey images of ten digits. Its listing flattens to 64·8·8, which cannot
/// follow two 2x2 poolings of a 16x16 image: here the hidden layer sees 64·4·4.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CnnConfig {
    /// Channels of an image.
    pub channels: usize,
    /// Height of an image in pixels, a multiple of 4: it is halved twice.
    pub height: usize,
    /// Width of an image in pixels, a multiple of 4: it is halved twice.
    pub width: usize,
    /// Filters of the first and of the second convolution.
    pub filters: [usize; 2],
    /// Units of the hidden layer.
    pub hidden: usize,
    /// Scores given to an image.
    pub classes: usize,
    /// Chance that training drops a unit before the output layer, in `[0, 1)`.
    pub dropout: f64,
    /// The function after each layer but the last.
    pub activation: Activation,
    /// How weights are drawn; biases start at zero.
    pub initializer: Initializer,
}

/// Twice a 3x3 convolution, activation and 2x2 max-pooling; then a hidden and an output layer.
#[derive(Module, Debug)]
pub struct Cnn {
    first: Conv2d,
    second: Conv2d,
    head: Head,
}

impl Default for CnnConfig {
    fn default() -> Self {
        Self {
            channels: 1,
            height: 16,
            width: 16,
            filters: [32, 64],
            hidden: 128,
            classes: 10,
            dropout: 0.0,
            activation: Activation::default(),
            initializer: Initializer::default(),
        }
    }
}

impl NetworkConfig for CnnConfig {
    type Network = Cnn;

    const KIND: &'static str = "cnn";

    fn for_images([channels, height, width]: [usize; 3], classes: usize) -> Self {
        Self { channels, height, width, classes, ..Self::default() }
    }

    fn input(&self) -> Input {
        Input::Shape([self.channels, self.height, self.width])
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn check(&self) -> Result<(), ConfigError> {
        check::size("channels", self.channels)?;
        for (field, size) in [("height", self.height), ("width", self.width)] {
            check::size(field, size)?;
            check::check(size.is_multiple_of(4), field, &size, "a multiple of 4: it is halved twice")?;
        }
        for (index, filters) in self.filters.into_iter().enumerate() {
            check::size(&format!("filters[{index}]"), filters)?;
        }
        check::size("hidden", self.hidden)?;
        check::size("classes", self.classes)?;
        check::dropout(self.dropout)?;
        check::initializer(self.initializer)
    }

    fn summary(&self) -> Summary {
        self.layers("convolution", Layer::convolution)
    }

    fn init(&self, device: &Device) -> Cnn {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let [first, second] = self.filters;
        Cnn {
            first: self.initializer.conv3x3(self.channels, first, device),
            second: self.initializer.conv3x3(first, second, device),
            head: Head::new(self, device),
        }
    }

    fn nanoseconds(&self) -> f64 {
        self.summary().nanoseconds(0.052)
    }
}

impl CnnConfig {
    /// Units that the hidden layer sees of one image.
    pub(crate) fn features(&self) -> usize {
        // Saturating: `summary` is asked about any sizes.
        self.filters[1].saturating_mul(self.height / 4).saturating_mul(self.width / 4)
    }

    /// The layers, with `filter` to make those that differ between this network and `LocalNet`.
    pub(crate) fn layers(&self, name: &str, filter: impl Fn(String, usize, [usize; 3]) -> Layer) -> Summary {
        let [first, second] = self.filters;
        let (height, width) = (self.height, self.width);
        Summary {
            layers: vec![
                filter(format!("{name} 1"), self.channels, [first, height, width]),
                Layer::pooling("pooling 1", [first, height / 2, width / 2]),
                filter(format!("{name} 2"), first, [second, height / 2, width / 2]),
                Layer::pooling("pooling 2", [second, height / 4, width / 4]),
                Layer::linear("hidden", self.features(), self.hidden),
                Layer::linear("output", self.hidden, self.classes),
            ],
        }
    }
}

impl Classifier for Cnn {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let pooled = self.head.pool(filter(&self.first, images));
        let pooled = self.head.pool(filter(&self.second, pooled));
        self.head.score(pooled)
    }
}

/// Applies a 3x3 convolution that keeps height and width.
fn filter(layer: &Conv2d, images: Tensor<4>) -> Tensor<4> {
    let bias = layer.bias.as_ref().expect("`Initializer::conv3x3` gives each filter a bias");
    conv2d(images, layer.weight.val(), bias.val(), &WINDOWS)
}
