//! The paper's networks for grey images of 16x16 pixels and ten classes, of the operations that `tinderbox-models` uses.

use burn::module::Param;
use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::Distribution;
use tinderbox_ops::{WindowOptions, conv2d, linear, linear_relu, locally_connected_2d, relu_max_pool_2x2};
use tinderbox_training::Classifier;

const WINDOWS: WindowOptions = WindowOptions { kernel: [3, 3], stride: [1, 1], padding: [1, 1] };

/// What a test has to know of a network.
pub(crate) trait Network: Classifier + Module + 'static {
    /// Numbers that all layers give for an image.
    const OUTPUTS: usize;

    fn draw(device: &Device) -> Self;
}

/// Linear layers.
#[derive(Module, Debug)]
pub(crate) struct Dense {
    layers: Vec<Linear>,
}

impl Network for Dense {
    const OUTPUTS: usize = 512 + 256 + 128 + 10;

    fn draw(device: &Device) -> Self {
        let sizes = [256, 512, 256, 128, 10];
        let layers = sizes.windows(2).map(|pair| LinearConfig::new(pair[0], pair[1]).init(device));
        Self { layers: layers.collect() }
    }
}

impl Classifier for Dense {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        score(&self.layers, images)
    }
}

/// `ReLU` after each layer but the last.
fn score(layers: &[Linear], images: Tensor<4>) -> Tensor<2> {
    let apply = |units, (index, layer): (usize, &Linear)| {
        let apply = if index + 1 == layers.len() { linear } else { linear_relu };
        apply(units, layer.weight.val(), layer.bias.as_ref().expect("a bias").val())
    };
    layers.iter().enumerate().fold(images.flatten::<2>(1, 3), apply)
}

fn head(device: &Device) -> Vec<Linear> {
    vec![LinearConfig::new(64 * 4 * 4, 128).init(device), LinearConfig::new(128, 10).init(device)]
}

const FILTERED: usize = 32 * 16 * 16 + 32 * 8 * 8 + 64 * 8 * 8 + 64 * 4 * 4 + 128 + 10;

/// Two 3x3 convolutions, each with `ReLU` and pooling after it.
#[derive(Module, Debug)]
pub(crate) struct Convolutional {
    weights: Vec<Param<Tensor<4>>>,
    biases: Vec<Param<Tensor<1>>>,
    head: Vec<Linear>,
}

impl Network for Convolutional {
    const OUTPUTS: usize = FILTERED;

    fn draw(device: &Device) -> Self {
        Self {
            weights: vec![small([32, 1, 3, 3], device), small([64, 32, 3, 3], device)],
            biases: vec![small([32], device), small([64], device)],
            head: head(device),
        }
    }
}

impl Classifier for Convolutional {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let layers = self.weights.iter().zip(&self.biases);
        let maps = layers.fold(images, |maps, (weight, bias)| {
            relu_max_pool_2x2(conv2d(maps, weight.val(), bias.val(), &WINDOWS))
        });
        score(&self.head, maps)
    }
}

/// The same with weights of its own at each position.
#[derive(Module, Debug)]
pub(crate) struct Local {
    weights: Vec<Param<Tensor<3>>>,
    biases: Vec<Param<Tensor<3>>>,
    head: Vec<Linear>,
}

impl Network for Local {
    const OUTPUTS: usize = FILTERED;

    fn draw(device: &Device) -> Self {
        Self {
            weights: vec![small([256, 32, 9], device), small([64, 64, 32 * 9], device)],
            biases: vec![small([32, 16, 16], device), small([64, 8, 8], device)],
            head: head(device),
        }
    }
}

impl Classifier for Local {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let layers = self.weights.iter().zip(&self.biases);
        let maps = layers.fold(images, |maps, (weight, bias)| {
            relu_max_pool_2x2(locally_connected_2d(maps, weight.val(), Some(bias.val()), &WINDOWS))
        });
        score(&self.head, maps)
    }
}

fn small<const D: usize>(shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::random(shape, Distribution::Uniform(-0.05, 0.05), device))
}
