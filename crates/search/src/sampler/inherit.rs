//! What evolution passes on: which trials can be parents, and how a child comes by its values.

use rand_chacha::ChaCha12Rng;
use serde_json::Value;

use super::stream::unit;
use crate::observation::Observation;
use crate::parameter::Distribution;
use crate::space::{Point, Space};

/// The trials that can be parents, in the order of their numbers: those that finished at a point of `space`.
///
/// Left out are the failed and the pruned, which have no losses, and what another program tried in another space or
/// for fewer objectives.
pub(super) fn eligible_parents<'a>(space: &Space, told: &'a [Observation]) -> Vec<&'a Observation> {
    let objectives = told.iter().map(|trial| trial.losses.len()).max().unwrap_or(0);
    let eligible_parents =
        |trial: &&Observation| trial.losses.len() == objectives && space.check(&trial.parameters).is_ok();
    told.iter().filter(eligible_parents).filter(|_| objectives > 0).collect()
}

/// The point with the values that `value` gives by name, drawn where it gives none; it gets the stream for draws of
/// its own.
pub(crate) fn inherit(
    space: &Space,
    stream: &mut ChaCha12Rng,
    mut value: impl FnMut(&str, &Distribution, &mut ChaCha12Rng) -> Option<Value>,
) -> Point {
    let names: Vec<_> = space.dimensions().map(|(name, _)| name).collect();
    space.fill_places(|place, distribution| {
        value(names[place], distribution, stream).unwrap_or_else(|| distribution.from_unit(unit(stream)))
    })
}

/// Whether there is more than one value.
pub(super) fn varies(distribution: &Distribution) -> bool {
    distribution.from_unit(0.0) != distribution.from_unit(1.0)
}
