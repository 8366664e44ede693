//! A layer in which every output position has weights of its own.

use burn::module::Param;
use burn::prelude::*;
use tinderbox_ops::{WindowOptions, locally_connected_2d};

use crate::Initializer;
use crate::initializer::zeros;

/// Describes a [`LocallyConnected2d`].
///
/// Pairs of sizes are `[vertical, horizontal]`.
#[derive(Debug, Clone, PartialEq)]
pub struct LocallyConnected2dConfig {
    /// Channels of the input and of the output.
    pub channels: [usize; 2],
    /// Height and width of an input image.
    pub image: [usize; 2],
    /// Windows: their size, stride and padding.
    pub options: WindowOptions,
    /// How weights are drawn; biases start at zero.
    pub initializer: Initializer,
}

/// A convolution without shared weights, see [`locally_connected_2d`].
#[derive(Module, Debug)]
pub struct LocallyConnected2d {
    /// `[rows * columns, channels_out, channels_in * kernel_height * kernel_width]`
    pub weight: Param<Tensor<3>>,
    /// `[channels_out, rows, columns]`
    pub bias: Param<Tensor<3>>,
    #[module(skip)]
    options: WindowOptions,
}

impl LocallyConnected2dConfig {
    /// Draws a new layer on `device`.
    ///
    /// Fan in is `channels_in * kernel_height * kernel_width`, fan out `channels_out * kernel_height * kernel_width`: the
    /// same as of the convolution with these sizes.
    ///
    /// # Panics
    /// If no window fits into an image.
    pub fn init(&self, device: &Device) -> LocallyConnected2d {
        let [channels_in, channels_out] = self.channels;
        let area: usize = self.options.kernel.iter().product();
        let [rows, columns] = self.options.output_size(self.image).unwrap_or_else(|| {
            panic!("no window of {:?} fits into an image of {:?} pixels", self.options, self.image)
        });
        LocallyConnected2d {
            weight: self.initializer.draw(
                [rows * columns, channels_out, channels_in * area],
                [channels_in * area, channels_out * area],
                device,
            ),
            bias: zeros([channels_out, rows, columns], device),
            options: self.options,
        }
    }
}

impl LocallyConnected2d {
    /// Applies the layer.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels_in, height, width]`
    /// - returns `[batch, channels_out, rows, columns]`
    ///
    /// # Panics
    /// If channels, height or width differ from the config's.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        locally_connected_2d(images, self.weight.val(), Some(self.bias.val()), &self.options)
    }
}
