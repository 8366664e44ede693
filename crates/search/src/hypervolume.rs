//! Hypervolume: how much of the space of losses a set of points dominates.
//!
//! Of every loss less is better, as in [`pareto`]. Own code: it is a page, and crates for it bring an optimiser each.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::pareto;

/// The volume that `points` dominate within `corner`, the worst losses that count; infinite where it has no end.
///
/// Two losses take `O(n log n)`; each loss more can multiply that by the number of points.
///
/// Source: While, Bradstreet, Barone, "A Fast Way of Calculating Exact Hypervolumes" (2012), §III (WFG).
pub fn hypervolume<L: AsRef<[f64]>>(points: &[L], corner: &[f64]) -> f64 {
    let inside = |point: &&L| point.as_ref().iter().zip(corner).all(|(loss, worst)| loss < worst);
    let points: Vec<&[f64]> = points.iter().filter(inside).map(AsRef::as_ref).collect();
    // Where blocks have no end, the difference of two says nothing.
    let endless = |point: &&[f64]| point.iter().chain(corner).any(|loss| loss.is_infinite());
    if points.iter().any(endless) { f64::INFINITY } else { volume(points, corner) }
}

/// The places of `count` of the points, so chosen that they dominate much: one after the other, each the one that adds
/// most to those before; of equals the first. At least `1 - 1/e` of the most that so many can dominate.
///
/// Where a loss is infinite no volume says more than another, and the first ones are taken.
///
/// Source: Guerreiro, Fonseca, Paquete, "Greedy Hypervolume Subset Selection in Low Dimensions" (2016), §2; a gain never
/// grows as more points are chosen, so that most need not be computed again (Minoux, 1978).
pub(crate) fn choose<L: AsRef<[f64]>>(points: &[L], count: usize, corner: &[f64]) -> Vec<usize> {
    let finite = points.iter().flat_map(AsRef::as_ref).chain(corner).all(|loss| loss.is_finite());
    if count >= points.len() || !finite {
        return (0..points.len().min(count)).collect();
    }
    let gain = |place: usize, chosen: &[usize]| {
        let point = points[place].as_ref();
        let within = chosen.iter().map(|other| limited(point, points[*other].as_ref())).collect();
        let gain = block(point, corner) - volume(within, corner);
        // Of volumes too large for a number, the difference says nothing.
        if gain.is_nan() { 0.0 } else { gain }
    };
    let mut chosen = Vec::with_capacity(count);
    let mut open: BinaryHeap<_> =
        (0..points.len()).map(|place| Gain { volume: gain(place, &[]), place, known: 0 }).collect();
    while chosen.len() < count
        && let Some(Gain { place, known, .. }) = open.pop()
    {
        if known == chosen.len() {
            chosen.push(place);
        } else {
            open.push(Gain { volume: gain(place, &chosen), place, known: chosen.len() });
        }
    }
    chosen
}

/// What a point adds to the first `known` of those chosen; it adds no more to these and others.
struct Gain {
    volume: f64,
    place: usize,
    known: usize,
}

impl Ord for Gain {
    fn cmp(&self, other: &Self) -> Ordering {
        self.volume.total_cmp(&other.volume).then(other.place.cmp(&self.place))
    }
}

