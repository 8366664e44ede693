//! What a convolution and its twin without shared weights have in common.

pub(crate) use super::window::Geometry;
use crate::WindowOptions;

/// Two functions of images `[batch, pixels]` and of weights and a bias for each filter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernel {
    pub(crate) forward: Forward,
    pub(crate) gradients: Gradients,
}

/// `[batch, filters, positions]` from images, weights and bias.
pub(crate) type Forward = fn(&Geometry, &[f32], &[f32], &[f32]) -> Vec<f32>;

/// What images, weights and bias get, each if it is wanted, from images, weights and an upstream
/// `[batch, filters, positions]`.
pub(crate) type Gradients = fn(&Geometry, &[f32], &[f32], &[f32], [bool; 3]) -> [Option<Vec<f32>>; 3];

impl Geometry {
    /// That of `images`, `[batch, channels, height, width]`, into which a window fits.
    pub(crate) fn of(images: &[usize], options: WindowOptions) -> Self {
        let image = [images[2], images[3]];
        let output = options.assert_fits(image);
        let WindowOptions { kernel, stride, padding } = options;
        Self { channels: images[1], image, output, kernel, stride, padding }
    }
}
