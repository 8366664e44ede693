//! A convolution, image by image: gather what the positions see, and one product with the filters.
//!
//! Threads take images, or for the gradient of the weights channels, so that each sum has one order.
//!
//! Source: Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for Document Processing" (2006), §3.

use crate::kernel::filters::Geometry;
use crate::kernel::product::{Matrix, product};
use crate::kernel::scratch::Scratch;
use crate::kernel::shares::in_shares;
use crate::kernel::transpose::{transpose, transposed};

/// `[batch, filters, positions]`.
pub(super) fn forward(geometry: &Geometry, images: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let (pixels, window, positions) = (geometry.pixels(), geometry.window(), geometry.positions());
    let batch = images.len() / pixels;
    let filters = Matrix::new(weight, [bias.len(), window]);
    let maps = bias.len() * positions;
    let mut output = vec![0.0; batch * maps];
    in_shares(&mut output, maps, maps * window, |first, output| {
        let mut seen = Scratch::zeros(window * positions);
        for (image, output) in
            images[first * pixels..].chunks_exact(pixels).zip(output.chunks_exact_mut(maps))
        {
            geometry.gather(image, &mut seen);
            for (map, &bias) in output.chunks_exact_mut(positions).zip(bias) {
                map.fill(bias);
            }
            product(output, true, filters, Matrix::new(&seen, [window, positions]));
        }
    });
    output
}

/// What the images get of `upstream`, `[batch, filters, positions]`.
pub(super) fn images_gradient(geometry: &Geometry, weight: &[f32], upstream: &[f32]) -> Vec<f32> {
    let (pixels, window, positions) = (geometry.pixels(), geometry.window(), geometry.positions());
    let count = weight.len() / window;
    let filters = Matrix::new(weight, [count, window]).transposed();
    let maps = count * positions;
    let mut gradient = vec![0.0; upstream.len() / maps * pixels];
    in_shares(&mut gradient, pixels, maps * window, |first, gradient| {
        let mut seen = Scratch::any(window * positions);
        let upstream = upstream[first * maps..].chunks_exact(maps);
        for (upstream, image) in upstream.zip(gradient.chunks_exact_mut(pixels)) {
            product(&mut seen, false, filters, Matrix::new(upstream, [count, positions]));
            geometry.scatter(&mut seen, image);
        }
    });
    gradient
}

/// What the weights, `[filters, window]`, get of `upstream`, `[batch, filters, positions]`.
pub(super) fn weight_gradient(
    geometry: &Geometry,
    filters: usize,
    images: &[f32],
    upstream: &[f32],
) -> Vec<f32> {
    let (pixels, window, positions) = (geometry.pixels(), geometry.window(), geometry.positions());
    let (channel, seen_of_channel) = (pixels / geometry.channels, window / geometry.channels);
    let batch = images.len() / pixels;
    // As `[window, filters]`: the product packs its right factor, and of the two the upstream is the smaller.
    let mut turned = Scratch::any(window * filters);
    // `gemm` sums a vector in another way than a matrix, and in products of up to 64 x 64 cuts sums of more than 512 terms at other
    // places: where a share could be of another kind than the whole, one thread does it all.
    let alike = filters > 1 && seen_of_channel > 1 && (positions <= 512 || filters > 64 || window <= 64);
    let each = if alike { batch * seen_of_channel * filters * positions } else { 0 };
    in_shares(&mut turned, seen_of_channel * filters, each, |first, turned| {
        let channels = turned.len() / (seen_of_channel * filters);
        let geometry = Geometry { channels, ..*geometry };
        let window = geometry.window();
        let mut seen = Scratch::zeros(window * positions);
        let mut scores = Scratch::any(filters * positions);
        let upstream = upstream.chunks_exact(filters * positions);
        for (number, (image, upstream)) in images.chunks_exact(pixels).zip(upstream).enumerate() {
            geometry.gather(&image[first * channel..][..channels * channel], &mut seen);
            transpose((upstream, positions), [filters, positions], (&mut scores, filters));
            let scores = Matrix::new(&scores, [positions, filters]);
            product(turned, number > 0, Matrix::new(&seen, [window, positions]), scores);
        }
    });
    transposed(&turned, [window, filters])
}

/// What the bias gets of `upstream`, `[batch, filters, positions]`.
pub(super) fn bias_gradient(filters: usize, positions: usize, upstream: &[f32]) -> Vec<f32> {
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
