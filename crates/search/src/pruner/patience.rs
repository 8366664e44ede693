//! Patience: a trial that still gets better is left alone.

use serde::{Deserialize, Serialize};

use super::median::Median;
use super::{Onset, Pruner, PrunerError, least};
use crate::observation::Observation;

/// Asks another pruner, and only once a trial has not improved for a while; or stops such a trial itself.
///
/// A trial has not improved if the least of its last `patience + 1` reports is above the least of those before by
/// more than `min_delta`. NaN is left out; reports that are all NaN neither improve nor fail to.
///
/// Decides as Optuna's `PatientPruner`.
///
/// ```
/// # use tinderbox_search::{Median, Patience};
/// let pruner = Patience { inner: Some(Median::default()), ..Patience::new(5) };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patience<P = Median> {
    /// Reports without improvement, after which the next one decides.
    pub patience: usize,
    /// A rise that is forgiven, at least 0, the default.
    #[serde(default)]
    pub min_delta: f64,
    /// What is asked then; if there is none, the trial is stopped.
    pub inner: Option<P>,
}

impl Patience {
    /// Patience alone, without another pruner.
    pub fn new(patience: usize) -> Self {
        Self { patience, min_delta: 0.0, inner: None }
    }
}

impl<P: Pruner> Pruner for Patience<P> {
    fn prune(&self, told: &[Observation], number: u64, curve: &[(u32, f64)]) -> bool {
        let Some(end) = curve.len().checked_sub(self.patience.saturating_add(1)) else { return false };
        let (before, after) = curve.split_at(end);
        // Not so where there is no report before, for the least of none is NaN.
        let is_worse = least(before) + self.min_delta < least(after);
        is_worse && self.inner.as_ref().is_none_or(|inner| inner.prune(told, number, curve))
    }

    fn onset(&self) -> Onset {
        let inner = self.inner.as_ref().map_or(Onset { step: 1, trials: 0 }, Pruner::onset);
        // One report before, and one more than the patience after it.
        let step = (self.patience as u64).saturating_add(2).max(inner.step);
        Onset { step, trials: inner.trials }
    }

    fn check(&self) -> Result<(), PrunerError> {
        let held = self.min_delta >= 0.0 && self.min_delta.is_finite();
        PrunerError::unless(held, "min_delta", self.min_delta, "a finite number of at least 0")?;
        self.inner.as_ref().map_or(Ok(()), Pruner::check)
    }
}
