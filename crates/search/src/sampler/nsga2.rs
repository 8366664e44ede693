//! NSGA-II: evolution towards a whole Pareto front.

use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

use super::inherit::{eligible_parents, inherit, varies};
use super::stream::{below, stream, unit};
use super::{History, SampleError, Sampler};
use crate::observation::Observation;
use crate::pareto::{constrained_fronts, crowding};
use crate::space::{Point, Space};

/// Children of the best trials so far, where best is: in an earlier front, and within a front less crowded.
///
/// Trials `g · population` to `(g + 1) · population`, by place, are generation `g`. The first is drawn at random. Parents of a
/// later one are the best `population` trials of the generation before and that one's own parents; each child has two,
/// winners of tournaments of two, takes each value from either, and draws some anew. Trials that break constraints
/// come after all others, those that break them least first. One objective or many, any space: a parameter that a
/// child has and its parents lack is drawn.
///
/// Where it differs:
/// - As in Optuna's `NSGAIISampler`, whose defaults these are, values are crossed one by one and mutation draws anew,
///   which suits choices too; Deb et al. cross real numbers with SBX and mutate by a polynomial.
/// - Optuna's tournaments do not look at the crowding; these do, as in the paper. Equally good trials are not drawn
///   between: the earlier wins.
/// - A failed or pruned trial is a member of its generation and no parent. Nor is, for the first trials of a
///   generation, one of the last of the generation before whose result is not to be known yet.
///
/// Without parents, as when all trials failed, points are drawn at random.
///
/// Source: Deb, Pratap, Agarwal, Meyarivan, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II" (2002),
/// §III and §VI, IEEE Transactions on Evolutionary Computation 6(2); for the crossover Syswerda, "Uniform Crossover in
/// Genetic Algorithms" (1989).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NsgaII {
    /// Chooses the points; another seed gives others.
    pub seed: u64,
    /// Trials of a generation, and parents of the next; at least 2.
    #[serde(default = "population")]
    pub population: usize,
    /// Chance that a child has two parents, in `[0, 1]`; else it is its parent's copy but for mutations.
    #[serde(default = "crossover")]
    pub crossover: f64,
    /// Chance that a child of two takes a value from the second, in `[0, 1]`.
    #[serde(default = "swapping")]
    pub swapping: f64,
    /// Chance that a value is drawn anew, in `[0, 1]`; by default `1 / n`, for `n` parameters of the first parent that
    /// could be other than they are.
    #[serde(default)]
    pub mutation: Option<f64>,
}

fn population() -> usize {
    50
}

fn crossover() -> f64 {
    0.9
}

fn swapping() -> f64 {
    0.5
}

impl NsgaII {
    /// Optuna's defaults: 50 trials a generation, crossover 0.9, swapping 0.5, about one mutation a child.
    pub fn new(seed: u64) -> Self {
        Self { seed, population: population(), crossover: crossover(), swapping: swapping(), mutation: None }
    }

    fn check(&self) -> Result<(), SampleError> {
        let refuse = |setting, found: String, expected| {
            Err(SampleError::Setting { sampler: "NsgaII", setting, found, expected })
        };
        if self.population < 2 {
            return refuse("population", self.population.to_string(), "2 or more");
        }
        let chances = [
            ("crossover", self.crossover),
            ("swapping", self.swapping),
            ("mutation", self.mutation.unwrap_or(0.0)),
        ];
        match chances.into_iter().find(|(_, chance)| !(0.0..=1.0).contains(chance)) {
            Some((setting, chance)) => refuse(setting, chance.to_string(), "a chance from 0 to 1"),
            None => Ok(()),
        }
    }

    /// The parents of the generation of turn `number`, best first.
    fn parents<'a>(&self, space: &Space, told: &'a [Observation], number: u64) -> Vec<&'a Observation> {
        let generation = |place: usize| (place / self.population) as u64;
        let mut eligible_parents = eligible_parents(space, told).into_iter().peekable();
        // By place: a number may be far from it.
        let placed: Vec<_> = told
            .iter()
            .enumerate()
            .take_while(|(place, _)| generation(*place) < number / self.population as u64)
            .filter(|(_, trial)| eligible_parents.next_if(|next| std::ptr::eq(*next, *trial)).is_some())
            .collect();
        let generations = placed.chunk_by(|(a, _), (b, _)| generation(*a) == generation(*b));
        generations.fold(Vec::new(), |mut pool, children| {
            pool.extend(children.iter().map(|(_, trial)| *trial));
            best(&pool, self.population)
        })
    }

    fn child(&self, space: &Space, parents: &[&Observation], stream: &mut ChaCha12Rng) -> Point {
        let Some((first, second)) = self.couple(parents, stream) else {
            return inherit(space, stream, |_, _, _| None);
        };
        let vary = first.parameters.values().filter(|parameter| varies(parameter.distribution())).count();
        let mutation = self.mutation.unwrap_or(1.0 / vary.max(1) as f64);
        inherit(space, stream, |name, _, stream| {
            let swap = unit(stream) < self.swapping;
            let donors = if swap { [second, Some(first)] } else { [Some(first), second] };
            if unit(stream) < mutation {
                return None;
            }
            donors
                .into_iter()
                .flatten()
                .find_map(|donor| donor.parameters.get(name))
                .map(|it| it.value().clone())
        })
    }

    /// One parent, and with the chance of a crossover another.
    fn couple<'a>(
        &self,
        parents: &[&'a Observation],
        stream: &mut ChaCha12Rng,
    ) -> Option<(&'a Observation, Option<&'a Observation>)> {
        // The best come first: the lower place wins.
        let mut tournament = |of: usize| below(of as u64, stream).min(below(of as u64, stream)) as usize;
        if parents.is_empty() {
            return None;
        }
        let first = tournament(parents.len());
        let mut second = None;
        if parents.len() > 1 {
            let other = tournament(parents.len() - 1);
            second = Some(parents[if other < first { other } else { other + 1 }]);
        }
        let second = second.filter(|_| unit(stream) < self.crossover);
        Some((parents[first], second))
    }
}

impl Sampler for NsgaII {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        self.check()?;
        let parents = self.parents(space, history.finished, number);
        Ok(Some(self.child(space, &parents, &mut stream(self.seed, number))))
    }
}

/// The best `size` trials of `pool`, best first: front by front, and in each the least crowded first.
fn best<'a>(pool: &[&'a Observation], size: usize) -> Vec<&'a Observation> {
    let losses: Vec<_> = pool.iter().map(|trial| trial.losses.as_slice()).collect();
    let violations: Vec<_> = pool.iter().map(|trial| trial.violation).collect();
    let mut best = Vec::with_capacity(pool.len());
    for front in constrained_fronts(&losses, &violations) {
        if best.len() >= size {
            break;
        }
        let of_front: Vec<_> = front.iter().map(|&place| losses[place]).collect();
        let mut front: Vec<_> = front.into_iter().zip(crowding(&of_front)).collect();
        front.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        best.extend(front.into_iter().map(|(place, _)| pool[place]));
    }
    best.truncate(size);
    best
}

#[cfg(test)]
mod tests;
