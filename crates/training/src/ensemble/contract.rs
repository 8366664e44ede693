//! The contract of [`Rule`](super::Rule) as tests over all built-in kinds: one test a promise.

use rand::Rng;

use super::{EnsembleError, Rule, combine};
use crate::Kinds;
use crate::family::Choice;
use crate::family::contract::accepted;
use crate::stream::stream;

fn rules() -> Vec<Choice<dyn Rule>> {
    accepted(&Kinds::default().rules)
}

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

#[test]
fn the_order_of_members_does_not_matter() {
    let [a, b, c] = [1, 2, 3].map(member);
    for rule in rules() {
        let forwards = combine(&*rule, &[&a, &b, &c], CLASSES).expect("combined");
        for members in [[&c[..], &b, &a], [&b, &a, &c]] {
            assert!(close(&forwards, &combine(&*rule, &members, CLASSES).expect("combined")), "{rule:?}");
        }
    }
}

#[test]
fn members_that_agree_are_followed() {
    let largest = |row: &[f32]| row.iter().copied().fold(0.0, f32::max);
    let agreed = &member(1)[..];
    for rule in rules() {
        for members in [&[agreed][..], &[agreed; 2]] {
            let combined = combine(&*rule, members, CLASSES).expect("combined");
            for (said, combined) in agreed.chunks(CLASSES).zip(combined.chunks(CLASSES)) {
                let chosen = (0..CLASSES).find(|&class| said[class] >= largest(said)).expect("a largest");
                assert!(combined[chosen] > largest(combined) - 1e-6, "{rule:?}: {combined:?} of {said:?}");
            }
        }
    }
}

#[test]
fn each_row_adds_up_to_one() {
    let [a, b, c] = [1, 2, 3].map(member);
    for rule in rules() {
        for row in combine(&*rule, &[&a, &b, &c], CLASSES).expect("combined").chunks(CLASSES) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{rule:?}: {row:?}");
            assert!(row.iter().all(|probability| (0.0..=1.0).contains(probability)), "{rule:?}: {row:?}");
        }
    }
}

#[test]
fn an_unanswered_image_stays_unanswered() {
    let [a, mut b] = [1, 2].map(member);
    b[..CLASSES].fill(f32::NAN);
    for rule in rules() {
        let combined = combine(&*rule, &[&a, &b], CLASSES).expect("combined");
        let (unanswered, answered) = combined.split_at(CLASSES);
        assert!(unanswered.iter().all(|probability| probability.is_nan()), "{rule:?}");
        assert!(answered.iter().all(|probability| !probability.is_nan()), "{rule:?}");
    }
}

#[test]
fn probabilities_that_do_not_belong_together_are_refused() {
    for rule in rules() {
        assert_eq!(combine(&*rule, &[], 2), Err(EnsembleError::Empty));
        let message = combine(&*rule, &[&[0.5, 0.5], &[1.0]], 2).expect_err("refused").to_string();
        assert_eq!(message, "member 1 has 1 probabilities, expected 2 like the first");
        for classes in [0, 2] {
            let message = combine(&*rule, &[&[0.5, 0.3, 0.2]], classes).expect_err("refused").to_string();
            assert_eq!(message, format!("3 probabilities are not rows of {classes} classes"));
        }
    }
}

/// Gives the same number for everything.
#[derive(Debug)]
struct Constant(f32);

impl Rule for Constant {
    fn combine(&self, members: &[&[f32]], _classes: usize) -> Vec<f32> {
        vec![self.0; members[0].len()]
    }
}

#[test]
fn what_a_rule_gives_is_checked() {
    #[derive(Debug)]
    struct Short;
    impl Rule for Short {
        fn combine(&self, members: &[&[f32]], _classes: usize) -> Vec<f32> {
            members[0][1..].to_vec()
        }
    }
    let members: [&[f32]; 1] = [&[0.5, 0.5, 0.1, 0.9]];
    assert_eq!(combine(&Short, &members, 2), Err(EnsembleError::Rule { found: 3, expected: 4 }));
    for wrong in [-0.5, 1.5, f32::INFINITY] {
        let message = combine(&Constant(wrong), &members, 2).expect_err("refused").to_string();
        assert!(message.starts_with(&format!("the rule gave {wrong} for image 0")), "{message}");
    }
    for right in [0.0, 1.0, 1.0 + f32::EPSILON, f32::NAN] {
        assert!(combine(&Constant(right), &members, 2).is_ok(), "{right}");
    }
}
