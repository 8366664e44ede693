//! A convolution, image by image: gather what the positions see, and one product with the filters.
//!
//! Source: Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for Document Processing" (2006), §3.

use super::filters::{Geometry, Kernel};
use super::product::{Matrix, product};

/// Weights are `[filters, window]`, the bias is `[filters]`.
pub(crate) const KERNEL: Kernel = Kernel { forward, gradients };

fn forward(geometry: &Geometry, images: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let (window, positions) = (geometry.window(), geometry.positions());
    let batch = images.len() / geometry.pixels();
    let filters = Matrix::new(weight, [bias.len(), window]);
    let mut seen = vec![0.0; window * positions];
    let mut output = Vec::with_capacity(batch * bias.len() * positions);
    for image in images.chunks_exact(geometry.pixels()) {
        geometry.gather(image, &mut seen);
        let start = output.len();
        for &bias in bias {
            output.resize(output.len() + positions, bias);
        }
        product(&mut output[start..], true, filters, Matrix::new(&seen, [window, positions]));
    }
    output
}

fn gradients(
    geometry: &Geometry,
    images: &[f32],
    weight: &[f32],
    upstream: &[f32],
    wanted: [bool; 3],
) -> [Option<Vec<f32>>; 3] {
    let filters = weight.len() / geometry.window();
    [
        wanted[0].then(|| images_gradient(geometry, weight, upstream)),
        wanted[1].then(|| weight_gradient(geometry, filters, images, upstream)),
        wanted[2].then(|| bias_gradient(filters, geometry.positions(), upstream)),
    ]
}

/// What the images get of `upstream`, `[batch, filters, positions]`.
fn images_gradient(geometry: &Geometry, weight: &[f32], upstream: &[f32]) -> Vec<f32> {
    let (window, positions) = (geometry.window(), geometry.positions());
    let count = weight.len() / window;
    let filters = Matrix::new(weight, [count, window]).transposed();
    let mut seen = vec![0.0; window * positions];
    let mut gradient = vec![0.0; upstream.len() / (count * positions) * geometry.pixels()];
    for (upstream, image) in
        upstream.chunks_exact(count * positions).zip(gradient.chunks_exact_mut(geometry.pixels()))
    {
        product(&mut seen, false, filters, Matrix::new(upstream, [count, positions]));
        geometry.scatter(&seen, image);
    }
    gradient
}

/// What the weights, `[filters, window]`, get of `upstream`, `[batch, filters, positions]`.
fn weight_gradient(geometry: &Geometry, filters: usize, images: &[f32], upstream: &[f32]) -> Vec<f32> {
    let (window, positions) = (geometry.window(), geometry.positions());
    let mut seen = vec![0.0; window * positions];
    let mut gradient = vec![0.0; filters * window];
    for (image, upstream) in
        images.chunks_exact(geometry.pixels()).zip(upstream.chunks_exact(filters * positions))
    {
        geometry.gather(image, &mut seen);
        let seen = Matrix::new(&seen, [window, positions]);
        product(&mut gradient, true, Matrix::new(upstream, [filters, positions]), seen.transposed());
    }
    gradient
}

/// What the bias gets of `upstream`, `[batch, filters, positions]`.
fn bias_gradient(filters: usize, positions: usize, upstream: &[f32]) -> Vec<f32> {
    let mut gradient = vec![0.0; filters];
    for image in upstream.chunks_exact(filters * positions) {
        for (gradient, map) in gradient.iter_mut().zip(image.chunks_exact(positions)) {
            *gradient += sum(map);
        }
    }
    gradient
}

/// In eight running sums, which a vector register holds.
fn sum(values: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    let chunks = values.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    sums.iter().sum::<f32>() + rest
}
