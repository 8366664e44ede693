//! Stratified draws: every class gives its share of the images.

use rand::Rng;

/// Divides the images of `labels` in two: `drawn` of them, taken from each class in proportion, and the rest.
///
/// Both lists ascend. Which images are drawn depends on `labels`, `drawn` and `rng` alone.
pub(crate) fn draw(
    labels: &[u8],
    classes: usize,
    drawn: usize,
    rng: &mut (impl Rng + ?Sized),
) -> (Vec<usize>, Vec<usize>) {
    let mut strata = strata(labels, classes);
    for stratum in &mut strata {
        shuffle(stratum, rng);
    }
    divide(strata, drawn)
}

/// As [`draw`], but each class gives its last images.
pub(crate) fn last(labels: &[u8], classes: usize, drawn: usize) -> (Vec<usize>, Vec<usize>) {
    let mut strata = strata(labels, classes);
    for stratum in &mut strata {
        stratum.reverse();
    }
    divide(strata, drawn)
}

/// The images of each class, ascending.
fn strata(labels: &[u8], classes: usize) -> Vec<Vec<usize>> {
    let mut strata = vec![Vec::new(); classes];
    for (image, &label) in labels.iter().enumerate() {
        strata[usize::from(label)].push(image);
    }
    strata
}

/// The first images of each stratum, `drawn` in all, and the others.
fn divide(strata: Vec<Vec<usize>>, drawn: usize) -> (Vec<usize>, Vec<usize>) {
    let counts: Vec<usize> = strata.iter().map(Vec::len).collect();
    let (mut taken, mut left) = (Vec::new(), Vec::new());
    for (mut stratum, share) in strata.into_iter().zip(shares(&counts, drawn)) {
        left.extend(stratum.split_off(share));
        taken.extend(stratum);
    }
    taken.sort_unstable();
    left.sort_unstable();
    (taken, left)
}

/// How many of `total` each class gives, by largest remainder: within one of `total · count / Σ count`.
///
/// Equal remainders go to the lower class. `total` must not exceed the sum of `counts`.
fn shares(counts: &[usize], total: usize) -> Vec<usize> {
    let sum = counts.iter().sum::<usize>().max(1);
    let mut shares: Vec<usize> = counts.iter().map(|count| count * total / sum).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(counts[class] * total % sum));
    let missing = total - shares.iter().sum::<usize>();
    for &class in &order[..missing] {
        shares[class] += 1;
    }
    shares
}

/// Fisher and Yates' shuffle in Durstenfeld's order.
fn shuffle(items: &mut [usize], rng: &mut (impl Rng + ?Sized)) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last as u32 + 1, rng) as usize);
    }
}

/// A number below `bound`, each as likely as the others.
///
/// `rand`'s own ranges may change with its version and features; a split must not.
///
/// Source: Lemire, "Fast Random Integer Generation in an Interval" (2019), algorithm 5.
fn below(bound: u32, rng: &mut (impl Rng + ?Sized)) -> u32 {
    let rejected = bound.wrapping_neg() % bound;
    loop {
        let product = u64::from(rng.next_u32()) * u64::from(bound);
        if product as u32 >= rejected {
            return (product >> 32) as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::TryRng;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn the_largest_remainders_get_what_flooring_left() {
        assert_eq!(shares(&[5, 3, 2], 5), [3, 1, 1]);
        assert_eq!(shares(&[7, 2, 1], 1), [1, 0, 0]);
        assert_eq!(shares(&[0, 4], 4), [0, 4]);
        assert_eq!(shares(&[0, 0], 0), [0, 0]);
    }

    #[test]
    fn the_last_of_each_class_are_taken() {
        assert_eq!(last(&[0, 0, 1, 1, 0, 0], 2, 3), (vec![3, 4, 5], vec![0, 1, 2]));
    }

    /// Yields 0, 1, 2 and so on.
    struct Counter(u32);

    impl TryRng for Counter {
        type Error = std::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            self.0 += 1;
            Ok(self.0 - 1)
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(u64::from(self.try_next_u32()?))
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.fill(0);
            Ok(())
        }
    }

    #[test]
    fn the_one_word_too_many_is_not_used() {
        // 2^32 words make three equal thirds and one left over, which is the word 0.
        let mut counter = Counter(0);
        assert_eq!(below(3, &mut counter), 0);
        assert_eq!(counter.0, 2);
    }

    #[test]
    fn all_orders_of_three_are_equally_likely() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..6000 {
            let mut items = [0, 1, 2];
            shuffle(&mut items, &mut rng);
            *seen.entry(items).or_insert(0_i32) += 1;
        }
        // Binomial: 1,000 expected, standard deviation 29; five of them.
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|count| (count - 1000).abs() < 145), "{seen:?}");
    }

    /// Fixes the bits: a split that is drawn again years later must be the same.
    #[test]
    fn a_seed_gives_the_same_shuffle_for_ever() {
        let mut items: Vec<usize> = (0..10).collect();
        shuffle(&mut items, &mut ChaCha8Rng::seed_from_u64(7));
        assert_eq!(items, [5, 4, 2, 0, 3, 6, 7, 8, 9, 1]);
    }

    proptest! {
        #[test]
        fn a_draw_divides_the_images_and_gives_each_class_its_share(
            labels in prop::collection::vec(0_u8..5, 0..200),
            part in 0.0..=1.0,
            seed: u64,
        ) {
            let drawn = (part * labels.len() as f64) as usize;
            let again = |rng: &mut ChaCha8Rng| draw(&labels, 5, drawn, rng);
            let (taken, left) = again(&mut ChaCha8Rng::seed_from_u64(seed));
            prop_assert_eq!(&(taken.clone(), left.clone()), &again(&mut ChaCha8Rng::seed_from_u64(seed)));

            prop_assert_eq!(taken.len(), drawn);
            prop_assert!(taken.is_sorted() && left.is_sorted());
            let mut all = [taken.as_slice(), left.as_slice()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());

            for class in 0..5 {
                let count = (0..labels.len()).filter(|&image| labels[image] == class).count();
                let got = taken.iter().filter(|&&image| labels[image] == class).count();
                let exact = drawn as f64 * count as f64 / labels.len().max(1) as f64;
                prop_assert!((got as f64 - exact).abs() < 1.0, "class {}: {} of {}", class, got, exact);
            }
        }
    }
}
