//! An attack: steps along the gradients that have added up, back into the ball after each.

use burn::prelude::*;
use serde::{Deserialize, Serialize};
use tinderbox_training::perturbation::{Attack, AttackError, Victim, project};
use tinderbox_training::{Kind, SettingError, Strength};

/// `g ← μ g + ∇ / ‖∇‖₁`, `x ← Π(x + ε / steps · sign(g))`, Π the projection onto pixels at most ε from the image.
///
/// Source: Dong, Liao, Pang, Su, Zhu, Hu, Li, "Boosting Adversarial Attacks with Momentum" (2018), algorithm 1,
/// arXiv:1710.06081.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Momentum {
    /// ε, the largest change of a pixel, in `[0, 1]`.
    epsilon: f64,
    #[serde(default = "steps")]
    steps: usize,
    /// μ, the share of the gradients before that is kept, at least 0.
    #[serde(default = "decay")]
    decay: f64,
}

fn steps() -> usize {
    10
}

fn decay() -> f64 {
    1.0
}

impl Kind for Momentum {
    const NAME: &'static str = "mi-fgsm";
    const TITLE: &'static str = "MI-FGSM";
    const STRENGTH: Option<Strength> = Some(Strength { setting: "epsilon", symbol: "ε" });

    fn check(&self) -> Result<(), SettingError> {
        if !(0.0..=1.0).contains(&self.epsilon) {
            return Err(SettingError::new("epsilon", self.epsilon, "in [0, 1]"));
        }
        if self.steps == 0 {
            return Err(SettingError::new("steps", 0, "at least 1"));
        }
        if self.decay >= 0.0 && self.decay.is_finite() {
            return Ok(());
        }
        Err(SettingError::new("decay", self.decay, "a finite number, at least 0"))
    }
}

impl Attack for Momentum {
    fn perturb(
        &self,
        victim: &Victim,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
    ) -> Result<Tensor<4>, AttackError> {
        self.check()?;
        let images = images.inner();
        let mut moved = images.clone();
        let mut sum = images.zeros_like();
        for _ in 0..self.steps {
            let gradient = victim.image_gradient(moved.clone(), labels.clone())?;
            let norm = gradient.clone().abs().sum_dim(1).sum_dim(2).sum_dim(3).clamp_min(1e-12);
            sum = sum * self.decay + gradient / norm;
            let step = sum.clone().sign() * (self.epsilon / self.steps as f64);
            moved = project(images.clone(), (moved + step).clamp(0.0, 1.0), self.epsilon);
        }
        Ok(moved)
    }

    fn passes(&self) -> f64 {
        self.steps as f64
    }
}
