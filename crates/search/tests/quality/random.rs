//! Random search on a table, whose expected best is known exactly.

use tinderbox_search::Random;

use crate::problem::bests;
use crate::table::nas_bench_201;

#[test]
fn the_best_of_100_networks_is_what_the_table_says() {
    let problem = nas_bench_201();
    let size = problem.space.size().unwrap();
    let mut losses: Vec<_> =
        (0..size).map(|place| (problem.loss)(&problem.space.point(place).unwrap().unwrap())).collect();
    losses.sort_unstable_by(f64::total_cmp);
    let (size, draws) = (size as f64, 100);
    // The chance that all draws are worse than the best `better` networks.
    let again = |better: f64| (1.0 - better / size).powi(draws);
    let once = |better: f64| {
        (0..draws)
            .map(|draw| ((size - better - f64::from(draw)) / (size - f64::from(draw))).max(0.0))
            .product()
    };
    let expected = |chance: &dyn Fn(f64) -> f64| -> f64 {
        let terms = losses
            .iter()
            .enumerate()
            .map(|(place, loss)| -loss * (chance(place as f64) - chance(place as f64 + 1.0)));
        terms.sum()
    };
    let (with, without) = (expected(&again), expected(&once));
    println!("best of 100 random networks: {with:.4} % with replacement, {without:.4} % without");
    // The number known from elsewhere is that of draws with replacement; `Random` tries no network twice.
    assert_eq!((format!("{with:.3}"), format!("{without:.3}")), ("71.434".to_owned(), "71.436".to_owned()));

    let seeds = 1_000;
    let found: Vec<_> = (0..seeds).map(|seed| -bests(&Random { seed }, &problem, 100)[99]).collect();
    let mean = found.iter().sum::<f64>() / f64::from(seeds as u32);
    let variance = found.iter().map(|best| (best - mean).powi(2)).sum::<f64>() / f64::from(seeds as u32 - 1);
    let error = (variance / f64::from(seeds as u32)).sqrt();
    println!("`Random` over {seeds} seeds: {mean:.4} +- {error:.4} %");
    assert!((mean - without).abs() < 3.0 * error, "{mean} +- {error}, expected {without}");
}
