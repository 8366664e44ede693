//! A convolution in which every output position has weights of its own.
//!
//! The pixels that a position sees are gathered into a matrix, and a product for each position does the rest: in the kernel on
//! flex and ndarray, as one batched product elsewhere.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, NdArray, TensorMetadata, backend_extension};
use burn::prelude::*;
use burn::tensor::assert_shape;

use crate::WindowOptions;
use crate::kernel::locally_connected::{self as kernel, Geometry};
use crate::slices::{Slices, are_slices, tensor};

/// A convolution without shared weights: every output position has weights of its own.
///
/// `y[o, r, c] = b[o, r, c] + Σ w[r, c, o, i, u, v] · x[i, s·r + u − p, s·c + v − p]`, with stride `s`, padding `p`, and
/// zeros outside the image.
///
/// # Shapes
/// - `images`: `[batch, channels_in, height, width]`
/// - `weight`: `[rows * columns, channels_out, channels_in * kernel_height * kernel_width]`; positions and the entries of
///   a window are in row-major order, so that each position's weights are one matrix
/// - `bias`: `[channels_out, rows, columns]`
/// - returns `[batch, channels_out, rows, columns]`, where `[rows, columns]` is
///   [`output_size`](WindowOptions::output_size) of an image
///
/// # Panics
/// If no window fits into an image, or a shape differs from the above.
///
/// Source: le Cun, "Generalization and Network Design Strategies" (1989).
pub fn locally_connected_2d(
    images: Tensor<4>,
    weight: Tensor<3>,
    bias: Option<Tensor<3>>,
    options: &WindowOptions,
) -> Tensor<4> {
    let [batch, channels_in, height, width] = images.dims();
    let [rows, columns] = options.assert_fits([height, width]);
    let [_, channels_out, _] = weight.dims();
    let window = channels_in * options.kernel[0] * options.kernel[1];
    assert_shape!(weight, [rows * columns, channels_out, window]);

    let bias = bias.unwrap_or_else(|| Tensor::zeros([channels_out, rows, columns], &images.device()));
    assert_shape!(bias, [channels_out, rows, columns]);
    if are_slices(&images) && are_slices(&weight) && are_slices(&bias) {
        return Tensor::from_dispatch(<Dispatch as LocallyConnected>::connect(
            images.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
            *options,
        ));
    }
    let output = weight
        .matmul(windows(images, options, [rows, columns]))
        .reshape([rows, columns, channels_out, batch])
        .permute([3, 2, 0, 1]);
    output + bias.unsqueeze::<4>()
}

/// What each position sees: `[rows * columns, channels_in * kernel_height * kernel_width, batch]`.
///
/// With the batch as the last axis, gathering copies whole rows.
#[expect(clippy::cast_possible_wrap, reason = "an image has fewer than 2^63 pixels")]
fn windows(images: Tensor<4>, options: &WindowOptions, [rows, columns]: [usize; 2]) -> Tensor<3> {
    let [vertical, horizontal] = options.padding;
    let padded = if options.padding == [0, 0] {
        images
    } else {
        images.pad((horizontal, horizontal, vertical, vertical), 0.0)
    };
    let [batch, channels, height, width] = padded.dims();
    let device = padded.device();

    let [kernel_height, kernel_width] = options.kernel;
    let mut seen = Vec::with_capacity(rows * columns * channels * kernel_height * kernel_width);
    for row in (0..rows).map(|row| row * options.stride[0]) {
        for column in (0..columns).map(|column| column * options.stride[1]) {
            for channel in 0..channels {
                for y in row..row + kernel_height {
                    let start = (channel * height + y) * width + column;
                    seen.extend((start..start + kernel_width).map(|pixel| pixel as i64));
                }
            }
        }
    }
    let count = seen.len();
    padded
        .reshape([batch, channels * height * width])
        .transpose()
        .select(0, Tensor::from_data(TensorData::new(seen, [count]), &device))
        .reshape([rows * columns, channels * kernel_height * kernel_width, batch])
}

#[backend_extension(Flex, NdArray, Autodiff)]
pub(crate) trait LocallyConnected: Backend {
    fn connect(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
    ) -> FloatTensor<Self>;
}

impl LocallyConnected for Flex {
    fn connect(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
    ) -> FloatTensor<Self> {
        forward::<Self>(images, weight, bias, options)
    }
}

impl LocallyConnected for NdArray {
    fn connect(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
    ) -> FloatTensor<Self> {
        forward::<Self>(images, weight, bias, options)
    }
}

fn forward<B: Slices>(
    images: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    options: WindowOptions,
) -> FloatTensor<B> {
    let (shape, filters) = (images.shape(), weight.shape()[1]);
    let geometry = Geometry::of(&shape, options);
    let output = kernel::forward(&geometry, &B::values(images), &B::values(weight), &B::values(bias));
    tensor::<B>(output, [shape[0], filters, geometry.output[0], geometry.output[1]])
}

impl<B: LocallyConnected + Slices, C: CheckpointStrategy> LocallyConnected for Autodiff<B, C> {
    fn connect(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
    ) -> FloatTensor<Self> {
        match LocallyConnectedBackward
            .prepare::<C>([images.node(), weight.node(), bias.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut preparation) => {
                let state = (preparation.checkpoint(&images), preparation.checkpoint(&weight), options);
                let output = B::connect(
                    images.into_primitive(),
                    weight.into_primitive(),
                    bias.into_primitive(),
                    options,
                );
                preparation.finish(state, output)
            }
            OpsKind::UnTracked(preparation) => preparation.finish(B::connect(
                images.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
                options,
            )),
        }
    }
}

#[derive(Debug)]
struct LocallyConnectedBackward;

impl<B: Slices> Backward<B, 3> for LocallyConnectedBackward {
    type State = (NodeId, NodeId, WindowOptions);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let (images, weight, options) = ops.state;
        let upstream = gradients.consume::<B>(&ops.node);
        let images: FloatTensor<B> = checkpointer.retrieve_node_output(images);
        let weight: FloatTensor<B> = checkpointer.retrieve_node_output(weight);
        let (image_shape, weight_shape) = (images.shape(), weight.shape());
        let geometry = Geometry::of(&image_shape, options);
        let bias_shape = vec![weight_shape[1], geometry.output[0], geometry.output[1]];
        let found = kernel::gradients(
            &geometry,
            &B::values(images),
            &B::values(weight),
            &B::values(upstream),
            [0, 1, 2].map(|parent| ops.parents[parent].is_some()),
        );
        let shapes = [image_shape.to_vec(), weight_shape.to_vec(), bias_shape];
        let found = [found.images, found.weight, found.bias];
        for ((node, found), shape) in ops.parents.into_iter().zip(found).zip(shapes) {
            if let (Some(node), Some(found)) = (node, found) {
                gradients.register::<B>(node.id, tensor::<B>(found, shape));
            }
        }
    }
}
