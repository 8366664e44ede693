//! Tensors of the CPU backends as slices.

use std::ops::Deref;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::flex::FlexTensor;
use burn::backend::ndarray::{NdArrayTensor, SharedArray};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, DispatchTensorKind, Flex, NdArray};
use burn::tensor::{DType, Shape, Tensor, TensorData};

/// A backend whose tensors are slices in the memory of this process.
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
        DispatchTensorKind::Flex(_) | DispatchTensorKind::NdArray(_) => true,
        DispatchTensorKind::Autodiff(inner) => is_slice(inner),
        #[allow(unreachable_patterns, reason = "a build with a GPU has more kinds")]
        _ => false,
    }
}

pub(crate) struct FlexValues(FlexTensor);

impl Deref for FlexValues {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.0.as_slice().expect("a contiguous tensor of f32 is a slice")
    }
}

impl Slices for Flex {
    type Values = FlexValues;
    type Owned = FlexTensor;

    fn values(tensor: FloatTensor<Self>) -> FlexValues {
        FlexValues(tensor.to_contiguous())
    }

    fn owned(tensor: FloatTensor<Self>) -> FlexTensor {
        // `to_contiguous` may return another handle of the same values: without this one they are owned alone.
        let contiguous = tensor.to_contiguous();
        drop(tensor);
        contiguous
    }

    fn values_mut(owned: &mut FlexTensor) -> &mut [f32] {
        owned.storage_mut()
    }
}

pub(crate) enum NdArrayValues {
    InPlace(NdArrayTensor),
    Copied(Vec<f32>),
}

impl Deref for NdArrayValues {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::InPlace(NdArrayTensor::F32(values)) => {
                values.view().to_slice().expect("only a contiguous array stays in place")
            }
            Self::InPlace(other) => unreachable!("only f32 arrives here, found {other:?}"),
            Self::Copied(values) => values,
        }
    }
}

impl Slices for NdArray {
    type Values = NdArrayValues;
    type Owned = SharedArray<f32>;

    fn values(tensor: FloatTensor<Self>) -> NdArrayValues {
        match &tensor {
            NdArrayTensor::F32(values) if values.view().to_slice().is_none() => {
                NdArrayValues::Copied(values.view().iter().copied().collect())
            }
            _ => NdArrayValues::InPlace(tensor),
        }
    }

    fn owned(tensor: FloatTensor<Self>) -> SharedArray<f32> {
        let NdArrayTensor::F32(values) = tensor else {
            unreachable!("only f32 arrives here, found {tensor:?}")
        };
        let values = values.into_owned();
        if values.is_standard_layout() {
            values
        } else {
            values.as_standard_layout().into_owned().into_shared()
        }
    }

    fn values_mut(owned: &mut SharedArray<f32>) -> &mut [f32] {
        owned.as_slice_mut().expect("`owned` gives row-major order")
    }
}
