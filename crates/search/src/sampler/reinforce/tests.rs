//! REINFORCE: what one trial teaches, and whether learning helps.

use super::super::random::Random;
use super::super::trials::{benchmark, numbers, run};
use super::*;
use crate::parameter::Distribution;
use crate::sampler::contract::contract;
use crate::space::Condition;

contract!(Reinforce::new(7), all);

fn coin() -> Space {
    Space::new([("side", Distribution::choice([0, 1]))]).unwrap()
}

fn trial(space: &Space, number: u64, point: u64, loss: f64) -> Observation {
    let parameters = space.point(point).unwrap().unwrap();
    Observation { number, parameters, losses: vec![loss], ..Observation::default() }
}

/// The chance of the second side, after these losses of sides.
fn chance(sampler: &Reinforce, trials: &[(u64, f64)]) -> f64 {
    let told = (0..).zip(trials).map(|(number, (side, loss))| trial(&coin(), number, *side, *loss));
    sampler.learned(&coin(), &told.collect::<Vec<_>>()).chances(0)[1]
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
}

#[test]
fn what_was_better_than_before_becomes_likelier() {
    let sampler = Reinforce { learning_rate: 0.5, entropy: 0.0, ..Reinforce::new(0) };
    assert_close(chance(&sampler, &[(0, 1.0)]), 0.5);
    // The distance is -3 and the weights 0.9 and 1: the average of the squares is 9 / 1.9, the advantage √1.9. Each
    // logit moves by half of that times the half that the chance left.
    assert_close(chance(&sampler, &[(0, 4.0), (1, 1.0)]), logistic(2.0 * 0.25 * 1.9_f64.sqrt()));
    assert_close(chance(&sampler, &[(0, 4.0), (1, 7.0)]), logistic(-2.0 * 0.25 * 1.9_f64.sqrt()));
    assert_close(chance(&sampler, &[(0, 4.0), (1, 4.0), (1, 4.0)]), 0.5);
}

#[test]
fn an_infinite_loss_counts_as_much_as_one_loss_can() {
    let sampler = Reinforce { learning_rate: 0.5, entropy: 0.0, ..Reinforce::new(0) };
    let most = 2.0 * 0.25 / 0.1_f64.sqrt();
    assert_close(chance(&sampler, &[(1, f64::INFINITY)]), logistic(-most));
    assert_close(chance(&sampler, &[(1, f64::NEG_INFINITY)]), logistic(most));
    let broken = Observation { violation: 0.5, ..trial(&coin(), 0, 1, 3.0) };
    assert_close(sampler.learned(&coin(), &[broken]).chances(0)[1], logistic(-most));
}

#[test]
fn entropy_pulls_chances_together() {
    let sampler = Reinforce { learning_rate: 0.5, entropy: 0.25, ..Reinforce::new(0) };
    let without = Reinforce { entropy: 0.0, ..sampler.clone() };
    let before = chance(&without, &[(0, 4.0), (1, 1.0)]);
    // At even chances the gradient is zero; then it is that of `-Σ p log p` by the logit of the second side.
    assert_close(chance(&sampler, &[(0, 4.0), (1, 1.0)]), before);
    let logit = 2.0 * 0.25 * 1.9_f64.sqrt();
    let gradient = before * (1.0 - before) * logit;
    // The third trial is as good as the average: it moves nothing by itself.
    let mean = 4.0 - 3.0 / 1.9;
    let after = chance(&sampler, &[(0, 4.0), (1, 1.0), (0, mean)]);
    assert!((after - logistic(logit - 2.0 * 0.5 * 0.25 * gradient)).abs() < 1e-9, "{after}");
}

#[test]
fn a_conditional_dimension_learns_from_the_trials_that_have_it() {
    let space = Space::new([("layers", Distribution::int(1, 2)), ("units", Distribution::choice([8, 16]))])
        .and_then(|space| space.when("units", Condition::at_least("layers", 2)))
        .unwrap();
    let (one, two_8, two_16) = (0, 1, 2);
    let policy = |points: &[(u64, f64)]| {
        let told = (0..).zip(points).map(|(number, (point, loss))| trial(&space, number, *point, *loss));
        Reinforce::new(0).learned(&space, &told.collect::<Vec<_>>())
    };
    let learned = policy(&[(one, 1.0), (one, 0.0)]);
    assert!(learned.chances(0)[0] > 0.5);
    assert_close(learned.chances(1)[0], 0.5);
    assert!(policy(&[(two_8, 1.0), (two_16, 0.0)]).chances(1)[1] > 0.5);
}

