//! What is left of a list of points, some of which were tried out of turn.

use std::collections::BTreeSet;

use super::History;
use crate::space::{Point, SpaceError};

/// The place in the sampler's list of the point for trial `number`, where `place` finds an enqueued point in it.
///
/// Enqueued points are passed over, so that none is tried twice; one that was enqueued after its turn is not, for
/// the list had moved on.
///
/// # Errors
/// Those of `place`.
pub(super) fn next_left(
    history: &History<'_>,
    number: u64,
    place: impl Fn(&Point) -> Result<Option<u64>, SpaceError>,
) -> Result<u64, SpaceError> {
    let mut taken = BTreeSet::new();
    for ((before, trial), point) in (0..).zip(history.enqueued).zip(history.enqueued_points()) {
        if let Some(place) = place(point)?
            && place >= nth_free(&taken, trial - before)
        {
            taken.insert(place);
        }
    }
    Ok(nth_free(&taken, number - history.enqueued.len() as u64))
}

/// The `nth` number, from 0, that is not `taken`.
fn nth_free(taken: &BTreeSet<u64>, nth: u64) -> u64 {
    taken.iter().fold(nth, |place, taken| if *taken <= place { place + 1 } else { place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_numbers_are_counted() {
        let taken = BTreeSet::from([0, 2, 3, 7]);
        assert_eq!((0..6).map(|nth| nth_free(&taken, nth)).collect::<Vec<_>>(), [1, 4, 5, 6, 8, 9]);
    }
}
