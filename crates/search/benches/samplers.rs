//! How long a sampler takes for a point, by what it was told: `cargo bench -p tinderbox-search`.

use std::time::Instant;

use tinderbox_search::{
    CmaEs, Distribution, GaussianProcess, History, Observation, Point, Random, SampleError, Sampler, Space,
    Tpe,
};

/// Points that are timed.
const POINTS: u64 = 200;

fn main() {
    let space = Space::new([
        ("learning_rate", Distribution::log_uniform(1e-5, 0.1)),
        ("dropout", Distribution::uniform(0.0, 0.9)),
        ("units", Distribution::Int { low: 16, high: 512, log: true, step: 1 }),
        ("layers", Distribution::int(1, 8)),
        ("activation", Distribution::choice(["relu", "tanh", "gelu"])),
    ])
    .expect("a space");
    let told: Vec<_> = (0..10_000).map(|number| observe(&space, number)).collect();
    for known in [100, 1_000, 10_000] {
        report("Tpe", &Tpe::new(7), &space, &told[..known], POINTS);
    }
    for known in [50, 200, 500] {
        report("GaussianProcess", &GaussianProcess::new(7), &space, &told[..known], POINTS / 20);
    }
    for known in [100, 1_000, 10_000] {
        report("CmaEs", &CmaEs::new(7), &space, &told[..known], POINTS);
    }
    let space = Space::new((0..40).map(|axis| (format!("x{axis}"), Distribution::uniform(-2.0, 2.0))))
        .expect("a space");
    let told: Vec<_> = (0..800).map(|number| observe_in_cube(&space, number)).collect();
    for known in [200, 800] {
        report("CmaEs of 40 numbers", &CmaEs::new(7), &space, &told[..known], POINTS / 4);
        report("CmaEs of 40 numbers, each afresh", &Afresh, &space, &told[..known], POINTS / 4);
    }
}

/// CMA-ES that replays its history for each point.
struct Afresh;

impl Sampler for Afresh {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        CmaEs::new(7).sample(space, history, number)
    }
}

/// A random point whose loss is its distance from a corner.
fn observe_in_cube(space: &Space, number: u64) -> Observation {
    let random = Random { seed: 1 }.sample(space, &History::default(), number);
    let parameters = random.expect("a point").expect("one more");
    let coordinates = parameters.values().filter_map(|parameter| parameter.value().as_f64());
    let losses = vec![coordinates.map(|x| (x - 2.0) * (x - 2.0)).sum()];
    Observation { number, parameters, losses, ..Observation::default() }
}

/// Prints how long a point takes.
fn report(name: &str, sampler: &dyn Sampler, space: &Space, told: &[Observation], points: u64) {
    let history = History { finished: told, ..History::default() };
    let mut times: Vec<_> = (0..points).map(|turn| time(sampler, space, &history, turn)).collect();
    times.sort_unstable_by(f64::total_cmp);
    let [least, median] = [times[0], times[times.len() / 2]];
    println!("{name}, {} trials told: {median:.3} ms a point (median; least {least:.3})", told.len());
}

/// A random point whose loss depends on all of it.
fn observe(space: &Space, number: u64) -> Observation {
    let parameters =
        Random { seed: 1 }.sample(space, &History::default(), number).expect("a point").expect("one more");
    let value = |name: &str| parameters[name].value().as_f64().expect("a number");
    let loss =
        (value("learning_rate").ln() + 6.0).abs() + value("dropout") + (value("units") - 64.0).abs() / 64.0;
    Observation { number, parameters, losses: vec![loss], ..Observation::default() }
}

/// Milliseconds for a point.
fn time(sampler: &dyn Sampler, space: &Space, history: &History<'_>, turn: u64) -> f64 {
    let start = Instant::now();
    let point = sampler.sample(space, history, history.finished.len() as u64 + turn);
    let elapsed = start.elapsed();
    assert!(point.is_ok_and(|point| point.is_some()));
    elapsed.as_secs_f64() * 1e3
}
