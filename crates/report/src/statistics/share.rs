//! A share: how many of so many said yes, its interval, and its exact tests.

use statrs::distribution::{Beta, Binomial, ContinuousCDF, DiscreteCDF};

use super::CONFIDENCE;

/// So many yes among so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How many said yes, at most `of`.
    pub yes: usize,
    /// How many were asked.
    pub of: usize,
}

impl Share {
    /// The share itself, in `[0, 1]`; one half if nobody was asked.
    pub fn value(&self) -> f64 {
        if self.of == 0 { 0.5 } else { self.yes as f64 / self.of as f64 }
    }

    /// Limits of the 95 % interval of the true share.
    ///
    /// Source: Clopper, Pearson, "The Use of Confidence or Fiducial Limits" (1934).
    pub fn interval(&self) -> (f64, f64) {
        let tail = (1.0 - CONFIDENCE) / 2.0;
        let (yes, no) = (self.yes as f64, self.of.saturating_sub(self.yes) as f64);
        // Shape parameters at 0 belong to the ends of the interval, which are known.
        let low = Beta::new(yes, no + 1.0).map_or(0.0, |beta| beta.inverse_cdf(tail));
        let high = Beta::new(yes + 1.0, no).map_or(1.0, |beta| beta.inverse_cdf(1.0 - tail));
        (low, high)
    }

    /// Two-sided binomial p of the true share being one half; what [`sign_flip`](super::sign_flip) gives for values
    /// of `±1`.
    pub fn p_of_half(&self) -> f64 {
        let rarer = self.yes.min(self.of.saturating_sub(self.yes));
        (2.0 * Self { yes: rarer, of: self.of }.at_most(0.5)).min(1.0)
    }

    /// Chance of so few yes or fewer, if the true share is `share`, in `[0, 1]`.
    pub fn at_most(&self, share: f64) -> f64 {
        Binomial::new(share, self.of as u64).map_or(1.0, |binomial| binomial.cdf(self.yes as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::sign_flip;

    #[track_caller]
    fn agrees(yes: usize, of: usize, p: f64, low: f64, high: f64, at_most: f64) {
        let share = Share { yes, of };
        let found = [share.p_of_half(), share.interval().0, share.interval().1, share.at_most(0.75)];
        for (ours, theirs) in found.into_iter().zip([p, low, high, at_most]) {
            assert!((ours - theirs).abs() < 1e-9, "{ours} is not {theirs}");
        }
    }

    // SciPy 1.17.1: b = stats.binomtest(yes, of); b.pvalue, b.proportion_ci(0.95, "exact"), binom.cdf(yes, of, 0.75).
    #[test]
    fn shares_agree_with_scipy() {
        agrees(8, 8, 0.007_812_5, 0.630_583_352_447_180_8, 1.0, 1.0);
        agrees(6, 8, 0.289_062_5, 0.349_144_205_587_175_8, 0.968_145_973_750_055_7, 0.632_919_311_523_437_5);
        agrees(4, 8, 1.0, 0.157_012_770_487_058_03, 0.842_987_229_512_942, 0.113_815_307_617_187_5);
        agrees(
            3,
            12,
            0.145_996_093_75,
            0.054_860_644_527_992_41,
            0.571_858_461_878_099_7,
            0.000_391_662_120_819,
        );
        agrees(0, 5, 0.0625, 0.0, 0.521_823_750_104_981_4, 0.000_976_562_5);
    }

    #[test]
    fn its_p_is_that_of_flipped_signs() {
        for yes in 0..=9 {
            let signs: Vec<f64> = (0..9).map(|place| if place < yes { 1.0 } else { -1.0 }).collect();
            assert!((Share { yes, of: 9 }.p_of_half() - sign_flip(&signs)).abs() < 1e-12);
        }
    }

    #[test]
    fn nobody_says_nothing() {
        let nobody = Share { yes: 0, of: 0 };
        assert_eq!((nobody.value(), nobody.p_of_half(), nobody.interval()), (0.5, 1.0, (0.0, 1.0)));
    }
}
