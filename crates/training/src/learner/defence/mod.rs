//! Defences: how a step of a training scores its batch, to make the model harder to deceive.

mod adversarial;

#[cfg(test)]
mod contract;

use std::fmt::Debug;

use burn::module::Module;
use burn::prelude::*;
use tinderbox_ops::{Classifier, cross_entropy};

use crate::examples::Batch;
use crate::family::{Kind, Spelling, family};
use crate::perturbation::{AttackError, Victim};

/// How a step scores its batch.
///
/// Equal arguments give equal scores. Random numbers come from the seed alone: the device's own are the model's, for dropout.
pub trait Defence: Debug + Send + Sync + 'static {
    /// Scores a batch. Both tensors lead back to the model's weights.
    ///
    /// `seed` is that of the step: derived from the training's seed, the epoch and the step.
    ///
    /// # Errors
    /// If the gradient of an attack is not finite: the training has diverged.
    fn score(&self, model: &dyn StepModel, batch: Batch, seed: u64) -> Result<Scored, AttackError>;

    /// Time of a step, in that of a step without a defence. For estimates only.
    fn cost(&self) -> f64;
}

family! {
    Defence, "defence", Spelling::Table { implied: Some(AdversarialTraining::NAME) };
    adversarial: AdversarialTraining,
}

/// The model of a step: [`logits`](Classifier::logits) are those of training, with dropout on, and lead back to its weights.
pub trait StepModel: Classifier {
    /// The model as it is now, frozen: dropout off, weights constant.
    fn victim(&self) -> Victim;

    /// The loss of a step on `[batch, classes]` logits, `[1]`: the mean cross-entropy in nats, with labels smoothed where the training
    /// asks for that.
    fn loss(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        cross_entropy(logits, labels)
    }
}

impl<M: Classifier + Module + 'static> StepModel for M {
    fn victim(&self) -> Victim {
        Victim::freeze(self)
    }
}

/// What a step made of its batch.
#[derive(Debug)]
pub struct Scored {
    /// Of the natural images, `[batch, classes]`: the training accuracy is theirs.
    pub logits: Tensor<2>,
    /// What the step makes smaller, `[1]`.
    pub loss: Tensor<1>,
}
