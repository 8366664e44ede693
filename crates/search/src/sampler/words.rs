//! What a sampler does, in words.

use std::fmt;

use super::any::AnySampler;

impl fmt::Display for AnySampler {
    /// One clause for a reader who knows the method's name, with the settings that decide most.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grid {} => f.write_str("grid search: every combination of values once"),
            Self::Random(it) => write!(f, "random search (seed {})", it.seed),
            Self::Sobol(it) => write!(f, "scrambled Sobol sequence (seed {})", it.seed),
            Self::Tpe(it) => write!(
                f,
                "TPE, the tree-structured Parzen estimator: {} random trials first, then the best of {} candidates \
                 each time (seed {})",
                it.startup, it.candidates, it.seed
            ),
            Self::GaussianProcess(it) => write!(
                f,
                "Gaussian process: {} trials first, then the point with the largest expected improvement each time \
                 (seed {})",
                it.startup, it.seed
            ),
            Self::CmaEs(it) => {
                let size = it.population.map_or_else(String::new, |size| format!(" of {size} trials"));
                write!(
                    f,
                    "CMA-ES, the covariance matrix adaptation evolution strategy: generations{size} around a centre that \
                     moves to the better trials (seed {})",
                    it.seed
                )
            }
            Self::RegularizedEvolution(it) => write!(
                f,
                "regularized evolution: each trial changes the best of {} among the last {} trials (seed {})",
                it.tournament, it.population, it.seed
            ),
            Self::Reinforce(it) => write!(
                f,
                "REINFORCE: values that did well become likelier, learning rate {} (seed {})",
                it.learning_rate, it.seed
            ),
            Self::NsgaII(it) => write!(
                f,
                "NSGA-II: generations of {} trials, whose parents are on or near the Pareto front (seed {})",
                it.population, it.seed
            ),
            Self::Custom(it) => {
                write!(f, "`{}`, a sampler of the program that created this study", it.name())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{AnySampler, CmaEs, Custom, Grid, Random, Tpe};

    #[test]
    fn a_sampler_is_told_by_its_name_and_the_settings_that_decide_most() {
        let words = |sampler: AnySampler| sampler.to_string();
        assert_eq!(words(Random { seed: 7 }.into()), "random search (seed 7)");
        let tpe = words(Tpe { startup: 4, ..Tpe::new(9) }.into());
        assert!(tpe.starts_with("TPE, the tree-structured Parzen estimator: 4 random trials first"), "{tpe}");
        assert!(tpe.ends_with("24 candidates each time (seed 9)"), "{tpe}");
        let sized = words(CmaEs { population: Some(12), ..CmaEs::new(7) }.into());
        assert!(
            sized.contains("generations of 12 trials") && !words(CmaEs::new(7).into()).contains(" of 12")
        );
        assert!(words(Custom::new("corner", Grid).into()).starts_with("`corner`"));
    }
}
