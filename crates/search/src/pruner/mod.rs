//! Pruners: each says whether a trial that runs is worth its time.

use crate::observation::Observation;

pub mod any;

/// Stops trials early, by what they report on their way.
///
/// - **Equal settings and arguments give equal answers**, on any machine. A pruner remembers nothing.
/// - **`told` must not depend on who reported first.** As for a [`Sampler`](crate::Sampler), a
///   [`Study`](crate::Study) hands in the trials below `number - lag`, all of them finished.
pub trait Pruner: Send {
    /// Whether to stop trial `number` now.
    ///
    /// `curve` is what it has reported so far, by step, as losses of the first objective: less is better, and the last
    /// entry is new. `told` holds finished trials from number 0 on, with curves of their own.
    fn prune(&self, told: &[Observation], number: u64, curve: &[(u32, f64)]) -> bool;
}
