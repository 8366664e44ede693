//! Noise: images as a poor scanner would see them, the same for every model that is asked about them.

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{AttackError, Context, Perturbation};
use crate::examples::Examples;
use crate::family::{Kind, SettingError, Strength};
use crate::stream::stream;

/// `x' = clip(x + n, 0, 1)`, n drawn from `N(0, deviation²)` for each pixel.
///
/// It knows no model: where an [`Attack`](super::Attack) looks for the worst change, this is a change by chance. In a file
/// it is `{ noise = 0.1 }`, with the seed of the trial.
///
/// ```
/// use tinderbox_training::{Examples, Noise};
///
/// let (pixels, labels, shape) = ([0.0, 0.5, 1.0, 0.5], [0, 1], [1, 1, 2]);
/// let examples = Examples::new(&pixels, &labels, shape, 2)?;
/// let noisy = Noise::new(0.1, 7).apply(&examples)?;
/// let noisy = Examples::new(&noisy, &labels, shape, 2)?; // to be given to `evaluate`
/// # assert_eq!(noisy.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// Standard deviation before the values are cut to `[0, 1]`: a finite number, at least 0. Files have it in `(0, 1]`.
    pub deviation: f64,
    /// Seed of [`apply`](Self::apply). Models that are compared with each other see the same noise under the same seed.
    #[serde(skip)]
    pub seed: u64,
}

/// A deviation that no noise has.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("deviation is {deviation}, expected a finite number, at least 0")]
pub struct NoiseError {
    deviation: f64,
}

impl Noise {
    /// Noise of this deviation and seed.
    pub fn new(deviation: f64, seed: u64) -> Self {
        Self { deviation, seed }
    }

    /// The pixels of `examples` with noise, in the same order and in `[0, 1]`.
    ///
    /// Drawn on the host from the stream `noise`, pixel after pixel: no backend, no batch size and no image further on
    /// changes what an image gets.
    ///
    /// # Errors
    /// If the deviation is negative or not finite.
    pub fn apply(&self, examples: &Examples) -> Result<Vec<f32>, NoiseError> {
        let deviation = self.deviation;
        if !(deviation >= 0.0 && deviation.is_finite()) {
            return Err(NoiseError { deviation });
        }
        let mut rng = stream(self.seed, "noise", 0);
        let noisy = |&pixel: &f32| {
            let normal: f64 = StandardNormal.sample(&mut rng);
            (f64::from(pixel) + deviation * normal).clamp(0.0, 1.0) as f32
        };
        Ok(examples.pixels().iter().map(noisy).collect())
    }
}

impl Kind for Noise {
    const NAME: &'static str = "noise";
    const STRENGTH: Option<Strength> = Some(Strength { setting: "deviation", symbol: "σ" });

    fn check(&self) -> Result<(), SettingError> {
        if self.deviation > 0.0 && self.deviation <= 1.0 {
            return Ok(());
        }
        Err(SettingError::new("deviation", self.deviation, "in (0, 1]"))
    }
}

impl Perturbation for Noise {
    fn apply(&self, examples: &Examples, context: &Context) -> Result<Vec<f32>, AttackError> {
        let noise = Self { seed: context.seed, ..self.clone() };
        noise.apply(examples).map_err(|error| AttackError::Other(error.to_string()))
    }

    fn is_seeded(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Noise on `count` pixels of one value.
    fn noisy(noise: &Noise, pixel: f32, count: usize) -> Vec<f32> {
        let (pixels, labels) = (vec![pixel; count], vec![0; count]);
        let examples = Examples::new(&pixels, &labels, [1, 1, 1], 1).expect("examples");
        noise.apply(&examples).expect("noise")
    }

    #[test]
    fn it_is_normal_with_its_deviation_around_the_pixel() {
        // Eight deviations from either end: nothing is cut.
        let (deviation, count) = (0.0625, 100_000);
        let values = noisy(&Noise::new(deviation, 3), 0.5, count);
        let scores: Vec<f64> = values.iter().map(|&value| (f64::from(value) - 0.5) / deviation).collect();
        let root = (count as f64).sqrt();
        let mean = |of: &dyn Fn(f64) -> f64| scores.iter().map(|&z| of(z)).sum::<f64>() / count as f64;
        // Four standard errors each. Var z = 1; Var z² = 2; a share p has the variance p (1 - p).
        assert!(mean(&|z| z).abs() < 4.0 / root);
        assert!((mean(&|z| z * z) - 1.0).abs() < 4.0 * 2f64.sqrt() / root);
        // erf(1 / √2) and erfc(2 / √2), from Python's `math`.
        for (share, of) in [
            (0.682_689_492_137_085_9, (|z| f64::from(z.abs() < 1.0)) as fn(f64) -> f64),
            (0.045_500_263_896_358_44, |z| f64::from(z.abs() > 2.0)),
        ] {
            let error: f64 = share * (1.0 - share);
            assert!((mean(&of) - share).abs() < 4.0 * error.sqrt() / root, "{share}");
        }
    }

    #[test]
    fn an_image_gets_the_same_noise_whatever_follows_it_and_another_under_another_seed() {
        let noise = Noise::new(0.2, 7);
        let all = noisy(&noise, 0.5, 1000);
        assert_eq!(noisy(&noise, 0.5, 9), all[..9]);
        assert_ne!(noisy(&Noise::new(0.2, 8), 0.5, 9), all[..9]);
        assert_ne!(all[0].to_bits(), all[1].to_bits());
    }

    #[test]
    fn the_noise_of_a_seed_stays_what_it_was() {
        // As first written: another version of `rand_distr` must not change what records hold.
        assert_eq!(noisy(&Noise::new(0.1, 7), 0.5, 3), [0.686_552_35, 0.519_913_7, 0.329_979_1]);
    }

    #[test]
    fn without_a_deviation_nothing_changes() {
        assert_eq!(noisy(&Noise::new(0.0, 7), 0.3, 50), vec![0.3; 50]);
    }

    #[test]
    fn a_deviation_that_is_none_is_refused() {
        for deviation in [-0.1, f64::NAN, f64::INFINITY] {
            let examples = Examples::new(&[0.5], &[0], [1, 1, 1], 1).expect("an example");
            let message = Noise::new(deviation, 1).apply(&examples).expect_err("refused").to_string();
            assert_eq!(message, format!("deviation is {deviation}, expected a finite number, at least 0"));
        }
    }

    proptest! {
        #[test]
        fn noisy_images_are_images(pixel in 0.0f32..=1.0, deviation in 0.0f64..1e300, seed: u64) {
            for value in noisy(&Noise::new(deviation, seed), pixel, 20) {
                prop_assert!((0.0..=1.0).contains(&value));
            }
        }
    }
}
