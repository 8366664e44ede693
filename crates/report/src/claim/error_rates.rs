//! How often the rules err: made-up families whose true effects are known, a thousand at a time, fixed seeds.
//!
//! Images as on USPS: 2,007 of them, most always right, some always wrong. In the mean over families the model below
//! gives 94.7 % accuracy, and differences of two arms that vary by 0.76 points with the seed (standard deviation), by
//! 8.4 points with the image and by 16.8 points in what is left. Eight trainings of each of three networks (20 epochs)
//! gave 93.9, 95.1 and 96.0 %, and 0.57 to 0.86, 6.5 to 10.4 and 15.1 to 17.1 points.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::Verdict;
use super::decide::{ALPHA, corrected, verdict};
use super::evidence::{Evidence, Finding};
use crate::statistics::{Components, Crossed, Design};

const FAMILIES: u64 = 1_000;
/// 5 % of 1,000 families, and what a rate of 5 % exceeds in 1 % of such tests.
const MOST: usize = 66;
const IMAGES: usize = 2_007;
const ARMS: usize = 5;
/// True difference from one arm to the next, where there is one.
const STEP: f64 = 0.005;

/// The contrasts of six claims over five arms, each with its true value in steps: two orders, a longer one, a best
/// arm, a trend, and the first against the last.
const CLAIMS: [&[([f64; ARMS], f64)]; 6] = [
    &[([1.0, -1.0, 0.0, 0.0, 0.0], 1.0)],
    &[([0.0, 0.0, 0.0, 1.0, -1.0], 1.0)],
    &[([0.0, 1.0, -1.0, 0.0, 0.0], 1.0), ([0.0, 0.0, 1.0, -1.0, 0.0], 1.0)],
    &[
        ([1.0, -1.0, 0.0, 0.0, 0.0], 1.0),
        ([1.0, 0.0, -1.0, 0.0, 0.0], 1.0),
        ([1.0, 0.0, 0.0, -1.0, 0.0], 1.0),
        ([1.0, 0.0, 0.0, 0.0, -1.0], 1.0),
    ],
    &[([0.8, 0.4, 0.0, -0.4, -0.8], 4.0)],
    &[([1.0, 0.0, 0.0, 0.0, -1.0], 4.0)],
];

/// Uniform and normal numbers of one family.
struct Chance(ChaCha8Rng);

