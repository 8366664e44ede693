//! A Parzen estimator: a density that is a sum of kernels, one around each trial and a wide one over all of the space.

use rand_chacha::ChaCha12Rng;
use serde_json::Value;

use super::kernels::{Choices, Numbers};
use super::split::Side;
use super::{exp::exp, is_fixed};
use crate::parameter::Distribution;
use crate::sampler::stream::unit;
use crate::space::Space;

/// `p(x) = Σₖ wₖ Πᵢ pₖᵢ(xᵢ)`, over the dimensions `i` that are active at `x`; the last kernel is the prior.
pub(super) struct Mixture {
    /// The sum of weights up to each kernel, its own among them.
    cumulative: Vec<f64>,
    /// `ln wₖ`
    weights: Vec<f64>,
    dimensions: Vec<Kernels>,
}

/// The factors of all kernels in one dimension.
enum Kernels {
    /// A dimension of one value.
    Fixed,
    Choices(Choices),
    Numbers(Numbers),
}

impl Mixture {
    /// The density around the rows of `side`, with a prior that weighs as much as `prior_weight` trials.
    pub(super) fn new(space: &Space, side: &Side, prior_weight: f64) -> Self {
        let dimensions = space.dimensions().enumerate().map(|(place, (_, distribution))| {
            let column: Vec<_> =
                side.rows.iter().skip(place).step_by(space.dimensions().len()).copied().collect();
            match distribution {
                _ if is_fixed(distribution) => Kernels::Fixed,
                Distribution::Categorical { choices } => {
                    Kernels::Choices(Choices::new(choices.len(), &column, side.trials, prior_weight))
                }
                _ => Kernels::Numbers(Numbers::new(distribution, &column, side.trials)),
            }
        });
        // Without any trial the prior is all there is, with any weight.
        let weights = side.weights.iter().copied().chain([prior_weight]);
        let cumulative: Vec<_> = weights
            .clone()
            .scan(0.0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        let total = libm::log(cumulative.last().copied().unwrap_or(1.0));
        Self {
            cumulative,
            weights: weights.map(|weight| libm::log(weight) - total).collect(),
            dimensions: dimensions.collect(),
        }
    }

    /// A kernel, as likely as its weight.
    pub(super) fn pick(&self, stream: &mut ChaCha12Rng) -> usize {
        let last = self.cumulative.len() - 1;
        let drawn = unit(stream) * self.cumulative[last];
        self.cumulative.partition_point(|sum| *sum <= drawn).min(last)
    }

    /// A value of dimension `place` from `kernel`, and where it lies.
    pub(super) fn draw(
        &self,
        kernel: usize,
        place: usize,
        distribution: &Distribution,
        stream: &mut ChaCha12Rng,
    ) -> (Value, f64) {
        match &self.dimensions[place] {
            Kernels::Fixed => (distribution.from_unit(0.0), 0.0),
            Kernels::Choices(choices) => {
                let choice = choices.draw(kernel, stream);
                (distribution.value(choice), choice as f64)
            }
            Kernels::Numbers(numbers) => {
                let value = distribution.from_unit(numbers.draw(kernel, stream));
                let unit = distribution.to_unit(&value);
                (value, unit)
            }
        }
    }

    /// `ln p(x)`, where `row` holds NaN for dimensions that are not active.
    pub(super) fn log_density(&self, row: &[f64]) -> f64 {
        let mut terms = self.weights.clone();
        for (kernels, &at) in self.dimensions.iter().zip(row).filter(|(_, at)| !at.is_nan()) {
            kernels.add(at, &mut terms);
        }
        log_sum(&terms)
    }

    /// `ln Σₖ wₖ pₖᵢ(x)` of dimension `i` alone.
    pub(super) fn log_density_in(&self, place: usize, at: f64) -> f64 {
        let mut terms = self.weights.clone();
        self.dimensions[place].add(at, &mut terms);
        log_sum(&terms)
    }
}

impl Kernels {
    /// Adds the logarithm of the density at `at` to the term of each kernel.
    fn add(&self, at: f64, terms: &mut [f64]) {
        match self {
            Self::Fixed => {}
            Self::Choices(choices) => choices.add(at, terms),
            Self::Numbers(numbers) => numbers.add(at, terms),
        }
    }
}

/// The logarithm of the sum of what these are logarithms of.
fn log_sum(terms: &[f64]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Eight sums side by side, so that the loop runs on vector registers.
    let (eights, rest) = terms.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, term) in sums.iter_mut().zip(eight) {
            *sum += exp(term - most);
        }
    }
    let rest: f64 = rest.iter().map(|term| exp(term - most)).sum();
    most + libm::log(sums.iter().sum::<f64>() + rest)
}

#[cfg(test)]
mod tests;
