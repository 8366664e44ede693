//! A convolution without shared weights: a product for each position, over the whole batch.
//!
//! Inside, the batch is the last axis, so that what a position sees is gathered in whole rows. One thread does all: weights that are
//! not shared are a load on the memory, and two threads took longer.

use super::filters::{Geometry, Kernel};
use super::product::{Matrix, product};
use super::scratch::Scratch;
use super::transpose::{transpose, transposed};

/// Weights are `[positions, filters, window]`, the bias is `[filters, positions]`.
pub(crate) const KERNEL: Kernel = Kernel { forward, gradients };

fn forward(geometry: &Geometry, images: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let Sizes { batch, window, positions, filters } = Sizes::new(geometry, images, weight);
    let pixels = batch_last(images, [batch, geometry.pixels()]);
    let mut seen = Scratch::any(window * batch);
    let mut scores = Scratch::any(positions * filters * batch);
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
    let sizes = Sizes::new(geometry, images, weight);
    let Sizes { batch, positions, filters, .. } = sizes;
    let mut scores = Scratch::any(upstream.len());
    for filter in 0..filters {
        let from = (&upstream[filter * positions..], filters * positions);
        transpose(from, [batch, positions], (&mut scores[filter * batch..], filters * batch));
    }
    [
        wanted[0].then(|| images_gradient(geometry, &sizes, weight, &scores)),
        wanted[1].then(|| weight_gradient(geometry, &sizes, images, &scores)),
        wanted[2].then(|| {
            let mut gradient = vec![0.0; filters * positions];
            for (position, scores) in scores.chunks_exact(filters * batch).enumerate() {
                for (filter, scores) in scores.chunks_exact(batch).enumerate() {
                    gradient[filter * positions + position] = scores.iter().sum();
                }
            }
            gradient
        }),
    ]
}

/// What the images get of `scores`, `[positions, filters, batch]`.
fn images_gradient(geometry: &Geometry, sizes: &Sizes, weight: &[f32], scores: &[f32]) -> Vec<f32> {
    let Sizes { batch, window, filters, .. } = *sizes;
    let mut pixels = Scratch::zeros(geometry.pixels() * batch);
    let mut seen = Scratch::any(window * batch);
    let weights = weight.chunks_exact(filters * window);
    for (position, (weight, scores)) in weights.zip(scores.chunks_exact(filters * batch)).enumerate() {
        let weight = Matrix::new(weight, [filters, window]).transposed();
        product(&mut seen, false, weight, Matrix::new(scores, [filters, batch]));
        scatter(geometry, position, &seen, &mut pixels);
    }
    transposed(&pixels, [geometry.pixels(), batch])
}

/// What the weights get of `scores`, `[positions, filters, batch]`.
fn weight_gradient(geometry: &Geometry, sizes: &Sizes, images: &[f32], scores: &[f32]) -> Vec<f32> {
    let Sizes { batch, window, positions, filters } = *sizes;
    let pixels = batch_last(images, [batch, geometry.pixels()]);
    let [mut seen, mut turned] = [(); 2].map(|()| Scratch::any(window * batch));
    let mut gradient = vec![0.0; positions * filters * window];
    let each = scores.chunks_exact(filters * batch).zip(gradient.chunks_exact_mut(filters * window));
    for (position, (scores, gradient)) in each.enumerate() {
        gather(geometry, position, &pixels, &mut seen);
        // The product would turn it itself, in memory that it asks for each time.
        transpose((&seen, batch), [window, batch], (&mut turned, window));
        product(
            gradient,
            false,
            Matrix::new(scores, [filters, batch]),
            Matrix::new(&turned, [batch, window]),
        );
    }
    gradient
}

/// `[pixels, batch]` from `[batch, pixels]`.
fn batch_last(images: &[f32], [batch, pixels]: [usize; 2]) -> Scratch {
    let mut turned = Scratch::any(images.len());
    transpose((images, pixels), [batch, pixels], (&mut turned, batch));
    turned
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
