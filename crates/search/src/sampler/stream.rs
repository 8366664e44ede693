//! The random numbers of samplers: a stream for every trial, derived from the seed and never consumed by another.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The stream `number` of `seed`: `ChaCha12`, whose output is the same on any machine, keyed with the seed's 8 bytes,
/// least significant first, and zeros.
pub(crate) fn stream(seed: u64, number: u64) -> ChaCha12Rng {
    named_stream(seed, "", number)
}

/// The stream `number` of `seed` for the purpose `name`, of at most 24 bytes: another than those of samplers.
pub(crate) fn named_stream(seed: u64, name: &str, number: u64) -> ChaCha12Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..8 + name.len()].copy_from_slice(name.as_bytes());
    let mut stream = ChaCha12Rng::from_seed(key);
    stream.set_stream(number);
    stream
}

/// A number in `[0, 1)`, one of 2⁵³.
pub(crate) fn unit(stream: &mut ChaCha12Rng) -> f64 {
    (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A whole number below `end`. One may be likelier than another by a factor of `1 + end / 2⁶⁴`, nothing that a search
/// could notice.
pub(crate) fn below(end: u64, stream: &mut ChaCha12Rng) -> u64 {
    ((u128::from(stream.next_u64()) * u128::from(end)) >> 64) as u64
}

/// A number of the standard normal distribution, by the method of Box and Muller.
pub(super) fn normal(stream: &mut ChaCha12Rng) -> f64 {
    // From (0, 1]: the logarithm is finite.
    let radius = (-2.0 * libm::log(1.0 - unit(stream))).sqrt();
    radius * libm::cos(std::f64::consts::TAU * unit(stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_for_ever() {
        // From another implementation of ChaCha12.
        assert_eq!(stream(7, 3).next_u64(), 0xdd2d_50f9_4054_b779);
    }

    #[test]
    fn seed_and_number_each_make_another_stream() {
        let first = |seed, number| stream(seed, number).next_u64();
        assert_ne!(first(7, 3), first(8, 3));
        assert_ne!(first(7, 3), first(7, 4));
        assert_ne!(first(7, 3), named_stream(7, "importance", 3).next_u64());
    }

    #[test]
    fn normal_numbers_have_the_moments_of_their_distribution() {
        let mut stream = stream(7, 0);
        let numbers: Vec<_> = (0..100_000).map(|_| normal(&mut stream)).collect();
        let moment = |power| numbers.iter().map(|x| x.powi(power)).sum::<f64>() / 100_000.0;
        // Four standard errors each.
        for (power, expected, error) in [(1, 0.0, 0.0127), (2, 1.0, 0.0179), (3, 0.0, 0.049), (4, 3.0, 0.124)]
        {
            assert!((moment(power) - expected).abs() < error, "moment {power}: {}", moment(power));
        }
    }
}
