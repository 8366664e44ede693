//! What `Cnn` and `LocalNet` have in common: everything but their two filter layers.

use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Dropout, DropoutConfig, Linear};
use burn::prelude::*;
use tinderbox_ops::{WindowOptions, dropout, relu_max_pool_2x2};

use crate::linear::linear;
use crate::{Activation, CnnConfig};

/// Options of both filter layers: 3x3, stride 1, padding 1.
pub(crate) const WINDOWS: WindowOptions = WindowOptions { kernel: [3, 3], stride: [1, 1], padding: [1, 1] };

/// Activation and pooling after a filter layer, and the classifier after the last.
#[derive(Module, Debug)]
pub(crate) struct Head {
    hidden: Linear,
    output: Linear,
    dropout: Dropout,
    pooling: MaxPool2d,
    #[module(skip)]
    activation: Activation,
}

impl Head {
    pub(crate) fn new(config: &CnnConfig, device: &Device) -> Self {
        Self {
            hidden: config.initializer.linear(config.features(), config.hidden, device),
            output: config.initializer.linear(config.hidden, config.classes, device),
            dropout: DropoutConfig::new(config.dropout).init(),
            pooling: MaxPool2dConfig::new([2, 2]).init(),
            activation: config.activation,
        }
    }

    /// From `[batch, filters, height, width]` to `[batch, filters, height / 2, width / 2]`.
    pub(crate) fn pool(&self, filtered: Tensor<4>) -> Tensor<4> {
        match self.activation {
            Activation::Relu => relu_max_pool_2x2(filtered),
            Activation::Sigmoid => self.pooling.forward(self.activation.forward(filtered)),
        }
    }

    /// From the last `[batch, filters, height / 4, width / 4]` to `[batch, classes]`.
    pub(crate) fn score(&self, pooled: Tensor<4>) -> Tensor<2> {
        let hidden = self.activation.after(&self.hidden, pooled.flatten::<2>(1, 3));
        linear(&self.output, dropout(&self.dropout, hidden))
    }
}
