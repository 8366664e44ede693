//! The transpose of a matrix, tile by tile.

/// Rows and columns of a tile: eight values are a vector.
const TILE: usize = 8;

/// A matrix in a slice, and the distance from one of its rows to the next.
type Rows<'a> = (&'a [f32], usize);
type RowsMut<'a> = (&'a mut [f32], usize);

/// `[columns, rows]` from `[rows, columns]`.
pub(super) fn transposed(values: &[f32], [rows, columns]: [usize; 2]) -> Vec<f32> {
    let mut turned = vec![0.0; values.len()];
    transpose((values, columns), [rows, columns], (&mut turned, rows));
    turned
}

/// Writes the `[rows, columns]` of `from` as `[columns, rows]`.
pub(super) fn transpose(from: Rows, size: [usize; 2], to: RowsMut) {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(|| in_tiles(from, size, to, |from, to| avx::turn(simd, from, to)));
    }
    in_tiles(from, size, to, |from, to| turn(from, [TILE; 2], to));
}

/// Whole tiles by `turn_tile`, what is left at the two far edges value by value.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled for an instruction set only inside its caller")]
fn in_tiles(
    (from, from_pitch): Rows,
    [rows, columns]: [usize; 2],
    (to, to_pitch): RowsMut,
    turn_tile: impl Fn(Rows, RowsMut),
) {
    let [whole_rows, whole_columns] = [rows, columns].map(|size| size / TILE * TILE);
    let from = |row: usize, column: usize| (&from[row * from_pitch + column..], from_pitch);
    for row in (0..whole_rows).step_by(TILE) {
        for column in (0..whole_columns).step_by(TILE) {
            turn_tile(from(row, column), (&mut to[column * to_pitch + row..], to_pitch));
        }
    }
    if whole_columns < columns {
        let right = &mut to[whole_columns * to_pitch..];
        turn(from(0, whole_columns), [whole_rows, columns - whole_columns], (right, to_pitch));
    }
    if whole_rows < rows {
        turn(from(whole_rows, 0), [rows - whole_rows, columns], (&mut to[whole_rows..], to_pitch));
    }
}

/// Value by value.
fn turn((from, from_pitch): Rows, [rows, columns]: [usize; 2], (to, to_pitch): RowsMut) {
    for column in 0..columns {
        for row in 0..rows {
            to[column * to_pitch + row] = from[row * from_pitch + column];
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx {
    //! Tiles of eight vectors of eight, in registers.

    use std::arch::x86_64::__m256;
    use std::array::from_fn;

    use pulp::x86::V3;

    use super::{Rows, RowsMut, TILE};
    use crate::kernel::vectorised::avx::{load, store};

    /// Interleaves neighbours, then pairs, then halves.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is compiled for an instruction set only inside its caller")]
    pub(super) fn turn(simd: V3, (from, from_pitch): Rows, (to, to_pitch): RowsMut) {
        let rows: [__m256; TILE] = from_fn(|row| load(&from[row * from_pitch..]));
        let neighbours: [__m256; TILE] = from_fn(|index| {
            let [first, second] = [rows[index / 2 * 2], rows[index / 2 * 2 + 1]];
            match index % 2 {
                0 => simd.avx._mm256_unpacklo_ps(first, second),
                _ => simd.avx._mm256_unpackhi_ps(first, second),
            }
        });
        let pairs: [__m256; TILE] = from_fn(|index| {
            let [first, second] =
                [neighbours[index / 4 * 4 + index / 2 % 2], neighbours[index / 4 * 4 + index / 2 % 2 + 2]];
            match index % 2 {
                0 => simd.avx._mm256_shuffle_ps::<0b01_00_01_00>(first, second),
                _ => simd.avx._mm256_shuffle_ps::<0b11_10_11_10>(first, second),
            }
        });
        for column in 0..TILE {
            let [first, second] = [pairs[column % 4], pairs[column % 4 + 4]];
            let values = match column / 4 {
                0 => simd.avx._mm256_permute2f128_ps::<0x20>(first, second),
                _ => simd.avx._mm256_permute2f128_ps::<0x31>(first, second),
            };
            store(values, &mut to[column * to_pitch..]);
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_of_many_tiles_with_gaps_between_rows_is_turned() {
        let [rows, columns] = [37, 21];
        let from: Vec<f32> = (0..rows * (columns + 2)).map(|value| value as f32).collect();
        let mut to = vec![-1.0; columns * (rows + 3)];
        transpose((&from, columns + 2), [rows, columns], (&mut to, rows + 3));
        for (index, &value) in to.iter().enumerate() {
            let (column, row) = (index / (rows + 3), index % (rows + 3));
            let expected = if row < rows { from[row * (columns + 2) + column] } else { -1.0 };
            assert_eq!(value, expected);
        }
    }
}
