//! Tensors of ndarray as slices.

use std::ops::Deref;

use burn::backend::NdArray;
use burn::backend::ndarray::{NdArrayTensor, SharedArray};
use burn::backend::tensor::FloatTensor;

use super::Slices;

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
