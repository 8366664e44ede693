//! Pareto fronts: what is best where several losses count and none comes first.
//!
//! Of every loss less is better, whatever the directions of a study; infinite ones are allowed. A point with a NaN is worse
//! than all others. All points have equally many. Own code: it is a page, and crates for it bring an optimiser each.

use std::cmp::Ordering;

/// Whether `a` is nowhere worse than `b` and somewhere better.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    let pairs = || a.iter().zip(b);
    pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
}

/// The places of the points that no other dominates, lowest first; of equal points all.
///
/// `O(n log n)` comparisons for two losses, at most `O(n²)` for more.
pub fn front<L: AsRef<[f64]>>(losses: &[L]) -> Vec<usize> {
    let mut front = Vec::new();
    for place in sorted(losses) {
        if is_comparable(losses[place].as_ref()) && !is_dominated(place, &front, losses) {
            front.push(place);
        }
    }
    front.sort_unstable();
    front
}

/// Every point's place, front by front: the first front is [`front`], the second what would be the front without the
/// first, and so on. Within a front the lowest place comes first.
///
/// Source: the fronts of Deb et al., "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II" (2002), §III-A;
/// found as in Zhang et al., "An Efficient Approach to Nondominated Sorting for Evolutionary Multiobjective
/// Optimization" (2015), §III (ENS-BS), which compares fewer points.
pub fn fronts<L: AsRef<[f64]>>(losses: &[L]) -> Vec<Vec<usize>> {
    let mut fronts: Vec<Vec<usize>> = Vec::new();
    let (comparable, odd): (Vec<_>, Vec<_>) =
        sorted(losses).into_iter().partition(|&place| is_comparable(losses[place].as_ref()));
    for place in comparable {
        // What a front dominates, every earlier front dominates too.
        let rank = fronts.partition_point(|front| is_dominated(place, front, losses));
        match fronts.get_mut(rank) {
            Some(front) => front.push(place),
            None => fronts.push(vec![place]),
        }
    }
    fronts.extend((!odd.is_empty()).then_some(odd));
    for front in &mut fronts {
        front.sort_unstable();
    }
    fronts
}

/// As [`fronts`], where points may break constraints by a total `violation` above 0: those that keep them come first,
/// then the others by how much they break them, whatever their losses.
///
/// Source: Deb et al. (2002), §VI, definition 1.
///
/// # Panics
/// If there are not as many violations as points.
pub fn constrained_fronts<L: AsRef<[f64]>>(losses: &[L], violations: &[f64]) -> Vec<Vec<usize>> {
    let (mut broken, kept): (Vec<_>, Vec<_>) = (0..losses.len()).partition(|&place| violations[place] > 0.0);
    let feasible: Vec<&[f64]> = kept.iter().map(|&place| losses[place].as_ref()).collect();
    let feasible = fronts(&feasible).into_iter();
    let mut fronts: Vec<Vec<_>> =
        feasible.map(|front| front.into_iter().map(|place| kept[place]).collect()).collect();
    broken.sort_by(|&a, &b| violations[a].total_cmp(&violations[b]));
    fronts.extend(broken.chunk_by(|&a, &b| violations[a] >= violations[b]).map(<[_]>::to_vec));
    fronts
}

/// How far each point of a front is from its neighbours: over all losses the sum of the distances between the
/// neighbours on either side, each as a share of the range. The ends of a front are infinitely far.
///
/// A loss that all points share separates none, and its ends count as no others. Between two equal infinities there
/// is not a distance; a range is that of finite losses.
///
/// Source: Deb et al. (2002), §III-B.
pub fn crowding<L: AsRef<[f64]>>(front: &[L]) -> Vec<f64> {
    let mut distances = vec![0.0; front.len()];
    let mut order: Vec<_> = (0..front.len()).collect();
    for objective in 0..front.first().map_or(0, |losses| losses.as_ref().len()) {
        let loss = |place: usize| front[place].as_ref()[objective];
        order.sort_by(|&a, &b| compare(loss(a), loss(b)).then(a.cmp(&b)));
        let (first, last) = (order[0], order[order.len() - 1]);
        if compare(loss(first), loss(last)).is_eq() {
            continue;
        }
        let mut finite = order.iter().map(|&place| loss(place)).filter(|loss| loss.is_finite());
        let low = finite.next().unwrap_or(0.0);
        let high = finite.next_back().unwrap_or(low);
        let range = if high > low { (high - low).min(f64::MAX) } else { 1.0 };
        for neighbours in order.windows(3) {
            let (below, above) = (loss(neighbours[0]), loss(neighbours[2]));
            if below < above {
                distances[neighbours[1]] += (above - below) / range;
            }
        }
        distances[first] = f64::INFINITY;
        distances[last] = f64::INFINITY;
    }
    distances
}

/// Whether every loss is a number.
fn is_comparable(losses: &[f64]) -> bool {
    losses.iter().all(|loss| !loss.is_nan())
}

