//! The constants of the evolution: weights and learning rates, by the number of axes and of points a generation.

/// Names and formulae are those of Hansen, "The CMA Evolution Strategy: A Tutorial" (2016), table 1, arXiv:1604.00772.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constants {
    /// `wᵢ`, from the best point of a generation to the worst; positive in the first half.
    pub(super) weights: Vec<f64>,
    /// `μ`, how many points are recombined to the next mean.
    pub(super) parents: usize,
    /// `μ_eff`, how many equal ones would do as well.
    pub(super) effective: f64,
    /// `c_σ`, the learning rate of the path by which the step is adapted.
    pub(super) step_path: f64,
    /// `d_σ`, which damps that.
    pub(super) damping: f64,
    /// `c_c`, the learning rate of the path by which the covariance is adapted.
    pub(super) covariance_path: f64,
    /// `c₁`, the learning rate of the covariance from that path.
    pub(super) rank_one: f64,
    /// `c_μ`, and from the points of a generation.
    pub(super) rank_many: f64,
    /// `E |N(0, I)|`.
    pub(super) normal_length: f64,
}

/// `λ = 4 + ⌊3 ln n⌋`, the points of a generation (eq. 48).
pub(super) fn default_population(axes: usize) -> usize {
    4 + (3.0 * libm::log(axes.max(1) as f64)) as usize
}

impl Constants {
    pub(super) fn new(axes: usize, population: usize) -> Self {
        let n = axes as f64;
        let parents = population / 2;
        let half = libm::log(f64::midpoint(population as f64, 1.0));
        let raw: Vec<_> = (1..=population).map(|rank| half - libm::log(rank as f64)).collect();
        let effective = |weights: &[f64]| {
            let sum: f64 = weights.iter().sum();
            sum * sum / weights.iter().map(|weight| weight * weight).sum::<f64>()
        };
        let (mu, mu_of_rest) = (effective(&raw[..parents]), effective(&raw[parents..]));

        let rank_one = 2.0 / ((n + 1.3) * (n + 1.3) + mu);
        // Strictly less than what is left, as Hansen's own programs have it.
        let rank_many =
            (2.0 * (mu - 2.0 + 1.0 / mu) / ((n + 2.0) * (n + 2.0) + mu)).min(1.0 - rank_one - 1e-8);
        // Eqs. 50 to 52: how much the covariance may unlearn.
        let unlearnt = (1.0 + rank_one / rank_many)
            .min(1.0 + 2.0 * mu_of_rest / (mu + 2.0))
            .min((1.0 - rank_one - rank_many) / (n * rank_many));
        let positive: f64 = raw.iter().filter(|weight| **weight > 0.0).sum();
        let negative: f64 = -raw.iter().filter(|weight| **weight < 0.0).sum::<f64>();
        let weight = |raw: &f64| if *raw >= 0.0 { raw / positive } else { raw * unlearnt / negative };

        let step_path = (mu + 2.0) / (n + mu + 5.0);
        Self {
            weights: raw.iter().map(weight).collect(),
            parents,
            effective: mu,
            step_path,
            damping: 1.0 + 2.0 * (((mu - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + step_path,
            covariance_path: (4.0 + mu / n) / (n + 4.0 + 2.0 * mu / n),
            rank_one,
            rank_many,
            normal_length: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14 * b.abs().max(1.0));
        assert!(near, "{found:?}, expected {expected:?}");
    }

    fn rates(c: &Constants) -> [f64; 7] {
        let paths = [c.step_path, c.damping, c.covariance_path];
        [c.effective, paths[0], paths[1], paths[2], c.rank_one, c.rank_many, c.normal_length]
    }

    #[test]
    fn constants_are_those_of_the_cmaes_package() {
        // From `cmaes.CMA` 0.13.1, whose `_mu_eff`, `_c_sigma`, `_d_sigma`, `_cc`, `_c1`, `_cmu` and `_chi_n` these are.
        let two = Constants::new(2, default_population(2));
        assert_eq!(two.parents, 3);
        near(
            &rates(&two),
            &[
                2.028_611_464_610_061_7,
                0.446_204_987_378_317_15,
                1.446_204_987_378_317_2,
                0.624_554_539_026_826_4,
                0.154_815_399_896_413_6,
                0.057_859_085_071_916_304,
                1.254_272_742_818_995,
            ],
        );
        near(
            &two.weights,
            &[
                0.637_042_571_241_216_8,
                0.284_570_257_438_032_94,
                0.078_387_171_320_750_33,
                -0.286_383_782_596_552_95,
                -0.764_958_094_085_127_6,
                -1.155_981_778_158_919_2,
            ],
        );
        let ten = Constants::new(10, default_population(10));
        assert_eq!((ten.parents, ten.weights.len()), (5, 10));
        near(
            &rates(&ten),
            &[
                3.167_299_281_410_702_6,
                0.284_428_587_946_367_5,
                1.284_428_587_946_367_5,
                0.294_990_383_035_622_25,
                0.015_283_824_524_751_714,
                0.020_154_282_761_208_38,
                3.084_726_565_169_012_3,
            ],
        );
        near(&[ten.weights[0], ten.weights[9]], &[0.456_272_646_903_405_97, -0.586_221_828_778_835_3]);
    }
}
