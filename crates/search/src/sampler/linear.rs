//! Linear algebra of small symmetric matrices, every sum in an order of its own: a library whose order follows the
//! machine's vectors would give other bits on another.

/// `Σ aᵢ bᵢ`, in four sums of every fourth product, so that vectors of any machine can share the work.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// A square matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    size: usize,
    entries: Vec<f64>,
}

impl Matrix {
    /// The matrix of these entries, by row and column.
    pub(super) fn new(size: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let place = |place| entry(place / size, place % size);
        Self { size, entries: (0..size * size).map(place).collect() }
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.entries[row * self.size..(row + 1) * self.size]
    }

    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.entries[row * self.size..(row + 1) * self.size]
    }

    /// The lower triangle `L` with `L Lᵀ` this matrix, of which the lower triangle is read; `None` if it is not
    /// positive definite.
    pub(super) fn cholesky(mut self) -> Option<Self> {
        for row in 0..self.size {
            let (above, this) = self.entries.split_at_mut(row * self.size);
            for column in 0..row {
                let other = &above[column * self.size..(column + 1) * self.size];
                this[column] = (this[column] - dot(&this[..column], &other[..column])) / other[column];
            }
            let square = this[row] - dot(&this[..row], &this[..row]);
            if square.is_nan() || square <= 0.0 {
                return None;
            }
            this[row] = square.sqrt();
            this[row + 1..self.size].fill(0.0);
        }
        Some(self)
    }

    /// The inverse of a lower triangle.
    pub(super) fn lower_inverse(&self) -> Self {
        let size = self.size;
        let mut inverse = Self::new(size, |_, _| 0.0);
        for row in 0..size {
            let (above, this) = inverse.entries.split_at_mut(row * size);
            for (other, factor) in above.chunks_exact(size).zip(self.row(row)) {
                for (sum, x) in this[..row].iter_mut().zip(other) {
                    *sum -= factor * x;
                }
            }
            let diagonal = self.row(row)[row];
            for sum in &mut this[..row] {
                *sum /= diagonal;
            }
            this[row] = 1.0 / diagonal;
        }
        inverse
    }

    /// `Lᵀ L` of a lower triangle, of which only the lower triangle is filled.
    pub(super) fn lower_square(&self) -> Self {
        let mut square = Self::new(self.size, |_, _| 0.0);
        for row in (0..self.size).map(|row| &self.row(row)[..=row]) {
            for (place, factor) in row.iter().enumerate() {
                for (sum, x) in square.row_mut(place)[..=place].iter_mut().zip(row) {
                    *sum += factor * x;
                }
            }
        }
        square
    }

    /// A lower triangle times `vector`.
    pub(super) fn lower_times(&self, vector: &[f64]) -> Vec<f64> {
        (0..self.size).map(|row| dot(&self.row(row)[..=row], &vector[..=row])).collect()
    }

    /// The transpose of a lower triangle times `vector`.
    pub(super) fn upper_times(&self, vector: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.size];
        for (row, factor) in vector.iter().enumerate() {
            for (sum, x) in product[..=row].iter_mut().zip(self.row(row)) {
                *sum += factor * x;
            }
        }
        product
    }

    /// The eigenvalues of a symmetric matrix, and its eigenvectors as rows: Jacobi's method, which turns pairs of
    /// axes until no entry off the diagonal counts.
    ///
    /// Source: Golub and Van Loan, "Matrix Computations" (2013), §8.5.
    pub(super) fn eigen(mut self) -> (Vec<f64>, Self) {
        let size = self.size;
        let mut vectors = Self::new(size, |row, column| f64::from(u8::from(row == column)));
        for _ in 0..SWEEPS {
            let mut turned = false;
            for p in 0..size {
                for q in p + 1..size {
                    let off = self.row(p)[q];
                    let (a, b) = (self.row(p)[p], self.row(q)[q]);
                    if off.abs() <= f64::EPSILON * (a.abs() * b.abs()).sqrt() {
                        continue;
                    }
                    turned = true;
                    let tau = (b - a) / (2.0 * off);
                    let tangent = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
                    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                    let turn = (cosine, tangent * cosine);
                    self.turn_rows(p, q, turn);
                    self.turn_columns(p, q, turn);
                    vectors.turn_rows(p, q, turn);
                }
            }
            if !turned {
                break;
            }
        }
        ((0..size).map(|place| self.row(place)[place]).collect(), vectors)
    }

    fn turn_rows(&mut self, p: usize, q: usize, (cosine, sine): (f64, f64)) {
        let (above, below) = self.entries.split_at_mut(q * self.size);
        let (first, second) = (&mut above[p * self.size..(p + 1) * self.size], &mut below[..self.size]);
        for (x, y) in first.iter_mut().zip(second) {
            (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
        }
    }

    fn turn_columns(&mut self, p: usize, q: usize, (cosine, sine): (f64, f64)) {
        for row in self.entries.chunks_exact_mut(self.size) {
            (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
        }
    }
}

/// Sweeps over all pairs of axes: convergence is quadratic, after six or so.
const SWEEPS: usize = 30;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `A Aᵀ + I/100` for a matrix of these entries.
    fn positive(size: usize, entries: &[f64]) -> Matrix {
        let row = |row: usize| &entries[row * size..(row + 1) * size];
        Matrix::new(size, |i, j| dot(row(i), row(j)) + if i == j { 0.01 } else { 0.0 })
    }

    fn matrix() -> impl Strategy<Value = Matrix> {
        (1..9_usize).prop_flat_map(|size| {
            prop::collection::vec(-2.0..2.0, size * size).prop_map(move |entries| positive(size, &entries))
        })
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-8 * (1.0 + a.abs())
    }

    proptest! {
        #[test]
        fn a_triangle_times_its_transpose_is_the_matrix_again(matrix in matrix()) {
            let lower = matrix.clone().cholesky().unwrap();
            let inverse = lower.lower_inverse();
            let square = inverse.lower_square();
            for i in 0..matrix.size {
                let unit: Vec<_> = (0..matrix.size).map(|j| f64::from(u8::from(i == j))).collect();
                let column = lower.lower_times(&lower.upper_times(&unit));
                let solved = inverse.upper_times(&inverse.lower_times(matrix.row(i)));
                for j in 0..matrix.size {
                    prop_assert!(near(column[j], matrix.row(i)[j]));
                    prop_assert!((solved[j] - unit[j]).abs() < 1e-6);
                    prop_assert!(j > i || near(square.row(i)[j], inverse.upper_times(&inverse.lower_times(&unit))[j]));
                }
            }
        }

        #[test]
        fn eigenvectors_rebuild_the_matrix(matrix in matrix()) {
            let (values, vectors) = matrix.clone().eigen();
            for i in 0..matrix.size {
                for j in 0..matrix.size {
                    let rebuilt: f64 = (0..values.len())
                        .map(|k| values[k] * vectors.row(k)[i] * vectors.row(k)[j])
                        .sum();
                    prop_assert!(near(rebuilt, matrix.row(i)[j]));
                    let product = dot(vectors.row(i), vectors.row(j));
                    prop_assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn a_matrix_that_is_not_positive_has_no_triangle() {
        let indefinite = Matrix::new(2, |row, column| if row == column { 1.0 } else { 2.0 });
        assert_eq!(indefinite.cholesky(), None);
        assert_eq!(Matrix::new(1, |_, _| f64::NAN).cholesky(), None);
    }
}
