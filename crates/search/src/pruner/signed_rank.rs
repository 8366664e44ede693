//! The signed-rank test: whether paired differences are above zero, by their ranks.
//!
//! Own code, for `statrs` has no such test.

/// The chance that differences which are as likely above zero as below have a rank sum as large as these or larger.
///
/// The absolute differences are ranked from 1, equal ones each at their mean rank. The statistic is the sum of the
/// ranks of those above zero, and half the ranks of zeros. Its distribution is counted out for up to 50 differences,
/// or up to 13 where some are equal or zero; beyond that it is taken for normal, corrected for ties:
/// `scipy.stats.wilcoxon(differences, alternative="greater", zero_method="zsplit")`.
///
/// Source: Wilcoxon, "Individual Comparisons by Ranking Methods" (1945).
pub(super) fn probability_of_more(differences: &[f64]) -> f64 {
    let count = differences.len();
    let mut sorted = differences.to_vec();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));

    // Twice the ranks, which are whole numbers. Zeros are alike in both directions, so only the others count.
    let mut doubled_ranks = Vec::new();
    let mut doubled_sum = 0;
    let mut ties = 0.0;
    let mut rank = 0;
    for equal in sorted.chunk_by(|a, b| a.abs() >= b.abs()) {
        let doubled_rank = 2 * rank + equal.len() + 1;
        rank += equal.len();
        let size = equal.len() as f64;
        ties += size * size * size - size;
        if equal[0] != 0.0 {
            let positive = equal.iter().filter(|difference| **difference > 0.0).count();
            doubled_sum += doubled_rank * positive;
            doubled_ranks.extend(equal.iter().map(|_| doubled_rank));
        }
    }
    let is_plain = ties <= 0.0 && doubled_ranks.len() == count;
    if count <= if is_plain { 50 } else { 13 } {
        return counted(&doubled_ranks, doubled_sum);
    }
    let zeros = (count - doubled_ranks.len()) as f64;
    let count = count as f64;
    let sum = doubled_sum as f64 / 2.0 + zeros * (zeros + 1.0) / 4.0;
    let mean = count * (count + 1.0) / 4.0;
    let deviation = ((count * (count + 1.0) * (2.0 * count + 1.0) - ties / 2.0) / 24.0).sqrt();
    0.5 * libm::erfc((sum - mean) / deviation * std::f64::consts::FRAC_1_SQRT_2)
}

/// The share of the subsets of `ranks` whose sum is at least `sum`.
fn counted(ranks: &[usize], sum: usize) -> f64 {
    let mut subsets = vec![0_u64; ranks.iter().sum::<usize>() + 1];
    subsets[0] = 1;
    let mut most = 0;
    for rank in ranks {
        most += rank;
        for total in (*rank..=most).rev() {
            subsets[total] += subsets[total - rank];
        }
    }
    subsets[sum..].iter().sum::<u64>() as f64 / (1_u64 << ranks.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_probability(differences: impl IntoIterator<Item = f64>, expected: f64) {
        let found = probability_of_more(&differences.into_iter().collect::<Vec<_>>());
        assert!((found - expected).abs() < 1e-12 * expected, "{found}, expected {expected}");
    }

    /// Numbers of both signs, of which the positive ones are larger on the whole.
    fn mixed(count: i32, distinct: i32) -> impl Iterator<Item = f64> {
        (0..count).map(move |place| f64::from(place * 7 % distinct) - f64::from(distinct) / 3.0)
    }

    #[test]
    fn probabilities_are_those_of_scipy() {
        // `scipy.stats.wilcoxon` of SciPy 1.17.1: counted, normal above 50, then with ties and zeros.
        assert_probability(mixed(9, 11), 0.248_046_875);
        assert_probability(mixed(50, 101), 0.005_439_781_403_846_489);
        assert_probability(mixed(51, 101), 0.004_972_966_528_853_690_5);
        assert_probability(mixed(120, 113), 2.695_209_487_359_071e-6);
        assert_probability(mixed(13, 6), 0.326_660_156_25);
        assert_probability(mixed(14, 6), 0.351_743_774_117_864_3);
        assert_probability(mixed(40, 9), 0.016_751_557_437_172_805);
        assert_probability([0.0, 0.0, 1.0, 2.0, -2.0], 0.5);
    }

    #[test]
    fn all_above_zero_is_one_subset_of_all() {
        assert_probability([0.5, 0.25], 0.25);
        assert_probability((1..=50).map(f64::from), 0.5_f64.powi(50));
        assert_probability([0.0; 5], 1.0);
    }
}
