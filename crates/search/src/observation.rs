//! An observation: what a finished trial shows to samplers and pruners.

use crate::space::Point;
use crate::storage::Direction;
use crate::trial::{State, Trial};

/// What came of a finished trial; of every number less is better, whatever the study's directions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// The trial's number in its study, from 0.
    pub number: u64,
    /// What it tried.
    pub parameters: Point,
    /// A loss for each objective; empty if it failed or was stopped early.
    pub losses: Vec<f64>,
    /// By how much it breaks its constraints in all; 0 if it keeps them.
    pub violation: f64,
    /// What it reported on its way, by step, as losses of the first objective; may be NaN or infinite.
    pub curve: Vec<(u32, f64)>,
    /// Whether it was stopped early.
    pub pruned: bool,
}

impl Observation {
    /// What `trial` showed, in a study of these directions; `None` while it has not finished.
    pub fn from_trial(trial: &Trial, directions: &[Direction]) -> Option<Self> {
        trial.state.is_finished().then(|| Self::finished(trial, directions))
    }

    /// What `trial` showed, which has finished.
    pub(crate) fn finished(trial: &Trial, directions: &[Direction]) -> Self {
        let complete = trial.state == State::Complete;
        // Too few values, or NaN, are not a result, from any program.
        let whole =
            trial.values.len() == directions.len() && trial.values.iter().all(|value| !value.is_nan());
        let losses = directions.iter().zip(&trial.values).filter(|_| complete && whole);
        Self {
            number: trial.number,
            parameters: trial.parameters.clone(),
            losses: losses.map(|(direction, value)| direction.loss(*value)).collect(),
            violation: trial.constraints.iter().copied().map(broken_by).sum(),
            curve: curve(trial, directions),
            pruned: trial.state == State::Pruned,
        }
    }

    /// The loss of the first objective, if it finished.
    pub fn loss(&self) -> Option<f64> {
        self.losses.first().copied()
    }

    /// Whether it finished and keeps its constraints.
    pub fn is_feasible(&self) -> bool {
        !self.losses.is_empty() && self.violation <= 0.0
    }
}

/// By how much a constraint is broken; one that is NaN is not known to be kept.
fn broken_by(constraint: f64) -> f64 {
    if constraint.is_nan() { f64::INFINITY } else { constraint.max(0.0) }
}

/// What `trial` has reported so far, by step, as losses of the first objective.
pub(crate) fn curve(trial: &Trial, directions: &[Direction]) -> Vec<(u32, f64)> {
    let first = directions.first().copied().unwrap_or(Direction::Minimize);
    trial.intermediate_values.iter().map(|(step, value)| (*step, first.loss(*value))).collect()
}

impl Direction {
    /// `value`, or its negative, so that less is better.
    pub(crate) fn loss(self, value: f64) -> f64 {
        match self {
            Self::Minimize => value,
            Self::Maximize => -value,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::parameter::Distribution;
    use crate::space::Space;
    use crate::storage::memory::Memory;
    use crate::storage::{LeaseTerms, Storage};
    use crate::timestamp::Timestamp;
    use crate::trial::{NewTrial, TrialResult};

    #[test]
    fn a_trial_without_a_number_for_each_objective_has_no_loss() {
        let mut storage = Memory::new();
        let study = storage.open_study("study", &[Direction::Maximize]).unwrap();
        storage.enqueue(study, &NewTrial::default()).unwrap();
        let mut trial = storage.trials(study).unwrap().remove(0);
        trial.state = State::Complete;
        for values in [vec![], vec![f64::NAN], vec![0.5, 0.5]] {
            trial.values = values;
            let observation = Observation::from_trial(&trial, &[Direction::Maximize]).unwrap();
            assert!(observation.losses.is_empty() && !observation.is_feasible(), "{:?}", trial.values);
        }
        (trial.values, trial.constraints) = (vec![f64::INFINITY], vec![f64::NAN]);
        let observation = Observation::from_trial(&trial, &[Direction::Maximize]).unwrap();
        assert_eq!((&observation.losses[..], observation.is_feasible()), (&[-f64::INFINITY][..], false));
    }

    #[test]
    fn finished_trials_are_told_and_less_is_better() {
        let (now, terms) = (Timestamp::MIN, LeaseTerms::new(Duration::from_mins(1)));
        let mut storage = Memory::new();
        let study = storage.open_study("study", &[Direction::Maximize]).unwrap();
        let space = Space::new([("layers", Distribution::int(1, 5))]).unwrap();
        let point = |place| space.point(place).unwrap().unwrap();
        for place in 0..5 {
            let trial = NewTrial { key: place.to_string(), parameters: point(place), ..NewTrial::default() };
            storage.enqueue(study, &trial).unwrap();
        }
        let broken = TrialResult { constraints: vec![-1.0, 0.25, 0.5], ..TrialResult::complete(0.75) };
        for told in [broken, TrialResult::fail("diverged"), TrialResult::pruned()] {
            let lease = storage.lease(study, "worker", now, terms).unwrap().unwrap();
            storage.report(&lease, 3, 0.5).unwrap();
            storage.tell(&lease, &told, now).unwrap();
        }
        storage.lease(study, "worker", now, terms).unwrap().unwrap();

        let observed = |direction| {
            let trials = storage.trials(study).unwrap();
            trials.iter().map(|trial| Observation::from_trial(trial, &[direction])).collect::<Vec<_>>()
        };
        let expected = |sign: f64| {
            let observation = |number| Observation {
                number,
                parameters: point(number),
                curve: vec![(3, sign * 0.5)],
                ..Observation::default()
            };
            let complete = Observation { losses: vec![sign * 0.75], violation: 0.75, ..observation(0) };
            let pruned = Observation { pruned: true, ..observation(2) };
            [Some(complete), Some(observation(1)), Some(pruned), None, None]
        };
        assert_eq!(observed(Direction::Maximize), expected(-1.0));
        assert_eq!(observed(Direction::Minimize), expected(1.0));
    }
}
