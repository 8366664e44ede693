//! What is left of a list of points, some of which were tried out of turn.

use std::collections::BTreeSet;

use super::History;
use crate::space::{Point, SpaceError};

/// The place in the sampler's list of the point for turn `number`, where `place` finds a point in it.
///
/// Enqueued points are passed over, so that none is tried twice; one that was enqueued after its turn is not, for
/// the list had moved on. Where trials were deleted or added between others, turns say nothing of the list: then it is
/// the first point that no trial has.
///
/// # Errors
/// Those of `place`.
pub(super) fn next_left(
    history: &History<'_>,
    number: u64,
    place: impl Fn(&Point) -> Result<Option<u64>, SpaceError>,
) -> Result<u64, SpaceError> {
    if !history.moved && is_in_order(history, &place)? {
        return by_counting(history, number, &place);
    }
    let mut taken = BTreeSet::new();
    for point in history.points() {
        taken.extend(place(point)?);
    }
    Ok(nth_free(&taken, 0))
}

/// Whether the last point that the sampler chose is the one that counting leads to.
fn is_in_order(
    history: &History<'_>,
    place: impl Fn(&Point) -> Result<Option<u64>, SpaceError>,
) -> Result<bool, SpaceError> {
    let mut enqueued = history.enqueued.iter().rev().peekable();
    let last = (0..history.len()).rev().find(|place| enqueued.next_if_eq(&place).is_none());
    match last.and_then(|last| Some((last, history.point(last)?))) {
        Some((last, point)) if !history.enqueued.is_empty() => {
            Ok(place(point)? == Some(by_counting(history, last as u64, place)?))
        }
        _ => Ok(true),
    }
}

/// The place in the list of the point that was chosen at place `turn` of a history: as many were before it as were not
/// enqueued.
fn by_counting(
    history: &History<'_>,
    turn: u64,
    place: impl Fn(&Point) -> Result<Option<u64>, SpaceError>,
) -> Result<u64, SpaceError> {
    let mut taken = BTreeSet::new();
    let mut before = 0;
    for &enqueued in history.enqueued.iter().take_while(|enqueued| (**enqueued as u64) < turn) {
        if let Some(point) = history.point(enqueued)
            && let Some(place) = place(point)?
            && place >= nth_free(&taken, enqueued as u64 - before)
        {
            taken.insert(place);
        }
        before += 1;
    }
    Ok(nth_free(&taken, turn - before))
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
