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
        let half = libm::log((population as f64 + 1.0) / 2.0);
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
