//! A network of one's own, attacked: it loses accuracy, and nothing of it changes.
//!
//! It has what a careless attack would touch, dropout and batch norm, and still stands in training mode.

use std::error::Error;

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::activation::relu;
use tinderbox_data::{Images, stand_in};
use tinderbox_training::adversarial::{Fgsm, Victim, evaluate_under};
use tinderbox_training::{Classifier, Examples, evaluate};

fn main() -> Result<(), Box<dyn Error>> {
    let digits = stand_in("an example needs no download");
    let device = Device::flex();
    device.seed(7);
    let net = train(Net::init(&device.clone().autodiff()), &digits.training);
    let before = state(&net)?;

    let test = Examples::new(digits.test.pixels(), digits.test.labels(), [1, 16, 16], 10)?;
    // A frozen copy: all that an attack takes.
    let victim = Victim::freeze(&net);
    let natural = evaluate(&victim, &test, &device);
    let robust = evaluate_under(&Fgsm::new(0.1), &victim, &test, &device)?;
    assert!(state(&net)? == before, "the attack changed the network");
    println!("natural accuracy  {:.3}", natural.accuracy);
    println!("robust accuracy   {:.3}", robust.accuracy);
    println!("state unchanged   {} bytes", before.len());

    // What it was kept from: scoring a batch with the network itself moves its running statistics.
    net.logits(batch(&digits.test, 0..32, &device.autodiff()).0);
    assert!(state(&net)? != before, "the state lacks the running statistics");
    Ok(())
}

/// Weights and running statistics, as bytes.
fn state(net: &Net) -> Result<Vec<u8>, Box<dyn Error>> {
    // `valid` brings in the last step's statistics, which batch norm keeps aside until somebody asks for them.
    Ok(net.valid().into_record().into_bytes()?.to_vec())
}

/// A convolution, and around it what behaves differently in training.
#[derive(Module, Debug)]
struct Net {
    convolution: Conv2d,
    norm: BatchNorm,
    pooling: MaxPool2d,
    dropout: Dropout,
    output: Linear,
}

impl Net {
    fn init(device: &Device) -> Self {
        Self {
            convolution: Conv2dConfig::new([1, 8], [3, 3]).init(device),
            norm: BatchNormConfig::new(8).init(device),
            pooling: MaxPool2dConfig::new([2, 2]).init(),
            dropout: DropoutConfig::new(0.25).init(),
            output: LinearConfig::new(8 * 7 * 7, 10).init(device),
        }
    }
}

impl Classifier for Net {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let features = relu(self.norm.forward(self.convolution.forward(images)));
        let pooled = self.pooling.forward(features).flatten::<2>(1, 3);
        self.output.forward(self.dropout.forward(pooled))
    }
}

/// Five times over the images, in their order.
fn train(mut net: Net, images: &Images) -> Net {
    let device = net.devices()[0].clone();
    let cross_entropy = CrossEntropyLossConfig::new().init(&device);
    let mut optimizer = AdamConfig::new().init();
    for _ in 0..5 {
        for start in (0..images.len()).step_by(32) {
            let (pixels, labels) = batch(images, start..images.len().min(start + 32), &device);
            let loss = cross_entropy.forward(net.logits(pixels), labels);
            let gradients = GradientsParams::from_grads(loss.backward(), &net);
            net = optimizer.step(0.003, net, gradients);
        }
    }
    net
}

/// Images `[batch, 1, 16, 16]` and their labels `[batch]`.
fn batch(images: &Images, range: std::ops::Range<usize>, device: &Device) -> (Tensor<4>, Tensor<1, Int>) {
    let some = images.select(&range.collect::<Vec<_>>());
    let labels: Vec<i64> = some.labels().iter().map(|&label| i64::from(label)).collect();
    (
        Tensor::from_data(TensorData::new(some.pixels().to_vec(), [some.len(), 1, 16, 16]), device),
        Tensor::from_data(TensorData::new(labels, [some.len()]), device),
    )
}
