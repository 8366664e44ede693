//! Tensors of the CPU backends as slices, and the kernels on them as backend extensions.

pub(crate) mod adam;
pub(crate) mod cross_entropy;
pub(crate) mod dropout;
pub(crate) mod filters;
pub(crate) mod linear;
pub(crate) mod relu_max_pool;
pub(crate) mod sgd;

#[cfg(feature = "flex")]
mod flex;
#[cfg(feature = "ndarray")]
mod ndarray;

use std::ops::Deref;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, DispatchTensorKind};
use burn::tensor::{DType, Shape, Tensor, TensorData};

/// A backend whose tensors are slices in the memory of this process. Each is a file and a feature of this crate.
pub(crate) trait Slices: Backend {
    /// Keeps the values of a tensor where they are.
    type Values: Deref<Target = [f32]>;
    /// Values in row-major order, to be changed.
    type Owned: Into<FloatTensor<Self>>;

    /// The values in row-major order: copied only where they lie in another.
    fn values(tensor: FloatTensor<Self>) -> Self::Values;

    /// The values themselves if nobody else holds them, else a copy.
    fn owned(tensor: FloatTensor<Self>) -> Self::Owned;

    /// The values as a slice.
    fn values_mut(owned: &mut Self::Owned) -> &mut [f32];
}

/// A tensor of `shape` that takes over `values`.
pub(crate) fn tensor<B: Slices>(values: Vec<f32>, shape: impl Into<Vec<usize>>) -> FloatTensor<B> {
    B::float_from_data(TensorData::new(values, shape.into()), &B::Device::default())
}

/// Hands each parent the gradient that a kernel found for it, in the parent's shape.
pub(crate) fn register<B: Slices, const N: usize>(
    gradients: &mut Gradients,
    parents: [Option<NodeId>; N],
    found: [Option<Vec<f32>>; N],
    shapes: [Shape; N],
) {
    for ((node, found), shape) in parents.into_iter().zip(found).zip(shapes) {
        if let (Some(node), Some(found)) = (node, found) {
            gradients.register::<B>(node, tensor::<B>(found, shape.to_vec()));
        }
    }
}

/// Whether a kernel on slices can take this tensor. An empty one is left to Burn.
pub(crate) fn are_slices<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32
        && tensor.shape().num_elements() > 0
        && is_slice(&tensor.clone().into_dispatch().kind)
}

/// Whether a kernel on slices that has no gradient can take this tensor.
pub(crate) fn are_untracked_slices<const D: usize>(tensor: &Tensor<D>) -> bool {
    are_slices(tensor) && !tensor.device().is_autodiff()
}

fn is_slice(kind: &DispatchTensorKind) -> bool {
    match kind {
        #[cfg(feature = "flex")]
        DispatchTensorKind::Flex(_) => true,
        #[cfg(feature = "ndarray")]
        DispatchTensorKind::NdArray(_) => true,
        DispatchTensorKind::Autodiff(inner) => is_slice(inner),
        #[allow(unreachable_patterns, reason = "Burn may be built with more backends than these")]
        _ => false,
    }
}
