//! Networks of tests.

use burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Initializer, Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid};
use tinderbox_ops::Classifier;

/// Two layers, with no random number after they are drawn.
#[derive(Module, Debug)]
pub(crate) struct Perceptron {
    pub(crate) hidden: Linear,
    pub(crate) output: Linear,
    /// Whether the hidden layer is a sigmoid, in which finite differences find what they look for; else it is a `ReLU`.
    #[module(skip)]
    smooth: bool,
}

impl Perceptron {
    /// Draws one with so many pixels, hidden units and classes.
    pub(crate) fn draw([pixels, hidden, classes]: [usize; 3], device: &Device) -> Self {
        let he = Initializer::KaimingNormal { gain: 2f64.sqrt(), fan_out_only: false };
        let layer =
            |inputs, outputs| LinearConfig::new(inputs, outputs).with_initializer(he.clone()).init(device);
        Self { hidden: layer(pixels, hidden), output: layer(hidden, classes), smooth: false }
    }

    pub(crate) fn smooth(sizes: [usize; 3], device: &Device) -> Self {
        Self { smooth: true, ..Self::draw(sizes, device) }
    }
}

impl Classifier for Perceptron {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let hidden = self.hidden.forward(images.flatten::<2>(1, 3));
        self.output.forward(if self.smooth { sigmoid(hidden) } else { relu(hidden) })
    }
}

/// Has what an attack must not touch: dropout, and statistics that training would move. For images of 2x2 pixels.
#[derive(Module, Debug)]
pub(crate) struct Moody {
    norm: BatchNorm,
    dropout: Dropout,
    output: Linear,
}

impl Moody {
    pub(crate) fn draw(device: &Device) -> Self {
        Self {
            norm: BatchNormConfig::new(1).init(device),
            dropout: DropoutConfig::new(0.5).init(),
            output: LinearConfig::new(4, 2).init(device),
        }
    }

    #[cfg(feature = "learner")]
    pub(crate) fn output_weights(&self) -> Vec<f32> {
        self.output.weight.val().into_data().iter::<f32>().collect()
    }

    /// Weights and statistics.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.clone().into_record().into_bytes().expect("packed").to_vec()
    }
}

impl Classifier for Moody {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let images = self.dropout.forward(self.norm.forward(images));
        self.output.forward(images.flatten::<2>(1, 3))
    }
}
