//! The sign-flip test: what the signs of paired differences would give if they fell by chance.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Values up to which every pattern of signs is tried.
const EXACT: usize = 16;
/// Patterns drawn above that; one more is the observed one.
const DRAWN: u32 = (1 << EXACT) - 1;
/// Sums that differ by less than this share of the sum of sizes are equal.
const TOLERANCE: f64 = 1e-9;

/// Two-sided p of values whose signs are as likely + as -: the share of the sign patterns whose sum is at least as
/// far from 0 as the observed one.
///
/// Exact up to 16 values. Above, 65,535 patterns are drawn with a fixed seed and the observed one is counted in, which
/// keeps p valid. Without values p is 1.
///
/// Sources: Fisher, "The Design of Experiments" (1935), §21; Phipson, Smyth, "Permutation P-values Should Never Be
/// Zero" (2010). For up to 16 values it equals `scipy.stats.permutation_test` with `permutation_type='samples'`.
pub fn sign_flip(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    let size: f64 = values.iter().map(|value| value.abs()).sum();
    let far = sum.abs() - TOLERANCE * size;
    match values {
        [] => 1.0,
        [first, others @ ..] if others.len() < EXACT => exact(*first, others, far),
        _ => drawn(values, far),
    }
}

/// The smallest p that [`sign_flip`] can give for so many values: `2 / 2ⁿ`, and not below that of a drawn test.
pub fn attainable(values: usize) -> f64 {
    let exact = 2.0 * 0.5_f64.powf(values as f64);
    if values > EXACT { 1.0 / (f64::from(DRAWN) + 1.0) } else { exact.min(1.0) }
}

/// Each pattern and its mirror image are equally far: `first` keeps its sign.
fn exact(first: f64, others: &[f64], far: f64) -> f64 {
    let mut signed = others.to_vec();
    let mut sum = first + others.iter().sum::<f64>();
    let patterns = 1_u32 << others.len();
    // Gray code: one sign changes from a pattern to the next.
    let others = (1..patterns).filter(|pattern| {
        let value = &mut signed[pattern.trailing_zeros() as usize];
        *value = -*value;
        sum += 2.0 * *value;
        sum.abs() >= far
    });
    (others.count() + 1) as f64 / f64::from(patterns)
}

fn drawn(values: &[f64], far: f64) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let drawn = (0..DRAWN).filter(|_| {
        let of_word = |values: &[f64]| -> f64 {
            let signs = rng.next_u64();
            let signed =
                |(place, value): (usize, &f64)| if signs >> place & 1 == 1 { -value } else { *value };
            values.iter().enumerate().map(signed).sum()
        };
        values.chunks(64).map(of_word).sum::<f64>().abs() >= far
    });
    (drawn.count() + 1) as f64 / (f64::from(DRAWN) + 1.0)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "shares of powers of two are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_values_agree_with_scipy_ties_too() {
        // SciPy 1.17.1: stats.permutation_test((x,), numpy.mean, permutation_type="samples", n_resamples=inf).pvalue.
        assert_eq!(sign_flip(&[0.5, 1.2, -0.3, 0.8, 0.9, 0.4, 1.1, 0.7]), 0.015_625);
        assert_eq!(sign_flip(&[1.0, 1.0, -1.0, 2.0, 2.0, -2.0, 1.0, 1.0]), 0.343_75);
        assert_eq!(sign_flip(&[0.1, 0.2, 0.3, 0.4, 0.5]), 0.0625);
        let ten = [0.3, -0.1, 0.2, 0.15, -0.05, 0.4, 0.33, 0.01, -0.2, 0.6];
        assert_eq!(sign_flip(&ten), 0.072_265_625);
        assert_eq!(sign_flip(&[0.0; 3]), 1.0);
    }

    #[test]
    fn no_values_and_one_value_show_nothing() {
        assert_eq!(sign_flip(&[]), 1.0);
        assert_eq!(sign_flip(&[2.5]), 1.0);
        assert_eq!([0, 1, 5, 8].map(attainable), [1.0, 1.0, 0.0625, 0.007_812_5]);
    }

    #[test]
    fn many_values_are_drawn_and_never_give_zero() {
        assert_eq!(sign_flip(&[1.0; 40]), 1.0 / 65_536.0);
        assert_eq!(sign_flip(&[1.0; 40]), attainable(40));
        // The exact p of 14 among 20 is 2 · P(X >= 14) = 0.115318.
        let signs: Vec<f64> = (0..20).map(|place| if place < 14 { 1.0 } else { -1.0 }).collect();
        assert!((sign_flip(&signs) - 0.115_318).abs() < 0.004);
        // Beyond the 64 signs of a word: 2 · P(X >= 48) of 70 is 0.002548.
        let signs: Vec<f64> = (0..70).map(|place| if place < 48 { 1.0 } else { -1.0 }).collect();
        assert!((sign_flip(&signs) - 0.002_548).abs() < 0.000_6);
    }

    proptest! {
        #[test]
        fn neither_order_nor_sign_nor_scale_matters(values in prop::collection::vec(-1.0..1.0_f64, 1..9)) {
            let p = sign_flip(&values);
            let turned: Vec<f64> = values.iter().rev().map(|value| -7.0 * value).collect();
            prop_assert_eq!(sign_flip(&turned), p);
            prop_assert!(p >= attainable(values.len()) && p <= 1.0);
        }
    }
}
