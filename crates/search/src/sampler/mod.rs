//! Samplers: each chooses what to try next.

use crate::observation::Observation;
use crate::space::{Point, Space, SpaceError};

pub mod any;
pub mod custom;

pub mod grid;
pub mod random;
pub mod sobol;

pub mod cma_es;
pub mod gaussian_process;
pub mod nsga2;
pub mod regularized_evolution;
pub mod reinforce;
pub mod tpe;

mod axes;
#[cfg(test)]
mod contract;
mod descent;
mod inherit;
mod left;
mod linear;
mod shuffle;
pub(crate) mod stream;
#[cfg(test)]
mod trials;

/// Chooses the points of a study, one a trial.
///
/// - **Equal settings (a seed is one) and arguments give equal points**, on any machine. A sampler remembers nothing:
///   what it knows is in its fields and in the history.
/// - **The point of trial `number` is a function of the sampler, `number` and the history of lower numbers.**
///   Points can be asked for in any order, and again after a restart.
/// - **A history must not depend on who finished first.** Where trials run side by side, a [`Study`](crate::Study)
///   hands in the results of trials below `number - lag`, for a lag that stays with it, and waits until these have
///   finished.
pub trait Sampler: Send {
    /// The point of trial `number`, from 0, or `None` once nothing is left to try.
    ///
    /// # Errors
    /// If the sampler cannot work on this space.
    fn sample(&self, space: &Space, history: &History<'_>, number: u64)
    -> Result<Option<Point>, SampleError>;
}

/// What a sampler may know: the trials with lower numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct History<'a> {
    /// Trials 0, 1, 2 and so on, finished, failed ones among them.
    pub told: &'a [Observation],
    /// What the trials after those try, in the order of their numbers; what comes of them is not to be known yet.
    pub pending: &'a [Point],
    /// Numbers of those among all of these that no sampler chose, lowest first.
    pub enqueued: &'a [u64],
}

/// Why there is no point.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum SampleError {
    /// The sampler counts points, and this space's cannot be counted.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The sampler takes one objective.
    #[error("`{sampler}` takes one objective, found {found}; take `NsgaII` or `Tpe`, which take several")]
    Objectives {
        /// Its name.
        sampler: &'static str,
        /// How many the study has.
        found: usize,
    },
    /// More dimensions than the sampler knows.
    #[error("a space of {found} dimensions, and {sampler} works on {most} at most; draw points at random")]
    Dimensions {
        /// The sampler.
        sampler: &'static str,
        /// Dimensions of the space.
        found: usize,
        /// The most that it can have.
        most: usize,
    },
    /// The sampler is one of a program's own, which this program did not hand in.
    #[error("sampler `{name}` is of a program's own, and was not given; open the study with it")]
    Custom {
        /// Its name in the study.
        name: String,
    },
    /// A setting outside its range.
    #[error("`{setting}` of {sampler} is {found}, expected {expected}")]
    Setting {
        /// The sampler.
        sampler: &'static str,
        /// The field.
        setting: &'static str,
        /// Its value.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
}

impl History<'_> {
    /// Refuses a study of several objectives for `sampler`, which takes one.
    pub(crate) fn one_objective(&self, sampler: &'static str) -> Result<(), SampleError> {
        match self.told.iter().map(|told| told.losses.len()).find(|found| *found > 1) {
            Some(found) => Err(SampleError::Objectives { sampler, found }),
            None => Ok(()),
        }
    }

    /// The points that no sampler chose.
    pub(crate) fn enqueued_points(&self) -> impl Iterator<Item = &Point> {
        self.enqueued.iter().filter_map(|number| {
            let number = *number as usize;
            match self.told.get(number) {
                Some(told) => Some(&told.parameters),
                None => self.pending.get(number - self.told.len()),
            }
        })
    }
}
