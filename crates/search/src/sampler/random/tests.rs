//! Random points: how they repeat, how they do not, and how they are spread.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::observation::Observation;
use crate::sampler::contract::contract;

contract!(Random { seed: 7 }, all);

/// Quantiles of the chi-squared distribution at 0.999, by degrees of freedom, from a table.
const CHI_SQUARED_9: f64 = 27.877;
const CHI_SQUARED_23: f64 = 49.728;
const CHI_SQUARED_26: f64 = 54.052;

/// Learning rate, batch and dropout: 27 points.
fn paper() -> Space {
    Space::new([
        ("learning_rate", Distribution::choice([1e-4, 1e-3, 1e-2])),
        ("batch_size", Distribution::choice([32, 64, 128])),
        ("dropout", Distribution::choice([0.2, 0.5, 0.7])),
    ])
    .unwrap()
}

/// One dimension, `x`.
fn line(distribution: Distribution) -> Space {
    Space::new([("x", distribution)]).unwrap()
}

fn point(space: &Space, seed: u64, number: u64) -> Option<Point> {
    Random { seed }.sample(space, &History::default(), number).unwrap()
}

/// The value of `x`.
fn number(space: &Space, seed: u64, number: u64) -> f64 {
    point(space, seed, number).unwrap()["x"].value().as_f64().unwrap()
}

/// How far counts are from what was expected of them.
fn chi_squared(counts: &[usize], expected: impl Fn(usize) -> f64) -> f64 {
    let terms = counts
        .iter()
        .enumerate()
        .map(|(place, &count)| (count as f64 - expected(place)).powi(2) / expected(place));
    terms.sum()
}

#[test]
fn a_finite_space_is_used_up_without_a_repetition() {
    let space = paper();
    let points: Vec<_> = (0..).map_while(|number| point(&space, 7, number)).collect();
    let distinct: BTreeSet<_> = points.iter().map(|point| format!("{point:?}")).collect();
    assert_eq!((points.len(), distinct.len()), (27, 27));
    assert_ne!(point(&space, 7, 0), point(&space, 8, 0), "seeds 7 and 8 begin elsewhere");
    assert_eq!(point(&space, 7, u64::MAX), None);
}

#[test]
fn every_point_of_a_small_space_is_as_likely_to_come_first_or_last() {
    let space = line(Distribution::int(0, 26));
    for place in [0, 1, 26] {
        let mut counts = [0; 27];
        (0..2_700).for_each(|seed| counts[number(&space, seed, place) as usize] += 1);
        let statistic = chi_squared(&counts, |_| 100.0);
        assert!(statistic < CHI_SQUARED_26, "trial {place}: {statistic}");
    }
}

#[test]
fn every_order_of_four_points_is_as_likely_as_another() {
    let space = line(Distribution::int(0, 3));
    let mut counts = [0; 24];
    for seed in 0..2_400 {
        let order = [0, 1, 2, 3].map(|place| number(&space, seed, place) as usize);
        let later_and_smaller = |place: usize| order[place..].iter().filter(|&&x| x < order[place]).count();
        counts[later_and_smaller(0) * 6 + later_and_smaller(1) * 2 + later_and_smaller(2)] += 1;
    }
    let statistic = chi_squared(&counts, |_| 100.0);
    assert!(statistic < CHI_SQUARED_23, "{statistic}");
}

#[test]
fn real_numbers_are_spread_over_their_range_or_its_logarithm() {
    let rate = line(Distribution::log_uniform(1e-4, 0.1));
    let dropout = line(Distribution::uniform(-1.0, 3.0));
    let (mut over_logarithm, mut over_range) = ([0; 10], [0; 10]);
    for trial in 0..10_000 {
        over_logarithm[((number(&rate, 7, trial).log10() + 4.0) / 3.0 * 10.0) as usize] += 1;
        over_range[((number(&dropout, 7, trial) + 1.0) / 4.0 * 10.0) as usize] += 1;
    }
    for counts in [over_logarithm, over_range] {
        let statistic = chi_squared(&counts, |_| 1_000.0);
        assert!(statistic < CHI_SQUARED_9, "{counts:?}: {statistic}");
    }
}

#[test]
fn whole_numbers_may_be_spread_over_their_logarithm() {
    let units = line(Distribution::Int { low: 1, high: 10, log: true, step: 1 });
    let mut counts = [0; 10];
    (0..10_000).for_each(|trial| counts[number(&units, 7, trial) as usize - 1] += 1);
    let share = |place: usize| ((place as f64 + 1.5) / (place as f64 + 0.5)).ln() / (10.5_f64 / 0.5).ln();
    let statistic = chi_squared(&counts, |place| 10_000.0 * share(place));
    assert!(statistic < CHI_SQUARED_9, "{counts:?}: {statistic}");
}

#[test]
fn beside_a_real_number_other_dimensions_are_drawn_with_replacement() {
    let space = Space::new([
        ("rate", Distribution::uniform(0.0, 1.0)),
        ("x", Distribution::Float { low: 0.0, high: 0.9, log: false, step: Some(0.1) }),
    ])
    .unwrap();
    let mut counts = [0; 10];
    (0..10_000).for_each(|trial| counts[(number(&space, 7, trial) * 10.0).round() as usize] += 1);
    let statistic = chi_squared(&counts, |_| 1_000.0);
    assert!(statistic < CHI_SQUARED_9, "{counts:?}: {statistic}");
}

#[test]
fn a_space_beyond_counting_is_drawn_from() {
    let wide = || Distribution::int(1, 1 << 32);
    let space = Space::new([("x", wide()), ("y", wide())]).unwrap();
    assert_ne!(point(&space, 7, 0), None);
    assert_ne!(point(&space, 7, 0), point(&space, 7, 1));
}

#[test]
fn points_are_the_same_for_ever() {
    // From another implementation of ChaCha12, with Python's `math.log` and `math.exp`.
    let rate = line(Distribution::log_uniform(1e-4, 0.1));
    let expected = [0.030_494_763_883_970_093, 0.001_701_087_060_195_955_2, 0.000_698_581_987_308_212_2];
    for (trial, expected) in (0..).zip(expected) {
        let found = number(&rate, 7, trial);
        assert!((found / expected - 1.0).abs() < 1e-14, "trial {trial}: {found}, expected {expected}");
    }
}

proptest! {
    #[test]
    fn a_point_depends_on_seed_and_number_alone(seed: u64, mut numbers in prop::collection::vec(0..40_u64, 1..8)) {
        let endless = Space::new([
            ("rate", Distribution::log_uniform(1e-4, 0.1)),
            ("units", Distribution::Int { low: 16, high: 512, log: true, step: 1 }),
            ("dropout", Distribution::uniform(0.0, 0.9)),
        ]).unwrap();
        for space in [paper(), endless] {
            let asked: Vec<_> = numbers.iter().map(|&number| point(&space, seed, number)).collect();
            numbers.reverse();
            let parameters = space.fill(|d| draw(d, &mut stream(1, 1)));
            let told = [Observation { parameters, ..Observation::default() }];
            let history = History { finished: &told, ..History::default() };
            let again = numbers.iter().map(|&number| Random { seed }.sample(&space, &history, number).unwrap());
            prop_assert!(again.rev().eq(asked));
            numbers.reverse();
        }
    }
}