impl PartialOrd for Gain {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Gain {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Gain {}

/// The volume that points dominate, all of which lie within `corner`.
fn volume<L: AsRef<[f64]>>(mut points: Vec<L>, corner: &[f64]) -> f64 {
    let front = pareto::front(&points);
    let mut places = 0..;
    points.retain(|_| places.next().is_some_and(|place| front.binary_search(&place).is_ok()));
    points.sort_by(|a, b| order(a.as_ref(), b.as_ref()));
    points.dedup_by(|a, b| order(a.as_ref(), b.as_ref()).is_eq());
    if corner.len() == 2 {
        // Along the front the second loss falls: strips of the first one's width.
        let lefts = points.iter().map(|point| (point.as_ref()[0], point.as_ref()[1]));
        let rights = points.iter().skip(1).map(|point| point.as_ref()[0]).chain([corner[0]]);
        return lefts.zip(rights).map(|((left, loss), right)| (right - left) * (corner[1] - loss)).sum();
    }
    // Each point's block without what the points after it dominate of it.
    let own = (0..points.len()).map(|place| {
        let point = points[place].as_ref();
        let after =
            points[place + 1..].iter().map(|other| limited(point, other.as_ref())).collect::<Vec<_>>();
        block(point, corner) - if after.is_empty() { 0.0 } else { volume(after, corner) }
    });
    own.sum()
}

/// The volume that one point dominates.
fn block(point: &[f64], corner: &[f64]) -> f64 {
    point.iter().zip(corner).map(|(loss, worst)| worst - loss).product()
}

/// The point that dominates what both dominate.
fn limited(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a.max(*b)).collect()
}

/// By the first loss, then the second, and so on; the two zeros are equal.
fn order(a: &[f64], b: &[f64]) -> Ordering {
    let each = a.iter().zip(b).map(|(a, b)| (a + 0.0).total_cmp(&(b + 0.0)));
    each.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn volumes_are_those_counted_by_hand() {
        assert!((hypervolume(&[[1.0]], &[3.0]) - 2.0).abs() < 1e-12);
        //  3 | 0  0  .
        //  2 | 0  0  1
        //  1 | .  .  1
        let two = [[0.0, 1.0], [2.0, 0.0], [1.0, 1.0], [0.0, 1.0], [5.0, -9.0]];
        assert!((hypervolume(&two, &[3.0, 3.0]) - 7.0).abs() < 1e-12);
        // Two blocks of 2 x 2 x 1 and 1 x 1 x 2, which share a cube.
        let three = [[1.0, 1.0, 2.0], [2.0, 2.0, 1.0]];
        assert!((hypervolume(&three, &[3.0, 3.0, 3.0]) - (4.0 + 2.0 - 1.0)).abs() < 1e-12);
        assert!(hypervolume::<[f64; 2]>(&[], &[1.0, 1.0]).abs() < 1e-12);
        assert!(hypervolume(&[[f64::NEG_INFINITY, 0.0]], &[1.0, 1.0]).is_infinite());
        // Both blocks are infinite, and so is what they share.
        let endless = [[f64::NEG_INFINITY, 0.0, 0.5], [f64::NEG_INFINITY, 0.5, 0.0]];
        assert!(hypervolume(&endless, &[1.0; 3]).is_infinite());
        assert!(hypervolume(&[[0.0, 0.5], [0.5, 0.0]], &[1.0, f64::INFINITY]).is_infinite());
    }

    #[test]
    fn the_largest_gains_come_first() {
        let points = [[0.0, 9.0], [1.0, 4.0], [4.0, 1.0], [9.0, 0.0], [3.0, 2.5], [1.0, 4.0]];
        // By hand: alone they dominate 10, 54, 54, 10, 52.5 and 54; after the first 54 the others add 1, 18, 4, 10.5
        // and 0, after both of them 1, 1, 1.5 and 0, and then 1, 1 and 0: of equals the first.
        assert_eq!(choose(&points, 4, &[10.0, 10.0]), [1, 2, 4, 0]);
        assert_eq!(choose(&points, 9, &[10.0, 10.0]), [0, 1, 2, 3, 4, 5]);
        let infinite = [[f64::NEG_INFINITY, 1.0], [0.0, 0.0], [1.0, -1.0]];
        assert_eq!(choose(&infinite, 2, &[10.0, 10.0]), [0, 1]);
    }

    /// Points of whole numbers from 0 to 4.
    fn points() -> impl Strategy<Value = Vec<Vec<f64>>> {
        (1..5_usize).prop_flat_map(|objectives| {
            let loss = (0..5_u8).prop_map(f64::from);
            prop::collection::vec(prop::collection::vec(loss, objectives), 1..12)
        })
    }

    proptest! {
        #[test]
        fn a_volume_is_the_number_of_cells_that_are_dominated(points in points()) {
            let objectives = points[0].len();
            let mut cells = 0;
            for cell in 0..5_u32.pow(objectives as u32) {
                let corner: Vec<_> =
                    (0..objectives as u32).map(|axis| f64::from(cell / 5_u32.pow(axis) % 5)).collect();
                cells += u32::from(points.iter().any(|point| point.iter().zip(&corner).all(|(a, b)| a <= b)));
            }
            let found = hypervolume(&points, &vec![5.0; objectives]);
            prop_assert!((found - f64::from(cells)).abs() < 1e-9, "{} and {}", found, cells);
        }

        #[test]
        fn each_choice_adds_most(points in points(), count in 0..12_usize) {
            let corner = vec![5.0; points[0].len()];
            let chosen = choose(&points, count, &corner);
            prop_assert_eq!(chosen.len(), count.min(points.len()));
            if count < points.len() {
                let of = |places: &[usize]| {
                    let points: Vec<_> = places.iter().map(|place| &points[*place]).collect();
                    hypervolume(&points, &corner)
                };
                for (turn, place) in chosen.iter().enumerate() {
                    let with = |place: usize| of(&[&chosen[..turn], &[place]].concat());
                    let most = (0..points.len()).map(with).fold(0.0, f64::max);
                    prop_assert!((with(*place) - most).abs() < 1e-9);
                }
            }
        }
    }
}
