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
pub(crate) fn gradient(maps: &[f32], size @ [height, width]: [usize; 2], upstream: &[f32]) -> Vec<f32> {
    let [rows, columns] = [height / 2, width / 2];
    let mut gradient = vec![0.0; maps.len()];
    #[cfg(target_arch = "x86_64")]
    if columns.is_multiple_of(avx::SQUARES)
        && let Some(simd) = pulp::x86::V3::try_new()
    {
        simd.vectorize(|| avx::gradient(simd, maps, size, upstream, &mut gradient));
        return gradient;
    }
    let mut upstream = upstream.iter();
    for map in 0..maps.len() / (height * width) {
        for row in 0..rows {
            let upper = (map * height + 2 * row) * width;
            for (square, &upstream) in (upper..).step_by(2).zip(upstream.by_ref().take(columns)) {
                give(maps, square, width, upstream, &mut gradient);
            }
        }
    }
    gradient
}

/// Gives `upstream` to one of the square whose upper left value is at `square`, if it is for any.
fn give(maps: &[f32], square: usize, width: usize, upstream: f32, gradient: &mut [f32]) {
    let places = [square, square + 1, square + width, square + width + 1];
    let largest = places[1..].iter().fold(places[0], |largest, &candidate| {
        if replaces(maps[largest], maps[candidate]) { candidate } else { largest }
    });
    if maps[largest] > 0.0 || maps[largest].is_nan() {
        gradient[largest] = upstream;
    }
}

#[cfg(target_arch = "x86_64")]
mod avx {
    //! Eight squares at a time.

    use std::arch::x86_64::{__m256, _CMP_GT_OQ, _CMP_NLE_UQ, _CMP_UNORD_Q};

    use pulp::x86::V3;

    use crate::kernel::vectorised::avx::{load, store};

    /// Squares beside each other, of which two vectors hold the upper and the lower values.
    pub(super) const SQUARES: usize = 4;

    /// As the function that calls it, where a row of squares is a multiple of [`SQUARES`].
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is compiled for an instruction set only inside its caller")]
    pub(super) fn gradient(
        simd: V3,
        maps: &[f32],
        [height, width]: [usize; 2],
        upstream: &[f32],
        gradient: &mut [f32],
    ) {
        let (pairs, per_row) = (height / 2, width / 2 / SQUARES);
        let mut before = None;
        let mut upstream = upstream.chunks(2 * SQUARES);
        for map in 0..maps.len() / (height * width) {
            for pair in 0..pairs {
                let upper = (map * height + 2 * pair) * width;
                for place in (0..per_row).map(|number| upper + number * 2 * SQUARES) {
                    let Some(first) = before.take() else {
                        before = Some(place);
                        continue;
                    };
                    let upstream = load(upstream.next().expect("a value for each square"));
                    eight(simd, maps, [first, place], width, upstream, gradient);
                }
            }
        }
        if let (Some(place), Some(upstream)) = (before, upstream.next()) {
            for (square, &upstream) in (place..).step_by(2).zip(upstream) {
                super::give(maps, square, width, upstream, gradient);
            }
        }
    }

    /// The squares whose upper values begin at each of `places`, four and four.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is compiled for an instruction set only inside its caller")]
    fn eight(
        simd: V3,
        maps: &[f32],
        places: [usize; 2],
        width: usize,
        upstream: __m256,
        gradient: &mut [f32],
    ) {
        let avx = simd.avx;
        // Left values of all squares in one vector, right values in the other: squares 0, 1, 4, 5, 2, 3, 6, 7.
        let sides = |places: [usize; 2]| {
            let [first, second] = places.map(|place| load(&maps[place..]));
            let left = avx._mm256_shuffle_ps::<0b10_00_10_00>(first, second);
            [left, avx._mm256_shuffle_ps::<0b11_01_11_01>(first, second)]
        };
        let replaces = |largest, candidate| {
            let greater = avx._mm256_cmp_ps::<_CMP_GT_OQ>(candidate, largest);
            avx._mm256_or_ps(greater, avx._mm256_cmp_ps::<_CMP_UNORD_Q>(candidate, candidate))
        };
        let upstream = pulp::cast(simd.avx2._mm256_permute4x64_epi64::<0b11_01_10_00>(pulp::cast(upstream)));

        let lower = places.map(|place| place + width);
        let ([a, b], [c, d]) = (sides(places), sides(lower));
        let [upper_right, lower_right] = [replaces(a, b), replaces(c, d)];
        let first = avx._mm256_blendv_ps(a, b, upper_right);
        let second = avx._mm256_blendv_ps(c, d, lower_right);
        let below = replaces(first, second);
        let largest = avx._mm256_blendv_ps(first, second, below);
        let passes = avx._mm256_cmp_ps::<_CMP_NLE_UQ>(largest, avx._mm256_setzero_ps());
        let share = avx._mm256_and_ps(passes, upstream);

        let [above, below] = [avx._mm256_andnot_ps(below, share), avx._mm256_and_ps(below, share)];
        for (share, right, places) in [(above, upper_right, places), (below, lower_right, lower)] {
            let [left, right] = [avx._mm256_andnot_ps(right, share), avx._mm256_and_ps(right, share)];
            store(avx._mm256_unpacklo_ps(left, right), &mut gradient[places[0]..]);
            store(avx._mm256_unpackhi_ps(left, right), &mut gradient[places[1]..]);
        }
    }
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
    fn many_squares_at_a_time_give_what_one_gives() {
        let pattern = [0.5, -1.0, 2.0, f32::NAN, 2.0, 0.0, -3.0, 7.0, f32::INFINITY, 1.0, f32::NEG_INFINITY];
        for size @ [height, width] in [[2, 8], [4, 8], [6, 8], [3, 9], [16, 16], [5, 24]] {
            for shift in 0..pattern.len() {
                let value = |index: usize| pattern[(index * index + 3 * index + shift) % pattern.len()];
                let maps: Vec<f32> = (0..3 * height * width).map(value).collect();
                let count = 3 * (height / 2) * (width / 2);
                let upstream: Vec<f32> = (1..=count).map(|number| number as f32).collect();
                let mut expected = vec![0.0; maps.len()];
                for (square, &upstream) in upstream.iter().enumerate() {
                    let (row, column) = (square / (width / 2), square % (width / 2));
                    let (map, row) = (row / (height / 2), row % (height / 2));
                    give(
                        &maps,
                        (map * height + 2 * row) * width + 2 * column,
                        width,
                        upstream,
                        &mut expected,
                    );
                }
                assert_eq!(gradient(&maps, size, &upstream), expected, "{size:?} {shift}");
            }
        }
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
