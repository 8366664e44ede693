//! A convolution: the same filters at every position of an image.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, NdArray, TensorMetadata, backend_extension};
use burn::prelude::*;
use burn::tensor::assert_shape;
use burn::tensor::ops::ConvOptions;

use crate::WindowOptions;
use crate::kernel::convolution::{self as kernel, Geometry};
use crate::slices::{Slices, are_slices, tensor};

/// A convolution with a bias for each filter.
///
/// `y[o, r, c] = b[o] + Σ w[o, i, u, v] · x[i, s·r + u − p, s·c + v − p]`, with stride `s`, padding `p`, and zeros outside
/// the image.
///
/// On flex and ndarray, in `f32`, kernels of this crate compute it and its gradients; elsewhere Burn does.
///
/// # Shapes
/// - `images`: `[batch, channels_in, height, width]`
/// - `weight`: `[channels_out, channels_in, kernel_height, kernel_width]`
/// - `bias`: `[channels_out]`
/// - returns `[batch, channels_out, rows, columns]`, where `[rows, columns]` is
///   [`output_size`](WindowOptions::output_size) of an image
///
/// # Panics
/// If no window fits into an image, or a shape differs from the above.
pub fn conv2d(images: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, options: &WindowOptions) -> Tensor<4> {
    let [_, channels_in, height, width] = images.dims();
    let [channels_out, ..] = weight.dims();
    assert_shape!(weight, [channels_out, channels_in, options.kernel[0], options.kernel[1]]);
    assert_shape!(bias, [channels_out]);
    options.assert_fits([height, width]);
    if are_slices(&images) && are_slices(&weight) && are_slices(&bias) {
        Tensor::from_dispatch(<Dispatch as Convolution>::convolve(
            images.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
            *options,
        ))
    } else {
        let options = ConvOptions::new(options.stride, options.padding, [1, 1], 1);
        burn::tensor::module::conv2d(images, weight, Some(bias), options)
    }
}

#[backend_extension(Flex, NdArray, Autodiff)]
pub(crate) trait Convolution: Backend {
    fn convolve(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
    ) -> FloatTensor<Self>;
}

impl Convolution for Flex {
    fn convolve(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
    ) -> FloatTensor<Self> {
        forward::<Self>(images, weight, bias, options)
    }
}

impl Convolution for NdArray {
    fn convolve(
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
    let (shape, filters) = (images.shape(), weight.shape()[0]);
    let geometry = Geometry::of(&shape, options);
    let output = kernel::forward(&geometry, &B::values(images), &B::values(weight), &B::values(bias));
    tensor::<B>(output, [shape[0], filters, geometry.output[0], geometry.output[1]])
}

impl<B: Convolution + Slices, C: CheckpointStrategy> Convolution for Autodiff<B, C> {
    fn convolve(
        images: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: WindowOptions,
    ) -> FloatTensor<Self> {
        let shape = images.shape();
        match Conv2dBackward
            .prepare::<C>([images.node(), weight.node(), bias.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut preparation) => {
                let state = State {
                    images: preparation.checkpoint(&images),
                    weight: preparation.checkpoint(&weight),
                    shape,
                    options,
                };
                let output = B::convolve(
                    images.into_primitive(),
                    weight.into_primitive(),
                    bias.into_primitive(),
                    options,
                );
                preparation.finish(state, output)
            }
            OpsKind::UnTracked(preparation) => preparation.finish(B::convolve(
                images.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
                options,
            )),
        }
    }
}

#[derive(Debug)]
struct Conv2dBackward;

#[derive(Debug, Clone)]
struct State {
    images: NodeId,
    weight: NodeId,
    shape: Shape,
    options: WindowOptions,
}

impl<B: Slices> Backward<B, 3> for Conv2dBackward {
    type State = State;

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [images_node, weight_node, bias_node] = ops.parents;
        let State { images, weight, shape, options } = ops.state;
        let geometry = Geometry::of(&shape, options);
        let upstream = gradients.consume::<B>(&ops.node);
        let filters = upstream.shape()[1];
        let upstream = B::values(upstream);
        let images: FloatTensor<B> = checkpointer.retrieve_node_output(images);
        let weight: FloatTensor<B> = checkpointer.retrieve_node_output(weight);
        if let Some(node) = bias_node {
            let positions = geometry.output[0] * geometry.output[1];
            let gradient = kernel::bias_gradient(filters, positions, &upstream);
            gradients.register::<B>(node.id, tensor::<B>(gradient, [filters]));
        }
        if let Some(node) = weight_node {
            let gradient = kernel::weight_gradient(&geometry, filters, &B::values(images), &upstream);
            let [height, width] = options.kernel;
            gradients
                .register::<B>(node.id, tensor::<B>(gradient, [filters, geometry.channels, height, width]));
        }
        if let Some(node) = images_node {
            let gradient = kernel::images_gradient(&geometry, &B::values(weight), &upstream);
            gradients.register::<B>(node.id, tensor::<B>(gradient, shape.to_vec()));
        }
    }
}
