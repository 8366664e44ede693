//! The ball around an image, to the last bit.
//!
//! An attack's steps end at `x ± ε`, rounded to the nearest number in 32 bits: every second such pixel would be further
//! from `x` than ε, by up to 3e-8.

use std::cmp::Ordering;

use burn::prelude::*;

/// `moved`, where it has left the ball of `epsilon` around `images` put back to the last number within.
///
/// `|x' − x| ≤ ε` then holds exactly, hence also for the difference as computed in 32 bits or in 64. Pixels within stay as
/// they are, and so does the range `[0, 1]` of the images. Done on the host, with the same bits for every backend.
pub fn project(images: Tensor<4>, moved: Tensor<4>, epsilon: f64) -> Tensor<4> {
    let (shape, device) = (moved.dims(), moved.device());
    let pixels: Vec<f32> = images.into_data().iter::<f32>().collect();
    let mut values: Vec<f32> = moved.clone().into_data().iter::<f32>().collect();
    let mut left = false;
    for (value, &pixel) in values.iter_mut().zip(&pixels) {
        if is_outside(*value, pixel, epsilon) {
            *value = edge(pixel, *value > pixel, epsilon).clamp(0.0, 1.0);
            left = true;
        }
    }
    if left { Tensor::from_data(TensorData::new(values, shape), &device) } else { moved }
}

/// The last number of the ball above `pixel`, or below it.
fn edge(pixel: f32, above: bool, epsilon: f64) -> f32 {
    let epsilon_there = if above { epsilon } else { -epsilon };
    let mut edge = (f64::from(pixel) + epsilon_there) as f32;
    while is_outside(edge, pixel, epsilon) {
        edge = if above { edge.next_down() } else { edge.next_up() };
    }
    edge
}

/// Whether `|value − pixel| > epsilon`, exactly.
fn is_outside(value: f32, pixel: f32, epsilon: f64) -> bool {
    let (value, pixel) = (f64::from(value), f64::from(pixel));
    let distance = (value - pixel).abs();
    let order = distance.partial_cmp(&epsilon);
    if order != Some(Ordering::Equal) {
        return order == Some(Ordering::Greater);
    }
    // The difference may have been rounded to ε. Its error (Møller 1965, Knuth's TwoSum) tells from which side.
    let (high, low) = if value > pixel { (value, pixel) } else { (pixel, value) };
    let taken = high - distance;
    let error = (high - (distance + taken)) + (taken - low);
    error > 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_side_from_which_a_difference_was_rounded_is_told() {
        // 1 − 2⁻⁶⁰ and 1 + 2⁻⁶⁰ are both 1 in 64 bits.
        let tiny = 2f32.powi(-60);
        assert!(!is_outside(1.0, tiny, 1.0));
        assert!(is_outside(1.0, -tiny, 1.0));
        assert!(is_outside(-tiny, 1.0, 1.0));
        assert!(!is_outside(1.0, 0.0, 1.0));
        assert!(is_outside(0.6, 0.5, 0.1) && !is_outside(0.6f32.next_down(), 0.5, 0.1));
    }

    fn one(value: f32) -> Tensor<4> {
        Tensor::from_data(TensorData::new(vec![value], [1, 1, 1, 1]), &Device::flex())
    }

    #[test]
    fn a_pixel_as_far_from_zero_as_epsilon_ends_where_it_should() {
        // 0.1 in 32 bits is larger than in 64, by 1.5e-9: zero is outside.
        let inside = project(one(0.1), one(0.0), 0.1).into_scalar::<f32>();
        assert!(inside > 1.4e-9 && inside < 1.6e-9, "{inside}");
    }

    proptest! {
        #[test]
        fn a_pixel_ends_at_the_last_number_within_and_moves_only_if_it_was_outside(
            pixel in prop_oneof![0.0f32..=1.0, 0.0f32..=1e-30, Just(0.0f32), Just(1.0f32)],
            epsilon in prop_oneof![0.0f64..=1.0, 0.0f64..=1e-9, Just(0.0f64), Just(0.1), Just(1.0)],
            up: bool,
        ) {
            let step = if up { epsilon as f32 } else { -(epsilon as f32) };
            let moved = (pixel + step).clamp(0.0, 1.0);
            let inside = project(one(pixel), one(moved), epsilon).into_scalar::<f32>();
            prop_assert!((f64::from(inside) - f64::from(pixel)).abs() <= epsilon);
            prop_assert!((inside - pixel).abs() <= epsilon as f32);
            if is_outside(moved, pixel, epsilon) {
                let back = if moved > pixel { inside.next_up() } else { inside.next_down() };
                prop_assert!(is_outside(back, pixel, epsilon), "{inside} could be further out");
            } else {
                prop_assert_eq!(inside.to_bits(), moved.to_bits());
            }
        }
    }
}
