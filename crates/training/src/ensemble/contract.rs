//! The contract of [`Rule`](super::Rule) as tests that each rule runs: one function a promise.

use rand::Rng;

use super::{EnsembleError, Rule, combine};
use crate::stream::stream;

/// Runs the suite on `$rule`.
macro_rules! contract {
    ($rule:expr) => {
        $crate::ensemble::contract::contract!(@ $rule;
            the_order_of_members_does_not_matter
            a_single_member_comes_back
            each_row_adds_up_to_one
            an_unanswered_image_stays_unanswered
            probabilities_that_do_not_belong_together_are_refused
        );
    };
    (@ $rule:expr; $($promise:ident)+) => {$(
        #[test]
        fn $promise() {
            $crate::ensemble::contract::$promise(&$rule);
        }
    )+};
}
pub(super) use contract;

const CLASSES: usize = 3;

/// Rows of probabilities, some of them with zeros.
fn member(seed: u64) -> Vec<f32> {
    let mut rng = stream(seed, "member", 0);
    let mut rows = Vec::new();
    for _ in 0..50 {
        let scores: [f32; CLASSES] = std::array::from_fn(|_| (rng.next_u32() % 5) as f32 + 0.1);
        let scores = if rng.next_u32().is_multiple_of(5) { [0.0, scores[1], 0.0] } else { scores };
        let total: f32 = scores.iter().sum();
        rows.extend(scores.map(|score| score / total));
    }
    rows
}

fn close(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-6)
}

pub(super) fn the_order_of_members_does_not_matter(rule: &dyn Rule) {
    let [a, b, c] = [1, 2, 3].map(member);
    let forwards = combine(rule, &[&a, &b, &c], CLASSES).expect("combined");
    for members in [[&c[..], &b, &a], [&b, &a, &c]] {
        assert!(close(&forwards, &combine(rule, &members, CLASSES).expect("combined")));
    }
}

pub(super) fn a_single_member_comes_back(rule: &dyn Rule) {
    let alone = member(1);
    assert!(close(&alone, &combine(rule, &[&alone], CLASSES).expect("combined")));
}

pub(super) fn each_row_adds_up_to_one(rule: &dyn Rule) {
    let [a, b, c] = [1, 2, 3].map(member);
    for row in combine(rule, &[&a, &b, &c], CLASSES).expect("combined").chunks(CLASSES) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{row:?}");
        assert!(row.iter().all(|probability| (0.0..=1.0).contains(probability)), "{row:?}");
    }
}

pub(super) fn an_unanswered_image_stays_unanswered(rule: &dyn Rule) {
    let [a, mut b] = [1, 2].map(member);
    b[..CLASSES].fill(f32::NAN);
    let combined = combine(rule, &[&a, &b], CLASSES).expect("combined");
    assert!(combined[..CLASSES].iter().all(|probability| probability.is_nan()));
    assert!(combined[CLASSES..].iter().all(|probability| !probability.is_nan()));
}

pub(super) fn probabilities_that_do_not_belong_together_are_refused(rule: &dyn Rule) {
    assert_eq!(combine(rule, &[], 2), Err(EnsembleError::Empty));
    let message = combine(rule, &[&[0.5, 0.5], &[1.0]], 2).expect_err("refused").to_string();
    assert_eq!(message, "member 1 has 1 probabilities, expected 2 like the first");
    for classes in [0, 2] {
        let message = combine(rule, &[&[0.5, 0.3, 0.2]], classes).expect_err("refused").to_string();
        assert_eq!(message, format!("3 probabilities are not rows of {classes} classes"));
    }
}
