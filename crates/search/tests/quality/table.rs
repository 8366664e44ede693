//! Problems that are tables: networks that others have trained, one for each point of a finite space.

use tinderbox_search::{Distribution, Point, Space};

use crate::problem::Problem;

/// Six edges of a cell, five operations each: all 15,625 networks trained for 200 epochs; minus the validation accuracy
/// in percent.
pub(crate) fn nas_bench_201() -> Problem {
    let names = ["edge 0", "edge 1", "edge 2", "edge 3", "edge 4", "edge 5"];
    let table = include_bytes!("tables/nasbench201-cifar100.u16");
    table_of("NAS-Bench-201 CIFAR-100", table, -1.0 / 300.0, names.map(|name| (name, choices(5))))
}

/// Five settings of a small network, spaced over their logarithms, on the `vehicle` data; minus the validation
/// accuracy.
pub(crate) fn hpo_bench() -> Problem {
    let dimensions = [
        ("alpha", steps(10)),
        ("batch_size", steps(10)),
        ("depth", steps(3)),
        ("learning_rate", steps(10)),
        ("width", steps(10)),
    ];
    table_of("HPOBench vehicle", include_bytes!("tables/hpobench-vehicle.u16"), -1.0 / 60_000.0, dimensions)
}

/// Nine settings of a small network, choices among them, on the `protein` data; the validation loss.
pub(crate) fn hpo_lib() -> Problem {
    let dimensions = [
        ("activation_1", choices(2)),
        ("activation_2", choices(2)),
        ("batch_size", steps(4)),
        ("dropout_1", steps(3)),
        ("dropout_2", steps(3)),
        ("learning_rate", steps(6)),
        ("schedule", choices(2)),
        ("units_1", steps(6)),
        ("units_2", steps(6)),
    ];
    table_of("HPOLib protein", include_bytes!("tables/hpolib-protein.u16"), 1.0 / 50_000.0, dimensions)
}

fn choices(count: u64) -> Distribution {
    Distribution::choice(0..count)
}

fn steps(count: i64) -> Distribution {
    Distribution::int(0, count - 1)
}

/// The problem of a table in the order of a grid, in units of `scale`; 16 bits a number, least significant byte first.
fn table_of<const N: usize>(
    name: &'static str,
    table: &'static [u8],
    scale: f64,
    dimensions: [(&'static str, Distribution); N],
) -> Problem {
    let space = Space::new(dimensions).unwrap();
    let losses: Vec<_> = table
        .chunks_exact(2)
        .map(|bytes| f64::from(u16::from_le_bytes([bytes[0], bytes[1]])) * scale)
        .collect();
    assert_eq!(space.size(), Ok(losses.len() as u64), "{name}");
    let optimum = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let places = space.clone();
    let loss = move |point: &Point| losses[places.place(point).unwrap().unwrap() as usize];
    Problem { name, space, optimum, loss: Box::new(loss) }
}
