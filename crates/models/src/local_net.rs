//! A locally connected network: a [`Cnn`](crate::Cnn) whose filters differ from position to position.

use burn::prelude::*;
use serde::{Deserialize, Serialize};

use crate::check::ConfigError;
use crate::head::{Head, WINDOWS};
use crate::{
    Classifier, CnnConfig, Input, Layer, LocallyConnected2d, LocallyConnected2dConfig, NetworkConfig, Summary,
};

/// Describes a [`LocalNet`] by the `Cnn` that it would be if its positions shared their weights.
///
/// The paper does not give its layers; with these it does as many multiplications as its `Cnn`, so that the two differ in
/// nothing but the sharing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalNetConfig(pub CnnConfig);

/// Twice a 3x3 locally connected layer, activation and 2x2 max-pooling; then a hidden and an output layer.
///
/// Source: le Cun, "Generalization and Network Design Strategies" (1989).
#[derive(Module, Debug)]
pub struct LocalNet {
    first: LocallyConnected2d,
    second: LocallyConnected2d,
    head: Head,
}

impl NetworkConfig for LocalNetConfig {
    type Network = LocalNet;

    const KIND: &'static str = "local-net";

    fn for_images(shape: [usize; 3], classes: usize) -> Self {
        Self(CnnConfig::for_images(shape, classes))
    }

    fn input(&self) -> Input {
        self.0.input()
    }

    fn classes(&self) -> usize {
        self.0.classes
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.0.check()
    }

    fn summary(&self) -> Summary {
        self.0.layers("locally connected", Layer::locally_connected)
    }

    fn init(&self, device: &Device) -> LocalNet {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let config = &self.0;
        let layer = |inputs, outputs, shrunk| {
            LocallyConnected2dConfig {
                channels: [inputs, outputs],
                image: [config.height / shrunk, config.width / shrunk],
                options: WINDOWS,
                initializer: config.initializer,
            }
            .init(device)
        };
        let [first, second] = config.filters;
        LocalNet {
            first: layer(config.channels, first, 1),
            second: layer(first, second, 2),
            head: Head::new(config, device),
        }
    }

    fn nanoseconds(&self) -> f64 {
        self.summary().nanoseconds(0.1)
    }
}

impl Classifier for LocalNet {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let pooled = self.head.pool(self.first.forward(images));
        let pooled = self.head.pool(self.second.forward(pooled));
        self.head.score(pooled)
    }
}
