//! The transpose of a matrix, in blocks that stay in the nearest cache.

/// Rows and columns of a block: 16 values are a cache line.
const BLOCK: usize = 16;

/// Writes the `[rows, columns]` of `from` as `[columns, rows]`. With each slice the distance from one of its rows to the next.
pub(super) fn transpose(
    (from, from_pitch): (&[f32], usize),
    [rows, columns]: [usize; 2],
    (to, to_pitch): (&mut [f32], usize),
) {
    for first_row in (0..rows).step_by(BLOCK) {
        let last_row = rows.min(first_row + BLOCK);
        for first_column in (0..columns).step_by(BLOCK) {
            for column in first_column..columns.min(first_column + BLOCK) {
                let to = &mut to[column * to_pitch + first_row..column * to_pitch + last_row];
                for (row, to) in (first_row..last_row).zip(to) {
                    *to = from[row * from_pitch + column];
                }
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_of_many_blocks_with_gaps_between_rows_is_turned() {
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
