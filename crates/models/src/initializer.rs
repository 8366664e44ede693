//! How the weights of a new network are drawn.

use burn::module::Param;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, PaddingConfig2d};
use burn::prelude::*;
use serde::{Deserialize, Serialize};

/// The distribution that weights are drawn from. Biases always start at zero.
///
/// "Fan in" is the number of inputs that one output unit sees, "fan out" the number of outputs that one input unit
/// reaches; a convolution counts each pixel of its kernel.
///
/// Sources: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), for
/// Xavier; He et al., "Delving Deep into Rectifiers" (2015), §2.2, arXiv:1502.01852, for He.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Initializer {
    /// Normal around zero, the same for each layer.
    Normal {
        /// Above 0.
        standard_deviation: f64,
    },
    /// Uniform in `±sqrt(6 / (fan_in + fan_out))`.
    XavierUniform,
    /// Normal with variance `2 / (fan_in + fan_out)`.
    XavierNormal,
    /// Uniform in `±sqrt(6 / fan_in)`.
    HeUniform,
    /// Normal with variance `2 / fan_in`.
    #[default]
    HeNormal,
}

impl Initializer {
    /// Draws a weight now: a lazy one would take its numbers whenever it is first used.
    pub(crate) fn draw<const D: usize>(
        self,
        shape: [usize; D],
        [fan_in, fan_out]: [usize; 2],
        device: &Device,
    ) -> Param<Tensor<D>> {
        let weight = self.on_burn().init_with(shape, Some(fan_in), Some(fan_out), device);
        weight.val();
        weight
    }

    /// A linear layer with weights `[inputs, outputs]`, drawn now, and biases at zero.
    pub fn linear(self, inputs: usize, outputs: usize, device: &Device) -> Linear {
        // `LinearConfig` draws the bias like the weights; He et al. (2015, §2.2) start it at zero.
        Linear {
            weight: self.draw([inputs, outputs], [inputs, outputs], device),
            bias: Some(zeros([outputs], device)),
        }
    }

    /// A 3x3 convolution that keeps height and width, with weights `[outputs, inputs, 3, 3]`, drawn now, and biases
    /// at zero.
    pub fn conv3x3(self, inputs: usize, outputs: usize, device: &Device) -> Conv2d {
        let mut layer = Conv2dConfig::new([inputs, outputs], [3, 3])
            .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
            .with_bias(false)
            .init(device);
        // The weight that `Conv2dConfig` made is lazy: replaced before its first use, it never draws.
        layer.weight = self.draw([outputs, inputs, 3, 3], [inputs * 9, outputs * 9], device);
        layer.bias = Some(zeros([outputs], device));
        layer
    }

    fn on_burn(self) -> burn::nn::Initializer {
        use burn::nn::Initializer as Burn;
        let he = std::f64::consts::SQRT_2;
        match self {
            Self::Normal { standard_deviation } => Burn::Normal { mean: 0.0, std: standard_deviation },
            Self::XavierUniform => Burn::XavierUniform { gain: 1.0 },
            Self::XavierNormal => Burn::XavierNormal { gain: 1.0 },
            Self::HeUniform => Burn::KaimingUniform { gain: he, fan_out_only: false },
            Self::HeNormal => Burn::KaimingNormal { gain: he, fan_out_only: false },
        }
    }
}

/// A bias as every layer starts it.
pub(crate) fn zeros<const D: usize>(shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::zeros(shape, device))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean, standard deviation and largest magnitude of 40,000 weights with fan in 100 and fan out 300.
    fn moments(initializer: Initializer) -> [f64; 3] {
        let device = Device::flex();
        let weight = initializer.draw([200, 200], [100, 300], &device).val();
        let scalar = |tensor: Tensor<1>| f64::from(tensor.into_scalar::<f32>());
        let mean = scalar(weight.clone().mean());
        let deviation = scalar((weight.clone() - mean).powi_scalar(2).mean()).sqrt();
        [mean, deviation, scalar(weight.abs().max())]
    }

    #[track_caller]
    fn assert_normal(initializer: Initializer, expected: f64) {
        let [mean, deviation, largest] = moments(initializer);
        assert!(mean.abs() < 0.03 * expected, "mean {mean}");
        assert!((deviation / expected - 1.0).abs() < 0.03, "deviation {deviation}, expected {expected}");
        assert!(largest > 3.0 * expected, "largest {largest}");
    }

    #[track_caller]
    fn assert_uniform(initializer: Initializer, limit: f64) {
        let [mean, deviation, largest] = moments(initializer);
        assert!(mean.abs() < 0.03 * limit, "mean {mean}");
        assert!((deviation / (limit / 3.0_f64.sqrt()) - 1.0).abs() < 0.03, "deviation {deviation}");
        assert!((0.99 * limit..=1.0001 * limit).contains(&largest), "largest {largest}, limit {limit}");
    }

    #[test]
    fn he_scales_with_fan_in_alone() {
        assert_normal(Initializer::HeNormal, (2.0_f64 / 100.0).sqrt());
        assert_uniform(Initializer::HeUniform, (6.0_f64 / 100.0).sqrt());
    }

    #[test]
    fn xavier_scales_with_both_fans() {
        assert_normal(Initializer::XavierNormal, (2.0_f64 / 400.0).sqrt());
        assert_uniform(Initializer::XavierUniform, (6.0_f64 / 400.0).sqrt());
    }

    #[test]
    fn normal_has_the_deviation_that_was_asked_for() {
        assert_normal(Initializer::Normal { standard_deviation: 0.01 }, 0.01);
    }

    #[test]
    fn layers_draw_at_once_and_start_their_bias_at_zero() {
        let device = Device::flex();
        let linear = Initializer::HeNormal.linear(3, 2, &device);
        let convolution = Initializer::HeNormal.conv3x3(3, 2, &device);
        assert!(linear.weight.is_initialized() && convolution.weight.is_initialized());
        for bias in [linear.bias, convolution.bias] {
            assert_eq!(bias.unwrap().val().into_data(), TensorData::from([0.0_f32, 0.0]));
        }
    }

    #[test]
    fn files_spell_it_as_the_readme_says() {
        for (initializer, json) in [
            (Initializer::HeNormal, r#""he-normal""#),
            (Initializer::XavierUniform, r#""xavier-uniform""#),
            (Initializer::Normal { standard_deviation: 0.1 }, r#"{"normal":{"standard_deviation":0.1}}"#),
        ] {
            assert_eq!(serde_json::to_string(&initializer).unwrap(), json);
            assert_eq!(serde_json::from_str::<Initializer>(json).unwrap(), initializer);
        }
    }
}
