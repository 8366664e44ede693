//! A function tuned: a space, a sampler, a loop. Nothing here is a tensor, and no Burn is compiled.

use std::error::Error;

use tinderbox_search::{Distribution, Observation, Point, Random, Sampler, Space};

fn main() -> Result<(), Box<dyn Error>> {
    // Least, and zero, at a learning rate of 0.01 with 64 units.
    let loss = |rate: f64, units: f64| (rate.log10() + 2.0).powi(2) + (units / 64.0 - 1.0).powi(2);

    let space = Space::new([
        ("learning_rate", Distribution::log_uniform(1e-4, 1e-1)),
        ("units", Distribution::choice([32, 64, 128])),
    ])?;
    let sampler = Random { seed: 7 };
    let mut told = Vec::new();
    for number in 0..50 {
        let Some(parameters) = sampler.sample(&space, &told, number)? else { break };
        let loss = loss(value(&parameters, "learning_rate"), value(&parameters, "units"));
        told.push(Observation { number, parameters, loss: Some(loss) });
    }

    let best =
        told.iter().min_by(|a, b| a.loss.partial_cmp(&b.loss).expect("no loss is NaN")).ok_or("no point")?;
    println!("tried          {}", told.len());
    println!("loss           {:.4}", best.loss.unwrap_or(f64::NAN));
    println!("learning rate  {:.4}", value(&best.parameters, "learning_rate"));
    println!("units          {}", value(&best.parameters, "units"));
    Ok(())
}

/// A choice as a number, which both dimensions hold.
fn value(point: &Point, name: &str) -> f64 {
    point[name].value().as_f64().expect("a number")
}
