//! A convolution without shared weights: a product for each position, over the whole batch.
//!
//! Inside, the batch is the last axis, so that what a position sees is gathered in whole rows.

use super::filters::{Geometry, Kernel};
use super::product::{Matrix, product};
use super::transpose::{transpose, transposed};

/// Weights are `[positions, filters, window]`, the bias is `[filters, positions]`.
pub(crate) const KERNEL: Kernel = Kernel { forward, gradients };

fn forward(geometry: &Geometry, images: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let Sizes { batch, window, positions, filters } = Sizes::new(geometry, images, weight);
    let pixels = transposed(images, [batch, geometry.pixels()]);
    let mut seen = vec![0.0; window * batch];
    let mut scores = vec![0.0; positions * filters * batch];
    for (position, scores) in scores.chunks_exact_mut(filters * batch).enumerate() {
        gather(geometry, position, &pixels, &mut seen);
        for (filter, scores) in scores.chunks_exact_mut(batch).enumerate() {
            scores.fill(bias[filter * positions + position]);
        }
        let weight =
            Matrix::new(&weight[position * filters * window..][..filters * window], [filters, window]);
        product(scores, true, weight, Matrix::new(&seen, [window, batch]));
    }
    let mut output = vec![0.0; scores.len()];
    for filter in 0..filters {
        let from = (&scores[filter * batch..], filters * batch);
        transpose(from, [positions, batch], (&mut output[filter * positions..], filters * positions));
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
    let Sizes { batch, window, positions, filters } = Sizes::new(geometry, images, weight);
    let mut scores = vec![0.0; upstream.len()];
    for filter in 0..filters {
        let from = (&upstream[filter * positions..], filters * positions);
        transpose(from, [batch, positions], (&mut scores[filter * batch..], filters * batch));
    }

    let mut seen = vec![0.0; window * batch];
    let own = |position: usize| position * filters * window..(position + 1) * filters * window;
    let each = || scores.chunks_exact(filters * batch).enumerate();
    let to_images = wanted[0].then(|| {
        let mut pixels = vec![0.0; images.len()];
        for (position, scores) in each() {
            let weight = Matrix::new(&weight[own(position)], [filters, window]);
            product(&mut seen, false, weight.transposed(), Matrix::new(scores, [filters, batch]));
            scatter(geometry, position, &seen, &mut pixels);
        }
        transposed(&pixels, [geometry.pixels(), batch])
    });
    let to_weight = wanted[1].then(|| {
        let pixels = transposed(images, [batch, geometry.pixels()]);
        let mut gradient = vec![0.0; weight.len()];
        for (position, scores) in each() {
            gather(geometry, position, &pixels, &mut seen);
            let seen = Matrix::new(&seen, [window, batch]).transposed();
            product(&mut gradient[own(position)], false, Matrix::new(scores, [filters, batch]), seen);
        }
        gradient
    });
    let to_bias = wanted[2].then(|| {
        let mut gradient = vec![0.0; filters * positions];
        for (position, scores) in each() {
            for (filter, scores) in scores.chunks_exact(batch).enumerate() {
                gradient[filter * positions + position] = scores.iter().sum();
            }
        }
        gradient
    });
    [to_images, to_weight, to_bias]
}

struct Sizes {
    batch: usize,
    window: usize,
    positions: usize,
    filters: usize,
}

impl Sizes {
    fn new(geometry: &Geometry, images: &[f32], weight: &[f32]) -> Self {
        let (window, positions) = (geometry.window(), geometry.positions());
        let batch = images.len() / geometry.pixels();
        Self { batch, window, positions, filters: weight.len() / (positions * window) }
    }
}

/// Fills `seen`, `[window, batch]`, with what `position` sees of `pixels`, `[pixels, batch]`; zero in the padding.
fn gather(geometry: &Geometry, position: usize, pixels: &[f32], seen: &mut [f32]) {
    let batch = seen.len() / geometry.window();
    for (entry, seen) in seen.chunks_exact_mut(batch).enumerate() {
        match geometry.pixel(position, entry) {
            Some(pixel) => seen.copy_from_slice(&pixels[pixel * batch..][..batch]),
            None => seen.fill(0.0),
        }
    }
}

/// Adds each row of `seen` to the pixel that [`gather`] takes it from.
fn scatter(geometry: &Geometry, position: usize, seen: &[f32], pixels: &mut [f32]) {
    let batch = seen.len() / geometry.window();
    for (entry, seen) in seen.chunks_exact(batch).enumerate() {
        if let Some(pixel) = geometry.pixel(position, entry) {
            for (pixel, seen) in pixels[pixel * batch..][..batch].iter_mut().zip(seen) {
                *pixel += seen;
            }
        }
    }
}
