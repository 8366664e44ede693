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
pub(crate) mod inherit;
mod left;
mod linear;
mod shuffle;
pub(crate) mod stream;
#[cfg(test)]
mod trials;
mod words;

/// Chooses the points of a study, one a trial.
///
/// - **Equal settings (a seed is one) and arguments give equal points**, on any machine. A sampler remembers nothing:
///   what it knows is in its fields and in the history.
/// - **The point of turn `number` is a function of the sampler, `number` and the history of the trials before.**
///   Points can be asked for in any order, and again after a restart.
/// - **A history must not depend on who finished first.** Where trials run side by side, a [`Study`](crate::Study)
///   hands in the results of trials below `number - lag`, for a lag that stays with it, and waits until these have
///   finished.
/// - **`number` is not an index.** It is how many trials the history holds, `finished` and `pending` together, as long as each
///   of them stands where it stood when its point was chosen. Once trials were deleted, or added between others, it is
///   higher than that, and a number that no earlier trial had.
pub trait Sampler: Send {
    /// The point of turn `number`, from 0, or `None` once nothing is left to try.
    ///
    /// # Errors
    /// If the sampler cannot work on this space.
    fn sample(&self, space: &Space, history: &History<'_>, number: u64)
    -> Result<Option<Point>, SampleError>;
}

/// What a sampler may know: the trials before, by place. Their numbers in the study are not places: those may have gaps,
/// and two trials may have one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct History<'a> {
    /// The first trials, all finished, failed ones among them.
    pub finished: &'a [Observation],
    /// What the trials after those try; what comes of them is not to be known yet.
    pub pending: &'a [Point],
    /// Places of those that no sampler chose, lowest first: in `finished`, and from its length on in `pending`.
    pub enqueued: &'a [usize],
    /// Whether some trial stands at another place than when its point was chosen, for trials were deleted since, or added
    /// between others.
    pub moved: bool,
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
    #[error("sampler `{name}` is defined by a program; open the study with that sampler")]
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
        match self.finished.iter().map(|told| told.losses.len()).find(|found| *found > 1) {
            Some(found) => Err(SampleError::Objectives { sampler, found }),
            None => Ok(()),
        }
    }

    /// How many trials there are.
    pub(crate) fn len(&self) -> usize {
        self.finished.len() + self.pending.len()
    }

    /// The points of all trials.
    pub(crate) fn points(&self) -> impl Iterator<Item = &Point> {
        self.finished.iter().map(|told| &told.parameters).chain(self.pending)
    }

    /// The point of the trial at `place`.
    pub(crate) fn point(&self, place: usize) -> Option<&Point> {
        match self.finished.get(place) {
            Some(told) => Some(&told.parameters),
            None => self.pending.get(place - self.finished.len()),
        }
    }
}

/// Whether a sampler that learns from `startup` trials can begin: so many have finished or still run, and half have finished.
///
/// Where trials run side by side, waiting for all of them to finish would make as many more random as there are
/// workers.
fn has_begun(finished: usize, pending: usize, startup: usize) -> bool {
    finished + pending >= startup && 2 * finished >= startup
}
