//! The memo: how far the evolution had come, so that the next point does not begin with the first trial again.
//!
//! It changes no point. A state is taken from here only if all that it is a function of is the same.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::evolution::Evolution;
use super::{CmaEs, class};
use crate::observation::Observation;
use crate::space::{Point, Space};

/// The state after the last generation that was learnt, or nothing. A clone begins with nothing, and all are equal.
pub struct Memo(Mutex<Option<Box<Kept>>>);

/// A state, and all that it is a function of.
struct Kept {
    state: State,
    /// The sampler's settings.
    settings: (u64, Option<usize>, u64),
    space: Space,
    /// What was learnt of each trial: where it was and how good.
    trials: Vec<(Point, (u8, u64))>,
}

/// The evolution between two generations.
#[derive(Clone)]
pub(super) struct State {
    pub(super) evolution: Evolution,
    /// How often it has started again.
    pub(super) restarts: u64,
    /// How many of the trials told it has looked at.
    pub(super) trials: usize,
}

impl Memo {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The state after the first of the trials `told`, if it is here.
    pub(super) fn recall(&self, sampler: &CmaEs, space: &Space, told: &[Observation]) -> Option<State> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        let told = told.get(..kept.trials.len())?;
        let same = |((point, good), told): (&(Point, (u8, u64)), &Observation)| {
            *good == goodness(told) && (point.is_shared_with(&told.parameters) || *point == told.parameters)
        };
        let is_it = kept.settings == settings(sampler)
            && kept.trials.iter().zip(told).all(same)
            && kept.space == *space;
        is_it.then(|| kept.state.clone())
    }

    /// Keeps `state`, to which the first of the trials `told` led, in place of what was here.
    pub(super) fn keep(&self, sampler: &CmaEs, space: &Space, told: &[Observation], state: &State) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let trials = told[..state.trials].iter().map(|told| (told.parameters.clone(), goodness(told)));
        let trials = trials.collect();
        let (settings, space) = (settings(sampler), space.clone());
        *kept = Some(Box::new(Kept { state: state.clone(), settings, space, trials }));
    }
}

fn settings(sampler: &CmaEs) -> (u64, Option<usize>, u64) {
    (sampler.seed, sampler.population, sampler.sigma.to_bits())
}

fn goodness(told: &Observation) -> (u8, u64) {
    let (class, value) = class(told);
    (class, value.to_bits())
}

impl Default for Memo {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}
