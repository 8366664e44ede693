//! The matrix product, by the `gemm` crate.

/// A matrix within a slice; a transposed one has its strides exchanged.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    size: [usize; 2],
    strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// Rows of `size[1]` values, one after the other.
    pub(super) fn new(values: &'a [f32], size: [usize; 2]) -> Self {
        assert_eq!(values.len(), size[0] * size[1], "a matrix of {size:?}");
        Self { values, size, strides: [size[1], 1] }
    }

    pub(super) fn transposed(self) -> Self {
        let ([rows, columns], [row, column]) = (self.size, self.strides);
        Self { values: self.values, size: [columns, rows], strides: [column, row] }
    }
}

/// `output += left · right`, or `output = left · right` unless `add`; `output` in rows.
#[expect(unsafe_code, reason = "gemm's interface takes pointers and strides")]
#[expect(clippy::cast_possible_wrap, reason = "slices have fewer than 2^63 bytes")]
pub(super) fn product(output: &mut [f32], add: bool, left: Matrix, right: Matrix) {
    let ([rows, depth], [same, columns]) = (left.size, right.size);
    assert_eq!(depth, same, "inner sizes of a product");
    assert_eq!(output.len(), rows * columns, "the size of a product");
    // SAFETY: `Matrix` checks that its strides stay inside its slice, the line above that `output` holds every row; `output`
    // is borrowed alone, so it overlaps neither factor.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            output.as_mut_ptr(),
            1,
            columns as isize,
            add,
            left.values.as_ptr(),
            left.strides[1] as isize,
            left.strides[0] as isize,
            right.values.as_ptr(),
            right.strides[1] as isize,
            right.strides[0] as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_product_with_a_transposed_factor_is_that_computed_by_hand() {
        let (left, right) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 0.0, 2.0, 0.0, 1.0, 3.0]);
        let (left, right) = (Matrix::new(&left, [2, 3]), Matrix::new(&right, [2, 3]));
        let mut output = [100.0; 4];
        product(&mut output, false, left, right.transposed());
        assert_eq!(output, [7.0, 11.0, 16.0, 23.0]);
        product(&mut output, true, left, right.transposed());
        assert_eq!(output, [14.0, 22.0, 32.0, 46.0]);
        let mut output = [0.0; 9];
        product(&mut output, false, left.transposed(), right);
        assert_eq!(output, [1.0, 4.0, 14.0, 2.0, 5.0, 19.0, 3.0, 6.0, 24.0]);
    }
}
