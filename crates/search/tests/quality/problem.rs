//! Problems: a space, the loss of each point, and the least there is.

use std::f64::consts::PI;

use tinderbox_search::{Distribution, History, Observation, Point, Sampler, Space};

/// A function to minimise.
pub(crate) struct Problem {
    /// Its name, by which Optuna's results are found.
    pub(crate) name: &'static str,
    pub(crate) space: Space,
    /// The least loss.
    pub(crate) optimum: f64,
    pub(crate) loss: Box<dyn Fn(&Point) -> f64>,
}

/// Two numbers, three equal minima in a curved valley.
///
/// Source: Dixon, Szegő, "The global optimization problem: an introduction" (1978); the constants are the usual ones.
pub(crate) fn branin() -> Problem {
    Problem {
        name: "Branin",
        space: Space::new([
            ("x1", Distribution::uniform(-5.0, 10.0)),
            ("x2", Distribution::uniform(0.0, 15.0)),
        ])
        .unwrap(),
        optimum: 0.397_887_357_729_738_16,
        loss: Box::new(|point| {
            let (x, y) = (number(point, "x1"), number(point, "x2"));
            let valley = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
            valley * valley + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * libm::cos(x) + 10.0
        }),
    }
}

/// Six numbers, six local minima.
///
/// Source: as above; Picheny, Wagner, Ginsbourger, "A benchmark of kriging-based infill criteria for noisy
/// optimization" (2013), for the constants.
pub(crate) fn hartmann6() -> Problem {
    const ALPHA: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const A: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const P: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    const NAMES: [&str; 6] = ["x1", "x2", "x3", "x4", "x5", "x6"];
    Problem {
        name: "Hartmann-6",
        space: Space::new(NAMES.map(|name| (name, Distribution::uniform(0.0, 1.0)))).unwrap(),
        optimum: -3.322_368_011_415_515,
        loss: Box::new(|point| {
            let hill = |row: usize| {
                let terms = (0..6).map(|i| A[row][i] * (number(point, NAMES[i]) - P[row][i]).powi(2));
                ALPHA[row] * libm::exp(-terms.sum::<f64>())
            };
            -(0..4).map(hill).sum::<f64>()
        }),
    }
}

/// The value of a dimension that is a number.
fn number(point: &Point, name: &str) -> f64 {
    point[name].value().as_f64().unwrap()
}

/// The least loss after each of `trials` trials, one at a time, each known to the next.
pub(crate) fn bests(sampler: &dyn Sampler, problem: &Problem, trials: u64) -> Vec<f64> {
    let mut told: Vec<Observation> = Vec::new();
    let mut least = f64::INFINITY;
    let mut bests = Vec::new();
    for number in 0..trials {
        let history = History { finished: &told, ..History::default() };
        let Some(parameters) = sampler.sample(&problem.space, &history, number).unwrap() else { break };
        let loss = (problem.loss)(&parameters);
        least = least.min(loss);
        bests.push(least);
        told.push(Observation { number, parameters, losses: vec![loss], ..Observation::default() });
    }
    bests
}

#[test]
fn the_optima_are_where_they_are_known_to_be() {
    let at = |problem: &Problem, values: &[f64]| {
        let names: Vec<_> = problem.space.dimensions().map(|(name, _)| name.to_owned()).collect();
        let values = names.into_iter().zip(values.iter().map(|value| (*value).into()));
        (problem.loss)(&problem.space.point_of(values).unwrap())
    };
    for minimum in [[-PI, 12.275], [PI, 2.275], [9.424_78, 2.475]] {
        let (branin, found) = (branin(), at(&branin(), &minimum));
        assert!((found - branin.optimum).abs() < 1e-6, "{minimum:?}: {found}");
    }
    let minimum = [0.201_69, 0.150_011, 0.476_874, 0.275_332, 0.311_652, 0.6573];
    let (hartmann6, found) = (hartmann6(), at(&hartmann6(), &minimum));
    assert!((found - hartmann6.optimum).abs() < 1e-6, "{found}");
}
