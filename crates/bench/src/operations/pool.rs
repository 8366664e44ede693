//! `relu_max_pool_2x2`.

use burn::prelude::*;
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use tinderbox_ops::relu_max_pool_2x2;

use super::filters::random;
use super::{Amount, BURN, OURS, Operation};

/// Of square maps, with the gradient of the maps or without.
pub(super) fn relu_max_pool(
    device: &Device,
    batch: usize,
    channels: usize,
    side: usize,
    backward: bool,
) -> Operation {
    let device = if backward { device.clone().autodiff() } else { device.clone() };
    let maps = random([batch, channels, side, side], &device);
    let call = |pool: fn(Tensor<4>) -> Tensor<4>| -> Box<dyn FnMut()> {
        let maps = maps.clone();
        Box::new(move || {
            if backward {
                drop(pool(maps.clone().require_grad()).backward());
            } else {
                pool(maps.clone());
            }
        })
    };
    let burn = |maps: Tensor<4>| max_pool2d(relu(maps), MaxPoolOptions::new([2, 2]));
    // Maps in and a quarter out; backward, maps and a quarter in and maps out.
    let quarters = if backward { 5 + 9 } else { 5 };
    let bytes = batch * channels * side * side / 4 * quarters * size_of::<f32>();
    let passes = if backward { "forward and backward" } else { "forward" };
    Operation {
        name: format!("relu_max_pool_2x2, {channels} channels, {side}x{side}, {passes}"),
        work: Amount::Memory(bytes as f64),
        ways: vec![(OURS, call(relu_max_pool_2x2)), (BURN, call(burn))],
    }
}
