//! The mask of dropout, drawn by `ChaCha8`.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::vectorised::vectorised;

/// A factor for each of `count` units: 0 with probability `rate`, to 2⁻³², else `1 / (1 - rate)`.
///
/// The same seed gives the same bits on any machine.
pub(crate) fn mask(seed: u64, rate: f64, count: usize) -> Vec<f32> {
    let mut random = vec![0; count * size_of::<u32>()];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut random);
    let (numbers, _) = random.as_chunks();
    let dropped = (rate * 2.0_f64.powi(32)) as u32;
    let kept = (1.0 / (1.0 - rate)) as f32;
    // A product, because a branch would be guessed wrong at every other unit.
    let factor = |number: &[u8; 4]| f32::from(u32::from_le_bytes(*number) >= dropped) * kept;
    vectorised(|| numbers.iter().map(factor).collect())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "a factor is one of two numbers")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_rate_is_dropped_and_the_mean_is_kept(seed: u64, rate in 0.0..0.95_f64) {
            let count = 20_000.0;
            let mask = mask(seed, rate, 20_000);
            let kept = (1.0 / (1.0 - rate)) as f32;
            prop_assert!(mask.iter().all(|&factor| factor == 0.0 || factor == kept));
            let dropped = mask.iter().filter(|&&factor| factor == 0.0).count() as f64;
            // Six standard deviations of a binomial: once in 10⁹ cases by chance.
            let bound = 6.0 * (count * rate * (1.0 - rate)).sqrt() + 1.0;
            prop_assert!((dropped - count * rate).abs() <= bound, "{dropped} of {count} at {rate}");
            let mean = mask.iter().map(|&factor| f64::from(factor)).sum::<f64>() / count;
            prop_assert!((mean - 1.0).abs() <= bound / count / (1.0 - rate) + 1e-6, "{mean} at {rate}");
        }
    }

    #[test]
    fn a_seed_is_a_mask_and_another_seed_another() {
        assert_eq!(mask(7, 0.5, 100), mask(7, 0.5, 100));
        assert_ne!(mask(7, 0.5, 100), mask(8, 0.5, 100));
        // A shorter mask is the beginning of a longer one.
        assert_eq!(mask(7, 0.5, 37), mask(7, 0.5, 100)[..37]);
    }

    #[test]
    fn units_side_by_side_are_dropped_independently() {
        let mask = mask(3, 0.5, 100_000);
        for distance in [1, 2, 4, 16, 64, 256] {
            let both =
                mask.iter().zip(&mask[distance..]).filter(|&(&one, &other)| one == 0.0 && other == 0.0);
            // A quarter of 10⁵, and six standard deviations of a count whose neighbours overlap.
            assert!((both.count() as f64 - 25_000.0).abs() < 6.0 * 180.0, "{distance}");
        }
    }
}
