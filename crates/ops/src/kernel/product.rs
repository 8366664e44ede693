//! The matrix product, by the `gemm` crate.

use gemm::Parallelism;

use super::shares::threads_for;

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
pub(super) fn product(output: &mut [f32], add: bool, left: Matrix, right: Matrix) {
    into(output, add, left, right, Parallelism::None);
}

/// [`product`] by the threads of the pool in use, if it is large enough for them: no sum is cut, so the bits are the same.
pub(super) fn threaded_product(output: &mut [f32], add: bool, left: Matrix, right: Matrix) {
    into(output, add, left, right, parallelism(&left, &right));
}

/// `left · right` in rows, by the threads of the pool in use.
#[expect(unsafe_code, reason = "zeros would be written only to be overwritten")]
pub(super) fn fresh_product(left: Matrix, right: Matrix) -> Vec<f32> {
    let (count, parallelism) = (left.size[0] * right.size[1], parallelism(&left, &right));
    let mut output = Vec::with_capacity(count);
    // SAFETY: a vector of this capacity holds `count` numbers, and the product writes each of them without reading it.
    unsafe {
        gemm_at(output.as_mut_ptr(), false, left, right, parallelism);
        output.set_len(count);
    }
    output
}

fn parallelism(left: &Matrix, right: &Matrix) -> Parallelism {
    let work = (left.size[0] * left.size[1]).saturating_mul(right.size[1]);
    if threads_for(work) > 1 { Parallelism::Rayon(0) } else { Parallelism::None }
}

#[expect(unsafe_code, reason = "the interface below takes a pointer")]
fn into(output: &mut [f32], add: bool, left: Matrix, right: Matrix, parallelism: Parallelism) {
    assert_eq!(output.len(), left.size[0] * right.size[1], "the size of a product");
    // SAFETY: the line above checks that `output` holds every row; it is borrowed alone, so it overlaps neither factor.
    unsafe { gemm_at(output.as_mut_ptr(), add, left, right, parallelism) }
}

/// # Safety
/// At `output` there must be room for every row of the product, apart from both factors; if `add`, there must be numbers.
#[expect(unsafe_code, reason = "gemm's interface takes pointers and strides")]
#[expect(clippy::cast_possible_wrap, reason = "slices have fewer than 2^63 bytes")]
unsafe fn gemm_at(output: *mut f32, add: bool, left: Matrix, right: Matrix, parallelism: Parallelism) {
    let ([rows, depth], [same, columns]) = (left.size, right.size);
    assert_eq!(depth, same, "inner sizes of a product");
    // SAFETY: `Matrix` checks that its strides stay inside its slice; the caller guarantees `output`.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            output,
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
            parallelism,
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
        assert_eq!(fresh_product(left.transposed(), right), output);
    }
}
