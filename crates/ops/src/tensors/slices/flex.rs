//! Tensors of flex as slices.

use std::ops::Deref;

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;

use super::Slices;

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
