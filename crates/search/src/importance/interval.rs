//! How far an importance can be trusted: its interval over trials drawn again.

use std::collections::BTreeMap;

use super::{ImportanceError, Scored, finite, shares};
use crate::observation::Observation;
use crate::sampler::stream::{below, named_stream};

/// With fewer complete trials the best tenth is one or two, and an importance is chance.
pub const LEAST_TRIALS: usize = 30;

/// How often the trials are drawn again.
const DRAWS: u64 = 200;

/// The importance of a parameter, and its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportanceInterval {
    /// Name of the parameter.
    pub parameter: String,
    /// As [`importance`](super::importance) has it, in `[0, 1]`.
    pub importance: f64,
    /// The lower end, in `[0, 1]`.
    pub low: f64,
    /// The upper end, in `[0, 1]`.
    pub high: f64,
}

/// The importance of every parameter as [`importance`](super::importance) has it, the largest first, with its 95 %
/// interval.
///
/// As many trials as there are are drawn from them with replacement, 200 times; the interval holds the middle 95 % of
/// the importances that come out (the percentile bootstrap), and the importance itself. Equal trials and seeds give equal
/// intervals, on any machine. A draw that says nothing, such as one of equal losses, is left out.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), §13.3.
///
/// # Errors
/// If fewer than [`LEAST_TRIALS`] trials are complete with a finite loss, and as [`importance`](super::importance).
pub fn importance_intervals(
    told: &[Observation],
    seed: u64,
) -> Result<Vec<ImportanceInterval>, ImportanceError> {
    let trials = finite(told, LEAST_TRIALS)?;
    let mut drawn: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for draw in 0..DRAWS {
        // A parameter that no trial of a draw has is left out of its intervals, too.
        for (parameter, share) in shares(&again(&trials, seed, draw)).unwrap_or_default() {
            drawn.entry(parameter).or_default().push(share);
        }
    }
    let interval = |(parameter, importance): (String, f64)| {
        let mut all = drawn.remove(&parameter).unwrap_or_default();
        all.sort_by(f64::total_cmp);
        let at = |share: f64| all.get((share * all.len() as f64) as usize).copied().unwrap_or(importance);
        let (low, high) = (at(0.025).min(importance), at(0.975).max(importance));
        ImportanceInterval { parameter, importance, low, high }
    };
    let mut intervals: Vec<_> = shares(&trials)?.into_iter().map(interval).collect();
    intervals.sort_by(|one, other| other.importance.total_cmp(&one.importance));
    Ok(intervals)
}

/// As many trials, drawn with replacement.
fn again<'a>(trials: &[Scored<'a>], seed: u64, draw: u64) -> Vec<Scored<'a>> {
    let mut stream = named_stream(seed, "importance", draw);
    trials.iter().map(|_| trials[below(trials.len() as u64, &mut stream) as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Distribution;
    use crate::sampler::stream::{stream, unit};
    use crate::space::Space;

    /// Trials whose loss is the square of `x`, and has nothing to do with `y`.
    fn told(trials: u64, seed: u64) -> Vec<Observation> {
        let space = Space::new(["x", "y"].map(|name| (name, Distribution::uniform(-1.0, 1.0)))).unwrap();
        let trial = |number| {
            let mut stream = stream(seed, number);
            let parameters = space.fill(|distribution| distribution.from_unit(unit(&mut stream)));
            let x = parameters.get("x").and_then(|x| x.value().as_f64()).unwrap();
            Observation { number, parameters, losses: vec![x * x], ..Observation::default() }
        };
        (0..trials).map(trial).collect()
    }

    #[test]
    fn what_matters_is_told_from_what_does_not() {
        for seed in 0..3 {
            let intervals = importance_intervals(&told(100, seed), 7).unwrap();
            let names: Vec<_> = intervals.iter().map(|interval| &interval.parameter[..]).collect();
            assert_eq!(names, ["x", "y"]);
            assert!(intervals[0].low > intervals[1].high, "{intervals:?}");
            for ImportanceInterval { importance, low, high, .. } in intervals {
                assert!(0.0 <= low && low <= importance && importance <= high && high <= 1.0);
                assert!(low < high);
            }
        }
    }

    #[test]
    fn more_trials_make_a_narrower_interval() {
        let width = |trials| {
            let widths = (0..2).map(|seed| {
                let intervals = importance_intervals(&told(trials, seed), 7).unwrap();
                intervals[0].high - intervals[0].low
            });
            widths.sum::<f64>()
        };
        assert!(width(300) < 0.7 * width(40));
    }

    #[test]
    fn equal_seeds_give_equal_intervals_and_few_trials_none() {
        let told = told(LEAST_TRIALS as u64, 3);
        assert_eq!(importance_intervals(&told, 7), importance_intervals(&told, 7));
        assert_ne!(importance_intervals(&told, 7), importance_intervals(&told, 8));
        let few = importance_intervals(&told[1..], 7);
        assert_eq!(few, Err(ImportanceError::TooFew { found: 29, least: 30 }));
    }
}
