//! Burn's linear layers, applied by the operations of `tinderbox-ops`.

use burn::nn::Linear;
use burn::prelude::*;

/// `[batch, outputs]` from `[batch, inputs]`.
pub(crate) fn linear(layer: &Linear, units: Tensor<2>) -> Tensor<2> {
    tinderbox_ops::linear(units, layer.weight.val(), bias(layer))
}

pub(crate) fn bias(layer: &Linear) -> Tensor<1> {
    layer.bias.as_ref().expect("`Initializer::linear` gives each unit a bias").val()
}
