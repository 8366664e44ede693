//! A shuffle without a deck: where a card goes, without holding the others.

use rand_chacha::rand_core::Rng;

use super::stream::{below, stream};

/// Rounds of the shuffle. A card that is swapped once is anywhere with equal chances; one in 2¹²⁸ never is.
const ROUNDS: u32 = 128;

/// The place of card `card` of a deck of `size` cards, shuffled by `seed`: a permutation of `0..size`.
///
/// In each round, with a random `key` below `size`, the cards at `place` and `key - place` (modulo `size`) are
/// partners, and a coin tossed for the larger of the two places says whether they swap. Coins are the highest bits of
/// `a · place + b` (modulo 2⁶⁴), with random `a` and `b`: any two of a round are independent.
///
/// Source: Hoang, Morris, Rogaway, "An Enciphering Scheme Based on a Card Shuffle" (2012), §2, arXiv:1208.1176; for
/// the coins Dietzfelbinger, "Universal Hashing and k-wise Independent Random Variables via Integer Arithmetic without
/// Primes" (1996).
pub(super) fn shuffled(seed: u64, size: u64, card: u64) -> u64 {
    let mut stream = stream(seed, 0);
    (0..ROUNDS).fold(card, |place, _| {
        let key = below(size, &mut stream);
        let partner = if place <= key { key - place } else { size - (place - key) };
        let (a, b) = (stream.next_u64(), stream.next_u64());
        let swap = a.wrapping_mul(place.max(partner)).wrapping_add(b) >> 63 == 1;
        if swap { partner } else { place }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_is_the_same_for_ever() {
        // From another implementation of ChaCha12 and of the shuffle.
        let places: Vec<_> = (0..10).map(|card| shuffled(7, 10, card)).collect();
        assert_eq!(places, [2, 1, 4, 3, 6, 7, 8, 0, 5, 9]);
        assert_eq!(shuffled(7, u64::MAX, 5), 733_446_388_786_672_954);
    }

    #[test]
    fn every_card_gets_a_place_of_its_own() {
        for size in (1..20).chain([64, 100]) {
            let mut places: Vec<_> = (0..size).map(|card| shuffled(size, size, card)).collect();
            places.sort_unstable();
            assert_eq!(places, (0..size).collect::<Vec<_>>());
        }
    }
}
