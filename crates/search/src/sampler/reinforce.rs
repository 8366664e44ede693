//! REINFORCE: a policy that makes what paid likelier.

use serde::{Deserialize, Serialize};

use super::inherit::eligible_parents;
use super::stream::{stream, unit};
use super::{History, SampleError, Sampler};
use crate::observation::Observation;
use crate::space::{Point, Space};

mod policy;

use policy::Policy;

/// Larger losses, and smaller ones below zero, count as infinite, so that their squares are not.
const HUGE: f64 = 1e100;

/// Points drawn from a policy that climbs the gradient of the expected reward.
///
/// The policy holds the chances of every value of every dimension (of 16 equal parts of its range, if it is a number of
/// more than 16 values; of its logarithm's, if it is spread over that). After each trial that finished, in the order of
/// their numbers, the logits `θ` of its dimensions move by
///
/// `α · (A · ∇ log π(value) + β · ∇ H(π))`, where `A = (b - loss) / s`
///
/// for the learning rate `α`, the entropy `H` and its weight `β`, the moving average `b` of the losses before, and the
/// root `s` of the moving average of the squares of their distances from it, this one included.
///
/// A loss that is infinite counts as bad, or as good, as one loss can be, and so, as bad, does a trial that breaks its
/// constraints; neither moves the averages. Of several objectives only the first counts. Failed and pruned trials teach
/// nothing. Results that are not known yet come in later, as with the paper's many workers; the gradient is that of the
/// policy by then.
///
/// Where it differs: there is no LSTM. The paper's controller writes a string of choices whose length and meaning
/// depend on what it wrote before, and saw 12,800 networks. Here a space has a few dimensions and a study a few hundred
/// trials, from which chances of each dimension on its own can be learned; a conditional dimension learns from the
/// trials that have it. Ying et al., "NAS-Bench-101" (2019) and Dong and Yang, "NAS-Bench-201" (2020, arXiv:2001.00326),
/// search with such policies. Dividing by `s` replaces the choice of a scale for the reward, and plain steps replace
/// Adam's.
///
/// Source: Zoph and Le, "Neural Architecture Search with Reinforcement Learning" (2017), §3.2, arXiv:1611.01578, after
/// Williams, "Simple Statistical Gradient-Following Algorithms" (1992); the entropy as in Williams and Peng, "Function
/// Optimization Using Connectionist Reinforcement Learning Algorithms" (1991).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reinforce {
    /// Chooses the points; another seed gives others.
    pub seed: u64,
    /// `α`, above 0, at most 1.
    #[serde(default = "learning_rate")]
    pub learning_rate: f64,
    /// How much of its weight a trial keeps in the averages at the next, in `[0, 1)`.
    #[serde(default = "decay")]
    pub decay: f64,
    /// `β`, in `[0, 1]`: how dear it is to hold on to chances that were seldom tried.
    #[serde(default = "entropy")]
    pub entropy: f64,
}

fn learning_rate() -> f64 {
    0.2
}

fn decay() -> f64 {
    0.9
}

fn entropy() -> f64 {
    0.1
}

impl Reinforce {
    /// A learning rate of 0.2 and an entropy weight of 0.1, the best for 300 trials of NAS-Bench-201 of rates from 0.02
    /// to 1 and weights from 0 to 0.1; half the rate does as well, five times as much no better than chance. The decay
    /// of 0.9 is that of Dong and Yang (2020).
    pub fn new(seed: u64) -> Self {
        Self { seed, learning_rate: learning_rate(), decay: decay(), entropy: entropy() }
    }

    fn check(&self) -> Result<(), SampleError> {
        let (setting, found, expected) = match self {
            Self { learning_rate, .. } if !(*learning_rate > 0.0 && *learning_rate <= 1.0) => {
                ("learning_rate", learning_rate, "a number above 0, at most 1")
            }
            Self { decay, .. } if !(0.0..1.0).contains(decay) => {
                ("decay", decay, "a number from 0 to below 1")
            }
            Self { entropy, .. } if !(0.0..=1.0).contains(entropy) => {
                ("entropy", entropy, "a number from 0 to 1")
            }
            _ => return Ok(()),
        };
        Err(SampleError::Setting { sampler: "Reinforce", setting, found: found.to_string(), expected })
    }

    /// The policy after `told`.
    fn learned(&self, space: &Space, told: &[Observation]) -> Policy {
        let mut policy = Policy::new(space);
        let mut baseline = Baseline { decay: self.decay, weight: 0.0, mean: 0.0, variance: 0.0 };
        for trial in eligible_parents(space, told) {
            let loss = if trial.is_feasible() { trial.losses[0] } else { f64::INFINITY };
            let advantage = baseline.advantage(loss);
            policy.climb(space, &trial.parameters, self.learning_rate, advantage, self.entropy);
        }
        policy
    }
}

impl Sampler for Reinforce {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        self.check()?;
        let policy = self.learned(space, history.finished);
        let mut stream = stream(self.seed, number);
        Ok(Some(
            space.fill_places(|place, distribution| policy.draw(place, distribution, || unit(&mut stream))),
        ))
    }
}

/// Moving averages of losses, in which the first weighs no more than any other at its age.
struct Baseline {
    decay: f64,
    weight: f64,
    mean: f64,
    variance: f64,
}

impl Baseline {
    /// How much better than usual `loss` is, at most `1 / √(1 - decay)`; from then on it is part of the usual.
    fn advantage(&mut self, loss: f64) -> f64 {
        if loss.abs() > HUGE {
            return -loss.signum() / (1.0 - self.decay).sqrt();
        }
        let first = self.weight == 0.0;
        self.weight = self.decay * self.weight + 1.0;
        let distance = if first { 0.0 } else { loss - self.mean };
        self.mean = if first { loss } else { self.mean + distance / self.weight };
        self.variance += (distance * distance - self.variance) / self.weight;
        if distance == 0.0 { 0.0 } else { -distance / self.variance.sqrt() }
    }
}

#[cfg(test)]
mod tests;
