//! The density: it sums to one, and what is drawn from it follows it.

use super::*;
use crate::sampler::stream::stream;
use crate::space::Condition;

fn side(rows: &[&[f64]]) -> Side {
    Side {
        rows: rows.concat(),
        weights: (1..=rows.len()).map(|weight| weight as f64).collect(),
        trials: rows.len(),
    }
}

fn line(distribution: Distribution) -> Space {
    Space::new([("x", distribution)]).unwrap()
}

#[test]
fn a_density_over_real_numbers_is_that_of_optuna() {
    let space = line(Distribution::uniform(0.0, 1.0));
    let mixture = Mixture::new(&space, &side(&[&[0.2], &[0.25], &[0.9]]), 1.0);
    // From Optuna 5.0.0: `_ParzenEstimator` with these weights.
    let expected = [
        (0.0, -0.153_507_364_461_197_28),
        (0.2, 0.114_973_160_435_772_66),
        (0.5, 0.023_761_081_927_029_304),
        (0.95, -0.138_935_730_314_040_16),
    ];
    for (x, expected) in expected {
        let found = mixture.log_density(&[x]);
        assert!((found - expected).abs() < 1e-9, "at {x}: {found}, expected {expected}");
    }
}

#[test]
fn a_density_over_values_sums_to_one() {
    let spaces = [
        Distribution::choice(0..7),
        Distribution::int(0, 2),
        Distribution::int(1, 10),
        Distribution::int(1, 300),
        Distribution::Int { low: 1, high: 200, log: true, step: 1 },
    ];
    for distribution in spaces {
        for trials in [1, 12, 98] {
            let count = distribution.count().unwrap();
            let values = (0..trials).map(|trial| distribution.value(trial * trial * 31 % count));
            let rows: Vec<_> = values.map(|value| super::super::unit(&distribution, &value)).collect();
            let side = Side { weights: vec![1.0; rows.len()], trials: rows.len(), rows };
            let mixture = Mixture::new(&line(distribution.clone()), &side, 1.0);
            let mass = |place| {
                let at = super::super::unit(&distribution, &distribution.value(place));
                let cell = match distribution {
                    Distribution::Categorical { .. } => 1.0,
                    _ => distribution.cell(at).unwrap(),
                };
                libm::exp(mixture.log_density(&[at])) * cell
            };
            let sum: f64 = (0..count).map(mass).sum();
            assert!((sum - 1.0).abs() < 0.04, "{distribution:?} after {trials}: {sum}");
        }
    }
}

#[test]
fn what_is_drawn_follows_the_density() {
    let space = Space::new([
        ("kind", Distribution::choice(["a", "b", "c"])),
        ("size", Distribution::int(0, 9)),
        ("rate", Distribution::uniform(0.0, 1.0)),
    ])
    .and_then(|space| space.when("rate", Condition::is("kind", "a")))
    .unwrap();
    let none = f64::NAN;
    let rows: [&[f64]; 3] = [&[0.0, 0.15, 0.3], &[1.0, 0.55, none], &[0.0, 0.95, 0.9]];
    let mixture = Mixture::new(&space, &side(&rows), 1.0);
    // Cells: kind, size, and a fifth of the rate.
    let mut counts = [[[0.0; 5]; 10]; 3];
    let mut stream = stream(7, 0);
    let draws = 200_000;
    for _ in 0..draws {
        let kernel = mixture.pick(&mut stream);
        let mut row = [0.0; 3];
        space.fill_places(|place, distribution| {
            let (value, unit) = mixture.draw(kernel, place, distribution, &mut stream);
            row[place] = unit;
            value
        });
        counts[row[0] as usize][(row[1] * 10.0) as usize][(row[2] * 5.0) as usize] += 1.0 / f64::from(draws);
    }
    let mut total = 0.0;
    for kind in 0..3 {
        for size in 0..10 {
            let at = |rate| {
                let row = [f64::from(kind), (f64::from(size) + 0.5) / 10.0, rate];
                libm::exp(mixture.log_density(&row)) / 10.0
            };
            for fifth in 0..5 {
                let expected = match (kind, fifth) {
                    (0, _) => {
                        (0..20)
                            .map(|part| at((f64::from(fifth) + (f64::from(part) + 0.5) / 20.0) / 5.0))
                            .sum::<f64>()
                            / 100.0
                    }
                    (_, 0) => at(none),
                    _ => 0.0,
                };
                let found: f64 = counts[kind as usize][size as usize][fifth as usize];
                assert!(
                    (found - expected).abs() < 0.03 * expected + 0.001,
                    "{kind} {size} {fifth}: {found}, expected {expected}"
                );
                total += expected;
            }
        }
    }
    assert!((total - 1.0).abs() < 0.01, "{total}");
}
