//! A stream: the random numbers of one purpose of one trial, derived from its seed and never consumed by another.
//!
//! A run that is resumed at epoch 7 draws the shuffle of epoch 7 without having drawn the six before it, and two
//! arms of an experiment that share a seed share every stream: that is what pairs them.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// The generator behind every stream. Its output is the same on any machine and in any later version.
pub type StreamRng = ChaCha12Rng;

/// The stream called `name` of the trial seeded with `seed`, at `epoch` (0 where a purpose has no epochs).
///
/// The generator's key is `SHA-256("tinderbox" ‖ seed ‖ epoch ‖ name)`, integers as 8 bytes, least significant first.
pub fn stream(seed: u64, name: &str, epoch: usize) -> StreamRng {
    let key = Sha256::new()
        .chain_update("tinderbox")
        .chain_update(seed.to_le_bytes())
        .chain_update((epoch as u64).to_le_bytes())
        .chain_update(name)
        .finalize();
    StreamRng::from_seed(key.into())
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn a_stream_is_the_same_for_ever() {
        // From another implementation of ChaCha12, with the key that Python's hashlib gives for
        // b"tinderbox" + (7).to_bytes(8, "little") + (3).to_bytes(8, "little") + b"shuffle".
        assert_eq!(stream(7, "shuffle", 3).next_u64(), 0x17d0_7f1f_7f48_4102);
    }

    #[test]
    fn seed_name_and_epoch_each_make_another_stream() {
        let first = |seed, name, epoch| stream(seed, name, epoch).next_u64();
        let one = first(7, "shuffle", 3);
        assert_ne!(one, first(8, "shuffle", 3));
        assert_ne!(one, first(7, "weights", 3));
        assert_ne!(one, first(7, "shuffle", 4));
    }
}