#[test]
fn a_number_is_drawn_from_the_part_of_its_range_that_paid() {
    let space = Space::new([("rate", Distribution::log_uniform(1e-8, 1e8))]).unwrap();
    let at = |number, rate: f64, loss| {
        let parameters = space.point_of([("rate", rate.into())]).unwrap();
        Observation { number, parameters, losses: vec![loss], ..Observation::default() }
    };
    let told: Vec<_> = (0..60)
        .map(|number| if number % 2 == 0 { at(number, 1e-8, 1.0) } else { at(number, 5.0, 0.0) })
        .collect();
    let draw = |number| {
        let history = History { finished: &told, ..History::default() };
        let point = Reinforce { learning_rate: 1.0, ..Reinforce::new(3) }.sample(&space, &history, number);
        numbers(&point.unwrap().unwrap())[0]
    };
    let draws: Vec<_> = (60..260).map(draw).collect();
    assert!(draws.iter().filter(|rate| (1.0..10.0).contains(*rate)).count() > 190);
    let low = draws.iter().filter(|rate| (1.0..3.162).contains(*rate)).count();
    assert!((60..140).contains(&low), "{low} of 200 in the lower half of the part");
}

/// Ones of the best of 300 strings of 30 bits.
fn most_ones(sampler: &dyn Sampler) -> f64 {
    let space = Space::new((0..30).map(|bit| (format!("bit {bit}"), Distribution::int(0, 1)))).unwrap();
    let trials = run(sampler, &space, 300, 0, |point| (vec![-numbers(point).iter().sum::<f64>()], 0.0));
    -trials.iter().map(|trial| trial.losses[0]).fold(0.0, f64::min)
}

#[test]
fn bits_that_pay_are_found_sooner_than_at_random() {
    for seed in 0..5 {
        let (learned, random) = (most_ones(&Reinforce::new(seed)), most_ones(&Random { seed }));
        assert!(learned > random, "seed {seed}: {learned} ones, {random} at random");
    }
}

#[test]
fn architectures_come_out_better_than_at_random() {
    let (mut wins, mut gain) = (0, 0.0);
    for seed in 0..30 {
        let learned = benchmark(&Reinforce::new(seed), 300);
        let random = benchmark(&Random { seed }, 300);
        wins += u32::from(learned > random);
        gain += (learned - random) / 30.0;
    }
    // Were both equally good, 21 wins of 30 would come by chance in 2 % of cases.
    assert!(wins >= 21, "{wins} of 30 runs");
    assert!(gain > 0.5, "{gain} points of accuracy");
}

#[test]
fn points_are_the_same_for_ever() {
    let space = Space::new([("x", Distribution::int(0, 99))]).unwrap();
    let sampler = Reinforce { learning_rate: 1.0, ..Reinforce::new(7) };
    let trials = run(&sampler, &space, 12, 2, |point| (numbers(point), 0.0));
    let points: Vec<_> = trials.iter().map(|trial| numbers(&trial.parameters)[0] as u64).collect();
    assert_eq!(points, [87, 39, 27, 82, 73, 12, 38, 29, 17, 64, 26, 13]);
}

#[test]
fn a_setting_outside_its_range_is_refused() {
    let message =
        |sampler: Reinforce| sampler.sample(&coin(), &History::default(), 0).unwrap_err().to_string();
    let still = Reinforce { learning_rate: 0.0, ..Reinforce::new(0) };
    assert_eq!(message(still), "`learning_rate` of Reinforce is 0, expected a number above 0, at most 1");
    let forever = Reinforce { decay: 1.0, ..Reinforce::new(0) };
    assert_eq!(message(forever), "`decay` of Reinforce is 1, expected a number from 0 to below 1");
    let never = Reinforce { entropy: f64::NAN, ..Reinforce::new(0) };
    assert_eq!(message(never), "`entropy` of Reinforce is NaN, expected a number from 0 to 1");
}

#[test]
fn only_the_seed_must_be_named() {
    let read = |text| serde_json::from_str::<Reinforce>(text);
    assert_eq!(read(r#"{"seed": 7}"#).unwrap(), Reinforce::new(7));
    assert!(read(r#"{"seed": 7, "rate": 9}"#).unwrap_err().to_string().starts_with("unknown field `rate`"));
}
