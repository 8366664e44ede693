//! The random numbers of samplers: a stream for every trial, derived from the seed and never consumed by another.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The stream `number` of `seed`: `ChaCha12`, whose output is the same on any machine, keyed with the seed's 8 bytes,
/// least significant first, and zeros.
pub(crate) fn stream(seed: u64, number: u64) -> ChaCha12Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut stream = ChaCha12Rng::from_seed(key);
    stream.set_stream(number);
    stream
}

/// A number in `[0, 1)`, one of 2⁵³.
pub(super) fn unit(stream: &mut ChaCha12Rng) -> f64 {
    (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A whole number below `end`. One may be likelier than another by a factor of `1 + end / 2⁶⁴`, nothing that a search
/// could notice.
pub(crate) fn below(end: u64, stream: &mut ChaCha12Rng) -> u64 {
    ((u128::from(stream.next_u64()) * u128::from(end)) >> 64) as u64
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
    }
}
