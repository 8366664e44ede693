//! A function tuned: a space, a sampler, a study. Nothing here is a tensor, and no Burn is compiled.

use std::error::Error;
use std::time::SystemTime;

use tinderbox_search::{Distribution, Memory, Settings, Space, Study, Tpe};

fn main() -> Result<(), Box<dyn Error>> {
    let space = Space::new([
        ("learning_rate", Distribution::log_uniform(1e-4, 1e-1)),
        ("units", Distribution::choice([32, 64, 128])),
    ])?;
    let settings = Settings { trials: Some(50), ..Settings::new(space, Tpe::new(7)) };
    let mut study = Study::open(Box::new(Memory::new()), "a closure", settings)?;
    study.run(SystemTime::now, |trial| {
        let (rate, units) = (trial.float("learning_rate")?, trial.float("units")?);
        // Least, and zero, at a learning rate of 0.01 with 64 units.
        Ok((rate.log10() + 2.0).powi(2) + (units / 64.0 - 1.0).powi(2))
    })?;

    let best = study.best()?.ok_or("no trial is complete")?;
    println!("tried          {}", study.trials()?.len());
    println!("loss           {:.4}", best.value().unwrap_or(f64::NAN));
    println!("learning rate  {:.4}", best.parameters["learning_rate"].value().as_f64().unwrap_or(f64::NAN));
    println!("units          {}", best.parameters["units"].value());
    Ok(())
}
