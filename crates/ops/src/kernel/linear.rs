//! A linear layer, with or without an activation after it: each direction is one product.

use super::product::{Matrix, fresh_product, threaded_product};
use super::scratch::Scratch;
use super::transpose::{transpose, transposed};
use super::vectorised::vectorised;
use crate::activation::Activation;

/// `[batch, outputs]` from `input`, `[batch, inputs]`, `weight`, `[inputs, outputs]`, and `bias`, `[outputs]`.
pub(crate) fn forward(
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
    activation: Option<Activation>,
) -> Vec<f32> {
    let Sizes { batch, inputs, outputs } = Sizes::new(weight, input.len(), bias.len());
    let mut output = bias.repeat(batch);
    let (input, weight) = (Matrix::new(input, [batch, inputs]), Matrix::new(weight, [inputs, outputs]));
    threaded_product(&mut output, true, input, weight);
    if let Some(activation) = activation {
        activation.apply(&mut output);
    }
    output
}

/// What input, weight and bias get of `upstream`, `[batch, outputs]`, each if it is wanted; `activated` is the
/// activation, if there was one, and the output that it made.
pub(crate) fn gradients(
    input: &[f32],
    weight: &[f32],
    activated: Option<(Activation, &[f32])>,
    upstream: &[f32],
    outputs: usize,
    wanted: [bool; 3],
) -> [Option<Vec<f32>>; 3] {
    let Sizes { batch, inputs, .. } = Sizes::new(weight, input.len(), outputs);
    let scores = activated.map(|(activation, output)| {
        let mut scores = Scratch::any(upstream.len());
        activation.back(upstream, output, &mut scores);
        scores
    });
    let upstream = scores.as_deref().unwrap_or(upstream);
    let to_input = wanted[0].then(|| {
        // The products are fastest where the inner sizes of both factors lie side by side, so it is the small upstream that is
        // turned, not the weights.
        let mut turned = Scratch::any(upstream.len());
        transpose((upstream, outputs), [batch, outputs], (&mut turned, batch));
        let mut gradient = Scratch::any(inputs * batch);
        let (weight, turned) =
            (Matrix::new(weight, [inputs, outputs]), Matrix::new(&turned, [outputs, batch]));
        threaded_product(&mut gradient, false, weight, turned);
        transposed(&gradient, [inputs, batch])
    });
    let to_weight = wanted[1].then(|| {
        let input = Matrix::new(input, [batch, inputs]).transposed();
        fresh_product(input, Matrix::new(upstream, [batch, outputs]))
    });
    let to_bias = wanted[2].then(|| {
        let mut gradient = vec![0.0; outputs];
        vectorised(|| {
            for row in upstream.chunks_exact(outputs) {
                for (gradient, value) in gradient.iter_mut().zip(row) {
                    *gradient += value;
                }
            }
        });
        gradient
    });
    [to_input, to_weight, to_bias]
}

struct Sizes {
    batch: usize,
    inputs: usize,
    outputs: usize,
}

impl Sizes {
    fn new(weight: &[f32], input: usize, outputs: usize) -> Self {
        let inputs = weight.len() / outputs;
        Self { batch: input / inputs, inputs, outputs }
    }
}
