//! Projected gradient descent: many small steps up the loss, each followed by a way back into the ball.

use burn::config::Config;
use burn::prelude::*;
use rand::Rng;

use super::ball::project;
use super::{Attack, AttackError, Victim, check_epsilon};
use crate::stream::stream;

/// `x₀ = clip(x + u)`, u uniform in `[-ε, ε]`; `xₖ₊₁ = clip(Π(xₖ + α · sign(∇ₓ J(xₖ, y))))`, Π the projection onto
/// pixels at most ε from x.
///
/// Source: Madry, Makelov, Schmidt, Tsipras, Vladu, "Towards Deep Learning Models Resistant to Adversarial Attacks"
/// (2018), §2.1, arXiv:1706.06083.
#[derive(Config, Debug, PartialEq)]
pub struct Pgd {
    /// ε, the largest change of a pixel, in `[0, 1]`.
    pub epsilon: f64,
    /// α, the length of a step, above 0.
    pub step_size: f64,
    /// How many steps, at least 1.
    #[config(default = 40)]
    pub steps: usize,
    /// Seed of the random start; without one the attack starts at the image itself. Each batch has the same start: an
    /// image's depends on its place in its batch.
    pub start: Option<u64>,
}

impl Attack for Pgd {
    fn perturb(
        &self,
        victim: &Victim,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
    ) -> Result<Tensor<4>, AttackError> {
        check_epsilon(self.epsilon)?;
        if !(self.step_size > 0.0 && self.step_size.is_finite()) {
            let expected = "a finite number above 0";
            return Err(AttackError::Setting { field: "step_size", value: self.step_size, expected });
        }
        if self.steps == 0 {
            return Err(AttackError::Setting { field: "steps", value: 0.0, expected: "at least 1" });
        }
        let images = images.inner();
        let low = (images.clone() - self.epsilon).clamp_min(0.0);
        let high = (images.clone() + self.epsilon).clamp_max(1.0);
        let within = |moved: Tensor<4>| moved.max_pair(low.clone()).min_pair(high.clone());
        let mut moved = match self.start {
            Some(seed) => within(images.clone() + self.noise(seed, &images)),
            None => images.clone(),
        };
        for _ in 0..self.steps {
            let gradient = victim.image_gradient(moved.clone(), labels.clone())?;
            moved = within(moved + gradient.sign() * self.step_size);
        }
        Ok(project(images, moved, self.epsilon))
    }
}

impl Pgd {
    /// Uniform in `[-ε, ε]`, drawn on the host: the same start on every backend.
    fn noise(&self, seed: u64, images: &Tensor<4>) -> Tensor<4> {
        let shape = images.dims();
        let mut rng = stream(seed, "attack", 0);
        let unit = || f64::from(rng.next_u32()) / f64::from(u32::MAX);
        let values: Vec<f32> = std::iter::repeat_with(unit)
            .map(|unit| ((2.0 * unit - 1.0) * self.epsilon) as f32)
            .take(shape.iter().product())
            .collect();
        Tensor::from_data(TensorData::new(values, shape), &images.device())
    }
}