/// Places by the first loss, then the second, and so on: none dominates an earlier one.
fn sorted<L: AsRef<[f64]>>(losses: &[L]) -> Vec<usize> {
    let mut order: Vec<_> = (0..losses.len()).collect();
    order.sort_by(|&a, &b| {
        let pairs = losses[a].as_ref().iter().zip(losses[b].as_ref());
        pairs.map(|(a, b)| compare(*a, *b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    order
}

/// Whether a point of `front`, which holds points that came earlier when [`sorted`], dominates the one at `place`.
fn is_dominated<L: AsRef<[f64]>>(place: usize, front: &[usize], losses: &[L]) -> bool {
    let point = losses[place].as_ref();
    // With two losses the second falls along a front: what its last point does not dominate, none does.
    let suffice = if point.len() <= 2 { 1 } else { front.len() };
    front.iter().rev().take(suffice).any(|&other| dominates(losses[other].as_ref(), point))
}

/// Orders losses; the two zeros are equal.
fn compare(a: f64, b: f64) -> Ordering {
    (a + 0.0).total_cmp(&(b + 0.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INFINITE: f64 = f64::INFINITY;

    #[test]
    fn a_point_dominates_what_it_is_nowhere_worse_than() {
        assert!(dominates(&[1.0, 2.0], &[1.0, 3.0]));
        assert!(!dominates(&[1.0, 2.0], &[1.0, 2.0]), "equal points");
        assert!(!dominates(&[1.0, 2.0], &[2.0, 1.0]));
        assert!(dominates(&[1.0, 2.0], &[1.0, INFINITE]));
        assert!(!dominates(&[0.0, -0.0], &[-0.0, 0.0]), "the zeros are equal");
    }

    #[test]
    fn seven_points_fall_into_three_fronts() {
        //  4 |  0
        //  3 |     2     6
        //  2 |     1  5
        //  1 |        3     4
        let losses = [[1.0, 4.0], [2.0, 2.0], [2.0, 3.0], [3.0, 1.0], [5.0, 1.0], [3.0, 2.0], [4.0, 3.0]];
        assert_eq!(front(&losses), [0, 1, 3]);
        assert_eq!(fronts(&losses), [vec![0, 1, 3], vec![2, 4, 5], vec![6]]);
    }

    #[test]
    fn points_that_keep_constraints_come_first_and_the_others_by_how_much_they_break_them() {
        let losses = [[0.0], [3.0], [1.0], [2.0], [0.5]];
        let violations = [2.0, 0.0, 0.5, 0.0, 2.0];
        assert_eq!(constrained_fronts(&losses, &violations), [vec![3], vec![1], vec![2], vec![0, 4]]);
    }

    #[test]
    fn crowding_is_the_distance_between_neighbours_as_a_share_of_the_range() {
        let front = [[0.0, 8.0], [1.0, 4.0], [2.0, 3.0], [4.0, 0.0]];
        assert_eq!(crowding(&front), [INFINITE, 2.0 / 4.0 + 5.0 / 8.0, 3.0 / 4.0 + 4.0 / 8.0, INFINITE]);
        assert_eq!(crowding(&[[2.0, 2.0]; 3]), [0.0; 3], "nothing separates them");
        assert_eq!(
            crowding(&[[1.0, 0.0], [INFINITE, -1.0], [INFINITE, -1.0]]),
            [INFINITE, INFINITE, INFINITE]
        );
        assert_eq!(crowding::<[f64; 2]>(&[]), [0.0; 0]);
    }

    #[test]
    fn a_point_with_nan_is_on_no_front_but_the_last() {
        let losses = [[f64::NAN, 0.0], [1.0, 1.0], [2.0, 2.0], [-INFINITE, f64::NAN]];
        assert_eq!(front(&losses), [1]);
        assert_eq!(fronts(&losses), [vec![1], vec![2], vec![0, 3]]);
        assert_eq!(front(&[[f64::NAN]]), [0; 0]);
        assert_eq!(
            constrained_fronts(&[[f64::NAN], [1.0], [0.0]], &[0.0, 0.0, 1.0]),
            [vec![1], vec![0], vec![2]]
        );
    }

    #[test]
    fn nothing_has_no_front() {
        assert_eq!(front::<[f64; 2]>(&[]), [0; 0]);
        assert_eq!(fronts::<[f64; 2]>(&[]), [[0; 0]; 0]);
    }

    fn points() -> impl Strategy<Value = Vec<Vec<f64>>> {
        let loss = prop_oneof![
            8 => (-3..4_i32).prop_map(f64::from),
            1 => Just(-0.0),
            1 => prop_oneof![Just(f64::MAX), Just(f64::MIN)],
            1 => Just(INFINITE),
            1 => Just(-INFINITE)
        ];
        (1..5_usize).prop_flat_map(move |objectives| {
            prop::collection::vec(prop::collection::vec(loss.clone(), objectives), 0..40)
        })
    }

    proptest! {
        #[test]
        fn fronts_are_what_dominance_makes_them(losses in points()) {
            let mut left: Vec<_> = (0..losses.len()).collect();
            let mut expected = Vec::new();
            while !left.is_empty() {
                let (dominated, front): (Vec<_>, Vec<_>) = left
                    .iter()
                    .partition(|&&place| left.iter().any(|&other| dominates(&losses[other], &losses[place])));
                expected.push(front);
                left = dominated;
            }
            prop_assert_eq!(front(&losses), expected.first().cloned().unwrap_or_default());
            prop_assert_eq!(fronts(&losses), expected);
            prop_assert!(crowding(&losses).iter().all(|distance| *distance >= 0.0));
        }
    }
}
