//! Who is good, and how much the others weigh.

use serde_json::json;

use super::*;
use crate::parameter::Distribution;

fn line() -> Space {
    Space::new([("x", Distribution::int(0, 9_999))]).unwrap()
}

fn told(number: u64, losses: &[f64]) -> Observation {
    let parameters = line().point_of([("x", json!(number))]).unwrap();
    Observation { number, parameters, losses: losses.to_vec(), ..Observation::default() }
}

/// The numbers of the trials behind the rows.
fn numbers(side: &Side) -> Vec<u64> {
    side.rows.iter().map(|x| (x * 10_000.0) as u64).collect()
}

fn split(tpe: &Tpe, told: &[Observation], pending: &[Point]) -> Split {
    Split::new(tpe, &line(), &History { finished: told, pending, ..History::default() })
}

#[test]
fn complete_trials_come_before_pruned_and_these_before_infeasible_ones() {
    let pruned = |number, curve: &[(u32, f64)]| Observation {
        curve: curve.to_vec(),
        pruned: true,
        ..told(number, &[])
    };
    let trials = [
        Observation { violation: 0.5, ..told(0, &[-9.0]) },
        told(1, &[]),
        pruned(2, &[]),
        pruned(3, &[(1, -9.0), (4, f64::NAN)]),
        pruned(4, &[(4, 2.0)]),
        pruned(5, &[(1, 0.0), (5, 9.0)]),
        told(6, &[f64::INFINITY]),
        told(7, &[1.0]),
        Observation { violation: 0.25, ..pruned(8, &[(9, 0.0)]) },
        told(9, &[1.0]),
    ];
    let good = |most_good| {
        let tpe = Tpe { good_share: 1.0, most_good, ..Tpe::new(7) };
        numbers(&split(&tpe, &trials, &[]).good)
    };
    let in_order = [7, 9, 6, 5, 4, 3, 2, 8, 0];
    for most in 1..=9 {
        let mut expected = in_order[..most].to_vec();
        expected.sort_unstable();
        assert_eq!(good(most), expected);
    }
    assert_eq!(good(20).len(), 9, "a failed trial says nothing");
}

#[test]
fn a_tenth_is_good_and_never_more_than_25() {
    let trials: Vec<_> = (0..400).map(|number| told(number, &[(number * 37 % 400) as f64])).collect();
    for (count, good) in [(1, 1), (10, 1), (11, 2), (240, 24), (250, 25), (400, 25)] {
        let split = split(&Tpe::new(7), &trials[..count], &[]);
        assert_eq!((split.ranked, split.good.rows.len()), (count, good));
        assert_eq!(split.others.trials, count - good);
    }
}

#[test]
fn old_trials_weigh_less_and_running_ones_in_full() {
    // From Optuna 5.0.0: `default_weights(30)`.
    let weights = [1.0 / 30.0, 0.275, 0.516_666_666_666_666_7, 0.758_333_333_333_333_4, 1.0, 1.0];
    let trials: Vec<_> = (0..31).map(|number| told(number, &[-(number as f64)])).collect();
    let pending = [told(7, &[]).parameters, told(8, &[]).parameters];
    let tpe = Tpe { most_good: 3, ..Tpe::new(7) };
    let others = split(&tpe, &trials, &pending).others;
    assert_eq!(numbers(&others)[26..], [26, 27, 7, 8]);
    for (found, expected) in others.weights.iter().zip(weights) {
        assert!((found - expected).abs() < 1e-12, "{:?}", others.weights);
    }
}

#[test]
fn of_too_many_others_some_stand_for_all() {
    let trials: Vec<_> = (0..1_000).map(|number| told(number, &[number as f64])).collect();
    let pending = [told(5, &[]).parameters];
    let tpe = Tpe { most_good: 10, most_others: 90, ..Tpe::new(7) };
    let others = split(&tpe, &trials, &pending).others;
    assert_eq!((others.trials, others.rows.len()), (991, 91));
    let kept = numbers(&others);
    assert_eq!(kept[90], 5, "what is running is always kept");
    assert!(kept[..90].is_sorted_by(|a, b| a < b), "{kept:?}");
    // Weights rise from 0 in a line: three quarters of the whole weight are the newer half's.
    assert!(kept[..90].iter().filter(|number| **number >= 505).count().abs_diff(68) <= 2, "{kept:?}");
    let full: f64 = weights(991).sum();
    let sum: f64 = others.weights.iter().sum();
    assert!((sum / full - 1.0).abs() < 1e-9, "{sum}, of all {full}");
}

#[test]
fn running_trials_are_good_where_that_is_believed_of_them() {
    // Least at 500, of places from 0 to 9,999.
    let loss = |number: u64| (number as f64 - 500.0).abs();
    let trials: Vec<_> = (0..40).map(|turn| told(turn * 250 + 100, &[loss(turn * 250 + 100)])).collect();
    let at = |number: u64| told(number, &[]).parameters;
    let pending = [at(490), at(9_000), at(510), at(350), at(490)];
    let split = split(&Tpe::new(7), &trials, &pending);
    assert_eq!((split.ranked, numbers(&split.good)), (40, vec![350, 600, 850, 490, 510]));
    assert_eq!(numbers(&split.others)[37..], [9_000, 350, 490], "far away, and places that others have");
    assert_eq!((split.good.trials, split.others.trials), (5, 40));
}

#[test]
fn of_several_losses_none_is_believed() {
    let trials: Vec<_> = (0..20).map(|number| told(number * 400, &[number as f64, 0.0])).collect();
    let pending = [told(10, &[]).parameters];
    let split = split(&Tpe::new(7), &trials, &pending);
    assert_eq!((split.good.trials, numbers(&split.others).last()), (2, Some(&10)));
}