impl Chance {
    /// In (0, 1).
    fn unit(&mut self) -> f64 {
        (f64::from(self.0.next_u32()) + 0.5) / 4_294_967_296.0
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Whether arm `a` with seed `s` gets image `i` right: `[a][s][i]`, 1 or 0.
///
/// The logit of being right is `8 + 2.5 t[i] + 1.5 u[a, i] + 0.4 v[a, s]` with t of Student's law with two degrees of
/// freedom, u and v normal: arms are alike, and no true difference is exactly that. With `step`, a share `step` of the
/// cells is right for the first `k` arms and wrong for the others, for each `k`: half of the cells of some images.
fn answers(arms: usize, seeds: usize, step: f64, chance: &mut Chance) -> Vec<Vec<Vec<f64>>> {
    let shifts: Vec<f64> = (0..arms * seeds).map(|_| 0.4 * chance.normal()).collect();
    let mut answers = vec![vec![vec![0.0; IMAGES]; seeds]; arms];
    for image in 0..IMAGES {
        let unit = chance.unit();
        let difficulty = 8.0 + 2.5 * (2.0 * unit - 1.0) / (2.0 * unit * (1.0 - unit)).sqrt();
        // Which arms are the better ones on this image, if it is a special one.
        let better = if step > 0.0 { (chance.unit() / (2.0 * step)) as usize + 1 } else { arms };
        let special: Vec<bool> = (0..seeds).map(|_| better < arms && chance.0.next_u32() & 1 == 1).collect();
        for (arm, of_arm) in answers.iter_mut().enumerate() {
            let logit = difficulty + 1.5 * chance.normal();
            for (seed, row) in of_arm.iter_mut().enumerate() {
                let right = if special[seed] {
                    arm < better
                } else {
                    chance.unit() < 1.0 / (1.0 + (-logit - shifts[arm * seeds + seed]).exp())
                };
                row[image] = f64::from(right);
            }
        }
    }
    answers
}

fn contrast(answers: &[Vec<Vec<f64>>], weights: &[f64]) -> Evidence {
    let row = |seed: usize| {
        let mut row = vec![0.0; IMAGES];
        for (arm, weight) in answers.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
            row.iter_mut().zip(&arm[seed]).for_each(|(sum, right)| *sum += weight * right);
        }
        row
    };
    let rows: Vec<Vec<f64>> = (0..answers[0].len()).map(row).collect();
    Evidence::Paired(Crossed::from_rows(&rows).unwrap())
}

/// What six claims of one family show, at margins that are their true effects if `step` is [`STEP`].
fn family(seeds: usize, step: f64, number: u64) -> Vec<Option<Vec<Finding>>> {
    let answers = answers(ARMS, seeds, step, &mut Chance(ChaCha8Rng::seed_from_u64(number)));
    let finding = |(weights, steps): &([f64; ARMS], f64)| contrast(&answers, weights).finding(steps * STEP);
    CLAIMS.iter().map(|claim| Some(claim.iter().map(finding).collect())).collect()
}

/// In how many families some claim gets this verdict, and how many intervals of the first contrast cover its truth.
fn count(seeds: usize, step: f64, wrong: Verdict) -> (usize, usize) {
    let mut counts = (0, 0);
    for number in 0..FAMILIES {
        let family = family(seeds, step, number);
        let verdicts = family.iter().flatten().zip(corrected(&family));
        counts.0 += usize::from(verdicts.into_iter().any(|(findings, p)| verdict(findings, p) == wrong));
        let first = &family[0].as_ref().unwrap()[0];
        counts.1 += usize::from(first.low <= step && step <= first.high);
    }
    counts
}

#[track_caller]
fn errs_rarely(seeds: usize, step: f64, wrong: Verdict) {
    let (wrong, covered) = count(seeds, step, wrong);
    assert!(wrong <= MOST, "{wrong} of {FAMILIES} families err");
    assert!((930..=970).contains(&covered), "{covered} of {FAMILIES} intervals cover");
}

#[test]
fn without_an_effect_a_claim_of_eight_seeds_rarely_holds() {
    errs_rarely(8, 0.0, Verdict::Holds);
}

#[test]
fn without_an_effect_a_claim_of_twelve_seeds_rarely_holds() {
    errs_rarely(12, 0.0, Verdict::Holds);
}

#[test]
fn a_claim_of_eight_seeds_that_is_just_true_rarely_does_not_hold() {
    errs_rarely(8, STEP, Verdict::DoesNotHold);
}

#[test]
fn a_claim_of_twelve_seeds_that_is_just_true_rarely_does_not_hold() {
    errs_rarely(12, STEP, Verdict::DoesNotHold);
}

/// In how many of a hundred families a single claim holds whose true effect is `effect`, and its stated power there.
fn power(seeds: usize, effect: f64, alpha: f64) -> (f64, f64) {
    let families = 3_000_u64;
    let mut held = 0;
    let mut mean = Components { seed: 0.0, image: 0.0, residual: 0.0 };
    for number in 0..families {
        let answers = answers(2, seeds, effect, &mut Chance(ChaCha8Rng::seed_from_u64(1_000_000 + number)));
        let evidence = contrast(&answers, &[1.0, -1.0]);
        let finding = evidence.finding(effect);
        held += usize::from(finding.p() < alpha && finding.low > 0.0);
        let components = evidence.components().unwrap();
        mean.seed += components.seed / families as f64;
        mean.image += components.image / families as f64;
        mean.residual += components.residual / families as f64;
    }
    let design = Design { components: mean, seeds, images: IMAGES };
    (held as f64 / families as f64, design.power(effect, alpha, None))
}

#[test]
fn the_stated_power_is_right_within_three_points() {
    for (seeds, effect, alpha) in [(8, 0.01, ALPHA), (12, 0.01, ALPHA / 6.0)] {
        let (held, stated) = power(seeds, effect, alpha);
        assert!((held - stated).abs() < 0.03, "{held} of claims hold with {seeds} seeds, {stated} stated");
        assert!((0.3..0.9).contains(&held), "{held} tests nothing");
    }
}
