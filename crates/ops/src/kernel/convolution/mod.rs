//! A convolution and its gradients: by tiles where that takes fewer products, else window by window.

mod plain;
mod winograd;

use super::filters::{Geometry, Kernel};
use super::vectorised::vectorised;

/// Weights are `[filters, window]`, the bias is `[filters]`.
pub(crate) const KERNEL: Kernel = Kernel { forward, gradients };

fn forward(geometry: &Geometry, images: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let by_tiles = winograd::serves(geometry, bias.len(), images.len() / geometry.pixels());
    unless_infinite(by_tiles, || winograd::forward(geometry, images, weight, bias))
        .unwrap_or_else(|| plain::forward(geometry, images, weight, bias))
}

fn gradients(
    geometry: &Geometry,
    images: &[f32],
    weight: &[f32],
    upstream: &[f32],
    wanted: [bool; 3],
) -> [Option<Vec<f32>>; 3] {
    let filters = weight.len() / geometry.window();
    let by_tiles = winograd::serves(geometry, filters, images.len() / geometry.pixels());
    let to_images = || {
        unless_infinite(by_tiles, || winograd::images_gradient(geometry, weight, upstream))
            .unwrap_or_else(|| plain::images_gradient(geometry, weight, upstream))
    };
    let to_weight = || {
        unless_infinite(by_tiles, || winograd::weight_gradient(geometry, filters, images, upstream))
            .unwrap_or_else(|| plain::weight_gradient(geometry, filters, images, upstream))
    };
    [
        wanted[0].then(to_images),
        wanted[1].then(to_weight),
        wanted[2].then(|| plain::bias_gradient(filters, geometry.positions(), upstream)),
    ]
}

/// What `work` finds by tiles, if they serve and all of it is finite: an infinity comes out of a tile as NaN, and in more places.
fn unless_infinite(by_tiles: bool, work: impl FnOnce() -> Vec<f32>) -> Option<Vec<f32>> {
    by_tiles.then(work).filter(|values| all_finite(values))
}

/// Without an early end, which would keep it from being vectorised.
fn all_finite(values: &[f32]) -> bool {
    vectorised(|| values.iter().fold(true, |finite, value| finite & value.is_finite()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::tests::noise;

    /// A convolution that goes by tiles: images, weights, bias and upstream.
    #[derive(Debug)]
    struct Problem {
        geometry: Geometry,
        filters: usize,
        numbers: [Vec<f32>; 4],
    }

    /// The output, and the gradients of images and weights.
    type Found = [Vec<f32>; 3];

    /// Sizes that are not multiples of tiles or vectors, with any padding, in one group and in several sums.
    fn problems() -> impl Strategy<Value = Problem> {
        let side = || 1..13_usize;
        ([side(), side()], [0..4_usize, 0..4], 16..70_usize, 16..70_usize, 1..32_usize).prop_filter_map(
            "tiles do not serve",
            |(image, padding, channels, filters, batch)| {
                let windows =
                    |axis: usize| (image[axis] + 2 * padding[axis]).checked_sub(2).filter(|&count| count > 0);
                let output = [windows(0)?, windows(1)?];
                let geometry = Geometry { channels, image, output, kernel: [3, 3], stride: [1, 1], padding };
                winograd::serves(&geometry, filters, batch).then(|| {
                    let numbers = [
                        noise(batch * geometry.pixels(), 1),
                        noise(filters * geometry.window(), 2),
                        noise(filters, 3),
                        noise(batch * filters * geometry.positions(), 4),
                    ];
                    Problem { geometry, filters, numbers }
                })
            },
        )
    }

    impl Problem {
        fn found(&self) -> Found {
            let [images, weight, bias, upstream] = &self.numbers;
            let output = forward(&self.geometry, images, weight, bias);
            let [to_images, to_weight, _] =
                gradients(&self.geometry, images, weight, upstream, [true, true, false]);
            [output, to_images.unwrap(), to_weight.unwrap()]
        }

        fn by_tiles(&self) -> Found {
            let (geometry, [images, weight, bias, upstream]) = (&self.geometry, &self.numbers);
            [
                winograd::forward(geometry, images, weight, bias),
                winograd::images_gradient(geometry, weight, upstream),
                winograd::weight_gradient(geometry, self.filters, images, upstream),
            ]
        }

        fn by_windows(&self) -> Found {
            let (geometry, [images, weight, bias, upstream]) = (&self.geometry, &self.numbers);
            [
                plain::forward(geometry, images, weight, bias),
                plain::images_gradient(geometry, weight, upstream),
                plain::weight_gradient(geometry, self.filters, images, upstream),
            ]
        }
    }

    fn bits(found: Found) -> [Vec<u32>; 3] {
        // NaN has many bits, of which none says more.
        let bits = |value: f32| if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() };
        found.map(|values| values.into_iter().map(bits).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn tiles_serve_and_give_what_windows_give(problem in problems()) {
            let found = problem.found();
            for (tiles, windows) in found.iter().zip(&problem.by_windows()) {
                let largest = windows.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                prop_assert_eq!(tiles.len(), windows.len());
                for (tile, window) in tiles.iter().zip(windows) {
                    prop_assert!((tile - window).abs() <= 5e-6 * largest, "{tile} for {window} of {largest}");
                }
            }
            prop_assert_eq!(bits(found), bits(problem.by_tiles()));
        }

        /// Each result that is not finite is that of windows, bit for bit; the others go by tiles as ever.
        #[test]
        fn what_is_not_finite_passes_as_through_windows(
            mut problem in problems(),
            which in 0..4_usize,
            place in any::<prop::sample::Index>(),
            bad in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
        ) {
            let numbers = &mut problem.numbers[which];
            let place = place.index(numbers.len());
            numbers[place] = bad;
            let [found, by_tiles, by_windows] =
                [problem.found(), problem.by_tiles(), problem.by_windows()].map(bits);
            let mut passed = 0;
            for ((found, by_tiles), by_windows) in found.into_iter().zip(by_tiles).zip(by_windows) {
                let finite = |values: &[u32]| values.iter().all(|&value| f32::from_bits(value).is_finite());
                passed += usize::from(!finite(&by_windows));
                // Tiles lose nothing: where windows find what is not finite, so do they.
                prop_assert!(finite(&by_windows) || !finite(&by_tiles));
                prop_assert_eq!(found, if finite(&by_tiles) { by_tiles } else { by_windows });
            }
            // A pixel that no window sees reaches nothing.
            prop_assert!(passed > 0 || which == 0);
        }
    }
}
