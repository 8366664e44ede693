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
    rounds(seed, size).fold(card, |place, round| round.swap(size, place))
}

/// The card at `place` of the shuffled deck: the inverse of [`shuffled`].
pub(super) fn unshuffled(seed: u64, size: u64, place: u64) -> u64 {
    // Partners swap back as they swapped.
    let rounds: Vec<_> = rounds(seed, size).collect();
    rounds.iter().rev().fold(place, |place, round| round.swap(size, place))
}

struct Round {
    key: u64,
    a: u64,
    b: u64,
}

fn rounds(seed: u64, size: u64) -> impl Iterator<Item = Round> {
    let mut stream = stream(seed, 0);
    (0..ROUNDS).map(move |_| Round {
        key: below(size, &mut stream),
        a: stream.next_u64(),
        b: stream.next_u64(),
    })
}

impl Round {
    fn swap(&self, size: u64, place: u64) -> u64 {
        let partner = if place <= self.key { self.key - place } else { size - (place - self.key) };
        let swap = self.a.wrapping_mul(place.max(partner)).wrapping_add(self.b) >> 63 == 1;
        if swap { partner } else { place }
    }
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
            assert!((0..).zip(&places).all(|(card, place)| unshuffled(size, size, *place) == card));
            places.sort_unstable();
            assert_eq!(places, (0..size).collect::<Vec<_>>());
        }
    }
}
