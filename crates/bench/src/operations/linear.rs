//! `linear_relu` and `cross_entropy`.

use burn::nn::loss::CrossEntropyLossConfig;
use burn::prelude::*;
use burn::tensor::activation::relu;
use burn::tensor::module;
use tinderbox_ops::{cross_entropy, linear_relu};

use super::filters::random;
use super::{Amount, BURN, OURS, Operation, Pass};

type Layer = fn(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<2>;

/// From and to so many units.
pub(super) fn layer(device: &Device, batch: usize, [inputs, outputs]: [usize; 2], pass: Pass) -> Operation {
    let device = if pass == Pass::Forward { device.clone() } else { device.clone().autodiff() };
    let (input, weight, bias) =
        (random([batch, inputs], &device), random([inputs, outputs], &device), random([outputs], &device));
    let call = |layer: Layer| -> Box<dyn FnMut()> {
        let (input, weight, bias) = (input.clone(), weight.clone(), bias.clone());
        Box::new(move || {
            let (input, weight, bias) = (input.clone(), weight.clone(), bias.clone());
            let input = if pass == Pass::Both { input.require_grad() } else { input };
            if pass == Pass::Forward {
                drop(layer(input, weight, bias));
            } else {
                drop(layer(input, weight.require_grad(), bias.require_grad()).backward());
            }
        })
    };
    let burn: Layer = |input, weight, bias| relu(module::linear(input, weight, Some(bias)));
    Operation {
        name: format!("linear_relu, {inputs} to {outputs} units, {}", pass.name()),
        work: Amount::Arithmetic((2 * batch * inputs * outputs * pass.products()) as f64),
        ways: vec![(OURS, call(linear_relu)), (BURN, call(burn))],
    }
}

/// Of ten classes, with the gradient of the logits.
pub(super) fn loss(device: &Device, batch: usize) -> Operation {
    let device = device.clone().autodiff();
    let logits = random([batch, 10], &device);
    let labels: Vec<u8> = (0..batch).map(|index| (index % 10) as u8).collect();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [batch]), &device);
    let burns = CrossEntropyLossConfig::new().init(&device);
    let (ours, theirs) = ((logits.clone(), labels.clone()), (logits, labels));
    Operation {
        name: "cross_entropy, 10 classes, forward and backward".into(),
        // Logits are read, and their gradient is written.
        work: Amount::Memory((2 * batch * 10 * size_of::<f32>()) as f64),
        ways: vec![
            (
                OURS,
                Box::new(move || {
                    let (logits, labels) = ours.clone();
                    drop(cross_entropy(logits.require_grad(), labels).backward());
                }),
            ),
            (
                BURN,
                Box::new(move || {
                    let (logits, labels) = theirs.clone();
                    drop(burns.forward(logits.require_grad(), labels).backward());
                }),
            ),
        ],
    }
}
