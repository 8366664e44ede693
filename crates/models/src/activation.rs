//! The function between two layers.

use burn::nn::Linear;
use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid};
use serde::{Deserialize, Serialize};
use tinderbox_ops::{linear_relu, linear_sigmoid};

use crate::linear::bias;

/// The function between two layers, applied to each unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(0, x)`
    #[default]
    Relu,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

impl Activation {
    /// Applies the function to each element.
    pub fn forward<const D: usize>(self, tensor: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => relu(tensor),
            Self::Sigmoid => sigmoid(tensor),
        }
    }

    /// Applies a layer, then the function.
    pub(crate) fn after(self, layer: &Linear, units: Tensor<2>) -> Tensor<2> {
        let (weight, bias) = (layer.weight.val(), bias(layer));
        match self {
            Self::Relu => linear_relu(units, weight, bias),
            Self::Sigmoid => linear_sigmoid(units, weight, bias),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;

    #[track_caller]
    fn assert_maps(activation: Activation, expected: [f32; 3]) {
        let input = Tensor::<1>::from_data([-1.0, 0.0, 2.0], &Device::flex());
        activation
            .forward(input)
            .into_data()
            .assert_approx_eq::<f32>(&TensorData::from(expected), Tolerance::default());
    }

    #[test]
    fn relu_cuts_negative_values() {
        assert_maps(Activation::Relu, [0.0, 0.0, 2.0]);
    }

    #[test]
    fn sigmoid_maps_zero_to_a_half() {
        assert_maps(Activation::Sigmoid, [0.268_941_43, 0.5, 0.880_797_1]);
    }
}
