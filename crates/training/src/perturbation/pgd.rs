//! Projected gradient descent: many small steps up the loss, each followed by a way back into the ball.

use burn::prelude::*;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::attack::check_epsilon;
use super::ball::project;
use super::{Attack, AttackError, Victim};
use crate::family::{Kind, SettingError, Strength};
use crate::stream::stream;

/// `x₀ = clip(x + u)`, u uniform in `[-ε, ε]`; `xₖ₊₁ = clip(Π(xₖ + α · sign(∇ₓ J(xₖ, y))))`, Π the projection onto
/// pixels at most ε from x.
///
/// In a file, `{ pgd = 0.1 }` or `{ pgd = { epsilon = 0.1, step_size = 0.01, steps = 40 } }`. Its random start then has the
/// seed of the trial.
///
/// Source: Madry, Makelov, Schmidt, Tsipras, Vladu, "Towards Deep Learning Models Resistant to Adversarial Attacks"
/// (2018), §2.1, arXiv:1706.06083. The defaults are those of §5 for MNIST, 40 steps of 0.01 at an ε of 0.3: 40 steps of
/// ε / 30.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Settings")]
pub struct Pgd {
    /// ε, the largest change of a pixel, in `[0, 1]`.
    pub epsilon: f64,
    /// α, the length of a step, at least 0; above 0 unless ε is 0.
    pub step_size: f64,
    /// How many steps, 1 to 100,000.
    pub steps: usize,
    /// Seed of the random start of [`perturb`](Attack::perturb); without one it starts at the image itself. Each batch has the
    /// same start: an image's depends on its place in its batch.
    #[serde(skip)]
    pub start: Option<u64>,
}

/// As a file has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    epsilon: f64,
    step_size: Option<f64>,
    #[serde(default = "steps")]
    steps: usize,
}

impl From<Settings> for Pgd {
    fn from(Settings { epsilon, step_size, steps }: Settings) -> Self {
        Self { epsilon, step_size: step_size.unwrap_or(epsilon / 30.0), steps, start: None }
    }
}

/// As many as a training may have epochs: more is a slip of the pen that would keep a worker for good.
const MOST_STEPS: usize = 100_000;

fn steps() -> usize {
    40
}

impl Pgd {
    /// An attack of 40 steps that starts at the image itself.
    pub fn new(epsilon: f64, step_size: f64) -> Self {
        Self { epsilon, step_size, steps: steps(), start: None }
    }
}

impl Kind for Pgd {
    const NAME: &'static str = "pgd";
    const TITLE: &'static str = "PGD";
    const STRENGTH: Option<Strength> = Some(Strength { setting: "epsilon", symbol: "ε" });

    fn check(&self) -> Result<(), SettingError> {
        check_epsilon(self.epsilon)?;
        // Without a ball there is nothing to step through.
        if self.epsilon > 0.0 || self.step_size != 0.0 {
            SettingError::unless_positive("step_size", self.step_size)?;
        }
        match self.steps {
            0 => Err(SettingError::new("steps", 0, "at least 1")),
            steps if steps > MOST_STEPS => Err(SettingError::new("steps", steps, "at most 100,000")),
            _ => Ok(()),
        }
    }
}

impl Attack for Pgd {
    fn perturb(
        &self,
        victim: &Victim,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
    ) -> Result<Tensor<4>, AttackError> {
        self.check()?;
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

    fn perturb_seeded(
        &self,
        victim: &Victim,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
        seed: u64,
    ) -> Result<Tensor<4>, AttackError> {
        Self { start: Some(seed), ..self.clone() }.perturb(victim, images, labels)
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn passes(&self) -> f64 {
        self.steps as f64
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
