//! A design: what so many seeds and images would show of an effect, before or without running them.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::crossed::Squares;
use super::{Components, Law, sign_flip};

/// Draws of a simulated power; its standard error is at most 0.7 points.
const DRAWS: usize = 5_000;
/// Seeds above which the sign-flip is left out of a simulated power: it then agrees with the t test.
const FLIPPED: usize = 16;

/// Numbers of seeds and images, and what varies with them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Design {
    /// The variances of one difference.
    pub components: Components,
    /// Seeds, at least 2.
    pub seeds: usize,
    /// Images, at least 1; 1 for measures without.
    pub images: usize,
}

impl Design {
    /// The law of an estimate that comes out as `effect`, with the mean squares that are expected.
    pub fn law(&self, effect: f64) -> Law {
        let of_seed = self.images as f64 * self.components.seed + self.components.residual;
        self.squares(of_seed).law(effect, self.seeds, self.images)
    }

    /// The same with seeds without end: only the choice of images is left to chance.
    pub fn limit(&self, effect: f64) -> Law {
        let images = self.images as f64;
        Law { effect, variance: self.components.image / images, freedom: (images - 1.0).max(1.0) }
    }

    /// Chance that both tests find `effect` to be above 0 at the level `alpha`, if it is the true one.
    ///
    /// With `ceiling`, that they find it to be below that too. Simulated with a fixed seed from normal effects of
    /// seeds, images and cells; the mean squares of images and residuals, which many cells settle, are the expected
    /// ones. Above 16 seeds the t test stands for both.
    pub fn power(&self, effect: f64, alpha: f64, ceiling: Option<f64>) -> f64 {
        let mut normal = Normal::new();
        let images = self.images as f64;
        let of_images = (self.components.image / images).sqrt();
        let of_seeds = (self.components.seed + self.components.residual / images).sqrt();
        let found = (0..DRAWS).filter(|_| {
            let shift = effect + of_images * normal.draw();
            let means: Vec<f64> = (0..self.seeds).map(|_| shift + of_seeds * normal.draw()).collect();
            let mirrored =
                || means.iter().map(|mean| ceiling.unwrap_or(f64::INFINITY) - mean).collect::<Vec<_>>();
            self.rejects(&means, alpha) && (ceiling.is_none() || self.rejects(&mirrored(), alpha))
        });
        found.count() as f64 / DRAWS as f64
    }

    /// Whether seed means show an effect above 0.
    fn rejects(&self, means: &[f64], alpha: f64) -> bool {
        let seeds = means.len() as f64;
        let effect = means.iter().sum::<f64>() / seeds;
        let square = means.iter().map(|mean| (mean - effect).powi(2)).sum::<f64>() / (seeds - 1.0);
        let law = self.squares(self.images as f64 * square).law(effect, self.seeds, self.images);
        law.effect > 0.0 && law.p(0.0) < alpha && (means.len() > FLIPPED || sign_flip(means) < alpha)
    }

    fn squares(&self, seed: f64) -> Squares {
        let Components { image, residual, .. } = self.components;
        Squares { seed, image: self.seeds as f64 * image + residual, residual }
    }
}

/// Standard normal numbers, the same every time.
struct Normal(ChaCha8Rng);

impl Normal {
    fn new() -> Self {
        Self(ChaCha8Rng::seed_from_u64(0))
    }

    /// Source: Box, Muller, "A Note on the Generation of Random Normal Deviates" (1958).
    fn draw(&mut self) -> f64 {
        // In (0, 1]: a logarithm of 0 has no end.
        let mut unit = || ((self.0.next_u64() >> 11) + 1) as f64 * 0.5_f64.powi(53);
        let radius = (-2.0 * unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS_ALONE: Components = Components { seed: 1.0, image: 0.0, residual: 0.0 };

    #[test]
    fn the_power_of_a_t_test_agrees_with_statsmodels() {
        // statsmodels 0.15.0: TTestPower().power(1.2, 12, 0.01), (0.8, 20, 0.05) and (0.0, 12, 0.05); the sign-flip
        // costs a little of the first.
        for (effect, seeds, alpha, expected) in
            [(1.2, 12, 0.01, 0.826_020), (0.8, 20, 0.05, 0.923_899), (0.0, 12, 0.05, 0.025)]
        {
            let design = Design { components: SEEDS_ALONE, seeds, images: 1 };
            let power = design.power(effect, alpha, None);
            assert!((power - expected).abs() < 0.03, "{power} is not {expected}");
        }
    }

    #[test]
    fn too_few_seeds_have_no_power_and_images_take_some() {
        let design = Design { components: SEEDS_ALONE, seeds: 5, images: 1 };
        assert!(design.power(100.0, 0.05, None) < 1e-9);
        let components = Components { seed: 1.0, image: 0.0, residual: 10.0 };
        let fixed = Design { components, seeds: 8, images: 100 };
        let drawn = Design { components: Components { image: 100.0, ..components }, ..fixed };
        assert!(fixed.power(1.5, 0.05, None) > drawn.power(1.5, 0.05, None) + 0.2);
    }

    #[test]
    fn a_ceiling_must_be_cleared_too() {
        let design = Design { components: SEEDS_ALONE, seeds: 12, images: 1 };
        let (one, both) = (design.power(1.0, 0.05, None), design.power(1.0, 0.05, Some(2.0)));
        assert!((both - (2.0 * one - 1.0)).abs() < 0.05, "{both} of {one}");
        assert!(design.power(1.0, 0.05, Some(1.2)) < 0.2);
    }

    #[test]
    fn an_expected_law_has_the_expected_squares() {
        let components = Components { seed: 0.5, image: 2.0, residual: 3.0 };
        let law = Design { components, seeds: 4, images: 10 }.law(1.0);
        // 0.5 / 4 + 2 / 10 + 3 / 40.
        assert!((law.variance - 0.4).abs() < 1e-12);
        // 16² / (8² / 3 + 11² / 9 + 3² / 27).
        assert!((law.freedom - 256.0 / (64.0 / 3.0 + 121.0 / 9.0 + 9.0 / 27.0)).abs() < 1e-9);
        let limit = Design { components, seeds: 4, images: 10 }.limit(1.0);
        assert_eq!((limit.variance, limit.freedom), (0.2, 9.0));
    }
}
