//! Pruners: each says whether a trial that runs is worth its time.

use std::fmt;

use crate::observation::Observation;

pub mod any;
pub mod hyperband;
pub mod median;
pub mod patience;
pub mod percentile;
pub mod successive_halving;
pub mod threshold;
pub mod wilcoxon;

mod interval;
mod rung;
mod signed_rank;
mod words;

/// Stops trials early, by what they report on their way.
///
/// - **Equal settings and arguments give equal answers**, on any machine. A pruner remembers nothing.
/// - **`finished` must not depend on who reported first.** As for a [`Sampler`](crate::Sampler), a
///   [`Study`](crate::Study) hands in the trials below `number - lag`, all of them finished.
pub trait Pruner: Send {
    /// Whether to stop trial `number` now.
    ///
    /// `curve` is what it has reported so far, by step, as losses of the first objective: less is better, and the last
    /// entry is new. `finished` holds finished trials from number 0 on, with curves of their own.
    fn prune(&self, finished: &[Observation], number: u64, curve: &[(u32, f64)]) -> bool;

    /// What there must be before it can stop a trial at all.
    fn onset(&self) -> Onset {
        Onset { step: 1, trials: 0 }
    }

    /// Whether its settings are in their ranges; [`prune`](Self::prune) answers something, and does not panic, where
    /// they are not.
    ///
    /// # Errors
    /// With the first setting that is out of its range.
    fn check(&self) -> Result<(), PrunerError> {
        Ok(())
    }
}

/// The least that a pruner needs to stop a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onset {
    /// The step that the trial must have reported, where each from 1 on is reported.
    pub step: u64,
    /// Trials that must have finished before.
    pub trials: u64,
}

/// A setting out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}` is {found}, expected {expected}")]
pub struct PrunerError {
    setting: &'static str,
    found: String,
    expected: &'static str,
}

impl PrunerError {
    /// An error about `setting`, unless it `holds`.
    fn unless(
        holds: bool,
        setting: &'static str,
        found: impl fmt::Display,
        expected: &'static str,
    ) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self { setting, found: found.to_string(), expected }) }
    }
}

impl<P: Pruner + ?Sized> Pruner for Box<P> {
    fn prune(&self, finished: &[Observation], number: u64, curve: &[(u32, f64)]) -> bool {
        (**self).prune(finished, number, curve)
    }

    fn onset(&self) -> Onset {
        (**self).onset()
    }

    fn check(&self) -> Result<(), PrunerError> {
        (**self).check()
    }
}

/// The least number of a curve that is not NaN; NaN if there is none.
fn least(curve: &[(u32, f64)]) -> f64 {
    curve.iter().map(|(_, loss)| *loss).fold(f64::NAN, f64::min)
}

#[cfg(test)]
mod tests;
