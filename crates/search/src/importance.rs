//! Importance: how much each parameter has to do with a low loss.

use std::collections::BTreeSet;

use crate::observation::Observation;
use crate::parameter::{Distribution, Parameter};

mod grid;
mod interval;
mod parzen;

pub use interval::{ImportanceInterval, LEAST_TRIALS, importance_intervals};

/// `γ'`: the share of trials that counts as good.
const GOOD: f64 = 0.1;

/// Why no parameter is more important than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportanceError {
    /// Hardly anything was told.
    #[error(
        "{found} trials are complete with a finite loss, expected at least {least}; run more trials first"
    )]
    TooFew {
        /// How many there are.
        found: usize,
        /// How many it takes.
        least: usize,
    },
    /// All did as well as each other.
    #[error("the best tenth of {0} trials is all of them, for their losses are equal; compare other losses")]
    Equal(usize),
    /// Nothing was tried.
    #[error(
        "no parameter took different values from the same distribution in {0} trials; search a wider space"
    )]
    Constant(usize),
}

/// The importance of every parameter of complete trials, the largest first, equals by name; their sum is 1.
///
/// A parameter is important if its values in the best tenth of the trials are spread otherwise than in all of them.
/// With `p'` and `p` for its densities there, both estimated on a grid, its importance is in proportion to
///
/// `Σ_D α² / β · Σ_x p(x) · (p'(x) / p(x) - 1)²`
///
/// over the distributions `D` that it was chosen from, where `α` is the share of the best trials and `β` that of all
/// trials in which it was chosen from `D`. A parameter that some trials lack is thus judged by those that have it.
///
/// The loss is that of the first objective. Failed and pruned trials and infinite losses are left out; a trial that
/// breaks its constraints is not.
///
/// As Optuna's `PedAnovaImportanceEvaluator` with its defaults and `target` for the first objective, except that where
/// the trials say nothing Optuna warns, and calls parameters equally important.
///
/// Source: Watanabe, Bansal, Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary
/// Subspaces" (2023), §4, arXiv:2304.10255; for conditions "Conditional PED-ANOVA: Hyperparameter Importance in
/// Hierarchical & Dynamic Search Spaces" (2026), theorem 4.2 and algorithm 1, arXiv:2601.20800.
///
/// # Errors
/// If nothing that was told makes a difference between parameters.
pub fn importance(told: &[Observation]) -> Result<Vec<(String, f64)>, ImportanceError> {
    let mut importances: Vec<_> = shares(&finite(told, 2)?)?;
    importances.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    Ok(importances)
}

/// A trial and its loss, which is finite.
type Scored<'a> = (&'a Observation, f64);

/// The trials with a finite loss.
fn finite(told: &[Observation], least: usize) -> Result<Vec<Scored<'_>>, ImportanceError> {
    let finite = |trial: &Observation| trial.loss().filter(|loss| loss.is_finite());
    let trials: Vec<_> = told.iter().filter_map(|trial| Some((trial, finite(trial)?))).collect();
    if trials.len() < least {
        Err(ImportanceError::TooFew { found: trials.len(), least })
    } else {
        Ok(trials)
    }
}

/// The importance of every parameter of `trials`, by name.
fn shares(trials: &[Scored]) -> Result<Vec<(String, f64)>, ImportanceError> {
    let mut losses: Vec<_> = trials.iter().map(|(_, loss)| *loss).collect();
    losses.sort_by(f64::total_cmp);
    let worst_good = losses[((GOOD * losses.len() as f64).ceil() as usize).max(1) - 1];
    let trials: Vec<_> = trials.iter().map(|&(trial, loss)| (trial, loss <= worst_good)).collect();
    let good = trials.iter().filter(|(_, is_good)| *is_good).count();
    if good == trials.len() {
        return Err(ImportanceError::Equal(good));
    }

    let names: BTreeSet<_> = trials.iter().flat_map(|(trial, _)| trial.parameters.keys()).collect();
    let mut importances: Vec<_> = names
        .into_iter()
        .map(|name| {
            let regimes = regimes(name, &trials);
            let shares = regimes.iter().map(|regime| regime.importance(good, trials.len()));
            (name.to_owned(), shares.sum::<f64>())
        })
        .collect();
    let sum: f64 = importances.iter().map(|(_, importance)| importance).sum();
    if sum <= 0.0 {
        return Err(ImportanceError::Constant(trials.len()));
    }
    for (_, importance) in &mut importances {
        *importance /= sum;
    }
    Ok(importances)
}

/// The trials that chose a parameter from one distribution.
struct Regime<'a> {
    distribution: &'a Distribution,
    all: Vec<&'a Parameter>,
    good: Vec<&'a Parameter>,
}

/// The regimes of parameter `name`, where each trial comes with whether it is good.
fn regimes<'a>(name: &str, trials: &[(&'a Observation, bool)]) -> Vec<Regime<'a>> {
    let mut regimes: Vec<Regime<'_>> = Vec::new();
    for (trial, is_good) in trials {
        let Some(parameter) = trial.parameters.get(name) else { continue };
        let distribution = parameter.distribution();
        let place = regimes.iter().position(|regime| regime.distribution == distribution);
        let place = place.unwrap_or_else(|| {
            regimes.push(Regime { distribution, all: Vec::new(), good: Vec::new() });
            regimes.len() - 1
        });
        regimes[place].all.push(parameter);
        regimes[place].good.extend(Some(parameter).filter(|_| *is_good));
    }
    regimes
}

impl Regime<'_> {
    /// Its part of the sum, up to a factor that all parameters share, given how many trials there are.
    fn importance(&self, good: usize, all: usize) -> f64 {
        if self.good.is_empty() || !has_choice(self.distribution) {
            return 0.0;
        }
        let density = |parameters: &[&Parameter]| {
            parzen::density(self.distribution, &grid::counts(self.distribution, parameters))
        };
        let densities = density(&self.good).into_iter().zip(density(&self.all));
        let divergence: f64 =
            densities.map(|(good, all)| all * (good / all - 1.0) * (good / all - 1.0)).sum();
        let alpha = self.good.len() as f64 / good as f64;
        let beta = self.all.len() as f64 / all as f64;
        alpha * alpha / beta * divergence
    }
}

/// Whether there are two values to choose from, and any at all: a parameter may come from what is not a dimension.
fn has_choice(distribution: &Distribution) -> bool {
    distribution.validate().is_ok()
        && match *distribution {
            Distribution::Float { low, high, step: None, .. } => low < high,
            _ => distribution.count() != Some(1),
        }
}
