//! `conv2d` and `locally_connected_2d`, with windows of 3x3 that keep the size of an image.

use burn::prelude::*;
use burn::tensor::Distribution;
use burn::tensor::module::unfold4d;
use burn::tensor::ops::{ConvOptions, UnfoldOptions};
use tinderbox_ops::{WindowOptions, conv2d, locally_connected_2d};

use super::{Amount, BURN, OURS, Operation, Pass};

const WINDOWS: WindowOptions = WindowOptions { kernel: [3, 3], stride: [1, 1], padding: [1, 1] };

/// Images, weights and a bias go in, maps come out.
type Layer<const W: usize, const B: usize> = fn(Tensor<4>, Tensor<W>, Tensor<B>) -> Tensor<4>;

/// A convolution from and to so many channels, on square images.
pub(super) fn convolution(
    device: &Device,
    batch: usize,
    channels: [usize; 2],
    side: usize,
    pass: Pass,
) -> Operation {
    let ours: Layer<4, 1> = |images, weight, bias| conv2d(images, weight, bias, &WINDOWS);
    let burn: Layer<4, 1> = |images, weight, bias| {
        let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        burn::tensor::module::conv2d(images, weight, Some(bias), options)
    };
    let shapes = ([channels[1], channels[0], 3, 3], [channels[1]]);
    operation("conv2d", [ours, burn], shapes, device, batch, channels, side, pass)
}

/// The same without shared weights; Burn's way is to unfold, and one batched product.
pub(super) fn locally_connected(
    device: &Device,
    batch: usize,
    channels: [usize; 2],
    side: usize,
    pass: Pass,
) -> Operation {
    let ours: Layer<3, 3> = |images, weight, bias| locally_connected_2d(images, weight, Some(bias), &WINDOWS);
    let burn: Layer<3, 3> = |images, weight, bias| {
        let ([batch, ..], [filters, rows, columns]) = (images.dims(), bias.dims());
        let windows = unfold4d(images, [3, 3], UnfoldOptions::new([1, 1], [1, 1], [1, 1]));
        let maps = weight.matmul(windows.permute([2, 1, 0]));
        maps.permute([2, 1, 0]).reshape([batch, filters, rows, columns]) + bias.unsqueeze::<4>()
    };
    let shapes = ([side * side, channels[1], channels[0] * 9], [channels[1], side, side]);
    operation("locally_connected_2d", [ours, burn], shapes, device, batch, channels, side, pass)
}

#[expect(clippy::too_many_arguments, reason = "the two above differ in the first three alone")]
fn operation<const W: usize, const B: usize>(
    name: &str,
    [ours, burn]: [Layer<W, B>; 2],
    (weight, bias): ([usize; W], [usize; B]),
    device: &Device,
    batch: usize,
    [inputs, outputs]: [usize; 2],
    side: usize,
    pass: Pass,
) -> Operation {
    let device = if pass == Pass::Forward { device.clone() } else { device.clone().autodiff() };
    let images = random([batch, inputs, side, side], &device);
    let (weight, bias) = (random(weight, &device), random(bias, &device));
    let call = |layer: Layer<W, B>| -> Box<dyn FnMut()> {
        let (images, weight, bias) = (images.clone(), weight.clone(), bias.clone());
        Box::new(move || match pass {
            Pass::Forward => drop(layer(images.clone(), weight.clone(), bias.clone())),
            Pass::Weights => backward(layer, images.clone(), weight.clone(), bias.clone()),
            Pass::Both => backward(layer, images.clone().require_grad(), weight.clone(), bias.clone()),
        })
    };
    let multiply_adds = batch * side * side * inputs * 9 * outputs;
    Operation {
        name: format!("{name}, {inputs} to {outputs} channels, {side}x{side}, {}", pass.name()),
        work: Amount::Arithmetic((2 * multiply_adds * pass.products()) as f64),
        ways: vec![(OURS, call(ours)), (BURN, call(burn))],
    }
}

fn backward<const W: usize, const B: usize>(
    layer: Layer<W, B>,
    images: Tensor<4>,
    weight: Tensor<W>,
    bias: Tensor<B>,
) {
    // Without a sum: the gradient that comes from above is then one tensor in memory, as it is in a network.
    drop(layer(images, weight.require_grad(), bias.require_grad()).backward());
}

pub(super) fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Uniform(-1.0, 1.0), device)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tolerance;

    use super::*;

    #[test]
    fn burns_way_gives_what_ours_gives() {
        let device = Device::flex();
        let images = random([2, 3, 4, 4], &device);
        let (weight, bias) = (random([16, 5, 27], &device), random([5, 4, 4], &device));
        let ours = locally_connected_2d(images.clone(), weight.clone(), Some(bias.clone()), &WINDOWS);
        let windows = unfold4d(images, [3, 3], UnfoldOptions::new([1, 1], [1, 1], [1, 1]));
        let maps = weight.matmul(windows.permute([2, 1, 0]));
        let burn = maps.permute([2, 1, 0]).reshape([2, 5, 4, 4]) + bias.unsqueeze::<4>();
        burn.into_data().assert_approx_eq::<f32>(&ours.into_data(), Tolerance::default());
    }
}
