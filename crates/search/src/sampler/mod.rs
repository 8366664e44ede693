//! Samplers: each chooses what to try next.

use crate::space::{Point, Space, SpaceError};
use crate::storage::Direction;
use crate::trial::{State, Trial};

pub mod grid;
pub mod random;

mod shuffle;
mod stream;

/// Chooses the points of a study, one a trial.
///
/// - **Equal settings (a seed is one) and arguments give equal points**, on any machine. A sampler remembers nothing:
///   what it knows is in its fields and in `told`.
/// - **The point of trial `number` is a function of the sampler, `number` and the trials told with lower numbers.**
///   Points can be asked for in any order, and again after a restart.
/// - **`told` must not depend on who finished first.** Where trials run side by side, hand in the ones below
///   `number - lag`, for a lag that stays with the study, and wait until these have finished.
pub trait Sampler {
    /// The point of trial `number`, from 0, or `None` once nothing is left to try.
    ///
    /// `told` holds finished trials with lower numbers in the order of their numbers, failed ones among them.
    ///
    /// # Errors
    /// If the sampler cannot work on this space.
    fn sample(&self, space: &Space, told: &[Observation], number: u64) -> Result<Option<Point>, SampleError>;
}

/// What a sampler is told of a finished trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The trial's number in its study, from 0.
    pub number: u64,
    /// What it tried.
    pub parameters: Point,
    /// What came of it, of which less is better; none if it failed or was stopped early.
    pub loss: Option<f64>,
}

/// Why there is no point.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum SampleError {
    /// The sampler counts points, and this space's cannot be counted.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl Observation {
    /// What `trial` showed, in a study of this direction; `None` while it has not finished.
    pub fn of(trial: &Trial, direction: Direction) -> Option<Self> {
        let loss = match (trial.state, direction) {
            (State::Waiting | State::Running, _) => return None,
            (State::Pruned | State::Fail, _) => None,
            (State::Complete, Direction::Minimize) => trial.value,
            (State::Complete, Direction::Maximize) => trial.value.map(|value| -value),
        };
        Some(Self { number: trial.number, parameters: trial.parameters.clone(), loss })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::parameter::Distribution;
    use crate::storage::memory::Memory;
    use crate::storage::{Lease, Storage};
    use crate::timestamp::Timestamp;
    use crate::trial::{NewTrial, Told};

    #[test]
    fn finished_trials_are_told_and_less_is_better() {
        let (now, lease) = (Timestamp::MIN, Lease::new(Duration::from_mins(1)));
        let mut storage = Memory::new();
        let study = storage.open_study("study", Direction::Maximize).unwrap();
        let space = Space::new([("layers", Distribution::int(1, 4))]).unwrap();
        for place in 0..4 {
            let parameters = space.point(place).unwrap().unwrap();
            let trial = NewTrial { key: place.to_string(), parameters, ..NewTrial::default() };
            storage.enqueue(study, &trial).unwrap();
        }
        for told in [Told::complete(0.75), Told::fail("diverged")] {
            let claim = storage.claim(study, "worker", now, lease).unwrap().unwrap();
            storage.tell(&claim, &told, now).unwrap();
        }
        storage.claim(study, "worker", now, lease).unwrap().unwrap();

        let observed = |direction| {
            let trials = storage.trials(study).unwrap();
            trials.iter().map(|trial| Observation::of(trial, direction)).collect::<Vec<_>>()
        };
        let point = |place| space.point(place).unwrap().unwrap();
        let complete = |loss| Some(Observation { number: 0, parameters: point(0), loss: Some(loss) });
        let failed = || Some(Observation { number: 1, parameters: point(1), loss: None });
        assert_eq!(observed(Direction::Maximize), [complete(-0.75), failed(), None, None]);
        assert_eq!(observed(Direction::Minimize), [complete(0.75), failed(), None, None]);
    }
}
