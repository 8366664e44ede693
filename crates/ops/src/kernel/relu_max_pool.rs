//! `ReLU` and the largest of each 2x2 square, in one pass.
//!
//! NaN passes: a square that holds one has NaN for its largest value, and its gradient goes to the last of them, as in
//! `PyTorch`.

/// From maps of `[height, width]`, one after the other, to maps of `[height / 2, width / 2]`.
pub(crate) fn forward(maps: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
    let [rows, columns] = [height / 2, width / 2];
    let mut output = vec![0.0; maps.len() / (height * width) * rows * columns];
    for (map, output) in maps.chunks_exact(height * width).zip(output.chunks_exact_mut(rows * columns)) {
        for (pair, output) in map.chunks_exact(2 * width).zip(output.chunks_exact_mut(columns)) {
            let (upper, lower) = pair.split_at(width);
            let squares = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            for ((upper, lower), output) in squares.zip(output) {
                let largest = larger(larger(upper[0], upper[1]), larger(lower[0], lower[1]));
                *output = if largest <= 0.0 { 0.0 } else { largest };
            }
        }
    }
    output
}

/// What `maps` get of `upstream`: all of it goes to the first largest value of a square, if that is above zero.
pub(crate) fn gradient(maps: &[f32], [height, width]: [usize; 2], upstream: &[f32]) -> Vec<f32> {
    let [rows, columns] = [height / 2, width / 2];
    let mut gradient = vec![0.0; maps.len()];
    let maps = maps.chunks_exact(height * width).zip(gradient.chunks_exact_mut(height * width));
    for ((map, gradient), upstream) in maps.zip(upstream.chunks_exact(rows * columns)) {
        let pairs = map.chunks_exact(2 * width).zip(gradient.chunks_exact_mut(2 * width));
        for ((pair, gradient), upstream) in pairs.zip(upstream.chunks_exact(columns)) {
            let (upper, lower) = pair.split_at(width);
            let (to_upper, to_lower) = gradient.split_at_mut(width);
            let squares = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            let targets = to_upper.chunks_exact_mut(2).zip(to_lower.chunks_exact_mut(2));
            for (((upper, lower), (to_upper, to_lower)), &upstream) in squares.zip(targets).zip(upstream) {
                let (first, second) = (larger(upper[0], upper[1]), larger(lower[0], lower[1]));
                let below = replaces(first, second);
                let largest = if below { second } else { first };
                let share = if largest <= 0.0 { 0.0 } else { upstream };
                let right = if below { replaces(lower[0], lower[1]) } else { replaces(upper[0], upper[1]) };
                to_upper[0] = if below || right { 0.0 } else { share };
                to_upper[1] = if below || !right { 0.0 } else { share };
                to_lower[0] = if below && !right { share } else { 0.0 };
                to_lower[1] = if below && right { share } else { 0.0 };
            }
        }
    }
    gradient
}

/// Whether `candidate` becomes the largest value after `largest`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the loops above are vectorised only with it inside")]
fn replaces(largest: f32, candidate: f32) -> bool {
    candidate > largest || candidate.is_nan()
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the loops above are vectorised only with it inside")]
fn larger(largest: f32, candidate: f32) -> f32 {
    if replaces(largest, candidate) { candidate } else { largest }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_square_gives_its_largest_value_or_zero() {
        let maps = [1.0, 2.0, -1.0, -2.0, 4.0, 3.0, -4.0, -3.0];
        assert_eq!(forward(&maps, [2, 4]), [4.0, 0.0]);
        assert_eq!(gradient(&maps, [2, 4], &[7.0, 9.0]), [0.0, 0.0, 0.0, 0.0, 7.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn of_equal_values_the_first_gets_the_gradient() {
        assert_eq!(gradient(&[5.0; 4], [2, 2], &[1.0]), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(gradient(&[0.0, 5.0, 5.0, 5.0], [2, 2], &[1.0]), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(gradient(&[0.0; 4], [2, 2], &[1.0]), [0.0; 4]);
    }

    #[test]
    fn nan_and_infinity_pass() {
        for place in 0..4 {
            let mut map = [1.0, f32::INFINITY, -3.0, 2.0];
            map[place] = f32::NAN;
            assert!(forward(&map, [2, 2])[0].is_nan());
            let mut expected = [0.0; 4];
            expected[place] = 1.0;
            assert_eq!(gradient(&map, [2, 2], &[1.0]), expected);
        }
        assert_eq!(forward(&[f32::INFINITY, 0.0, 0.0, f32::NEG_INFINITY], [2, 2]), [f32::INFINITY]);
        assert_eq!(forward(&[f32::NEG_INFINITY; 4], [2, 2]), [0.0]);
    }

    #[test]
    fn an_odd_last_row_and_column_are_left_out() {
        let maps: Vec<f32> = (1..=18).map(|value| value as f32).collect();
        assert_eq!(forward(&maps, [3, 3]), [5.0, 14.0]);
        let gradient = gradient(&maps, [3, 3], &[1.0, 2.0]);
        assert_eq!(gradient.iter().sum::<f32>(), 3.0);
        assert_eq!([gradient[4], gradient[13]], [1.0, 2.0]);
    }
}
