//! One epoch: a step for each batch, then a look at how far it has come.

use std::ops::ControlFlow;
use std::time::Instant;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::prelude::*;
use rand::Rng;
use serde::{Deserialize, Serialize};
use tinderbox_ops::Classifier;

use super::averaging::averaged;
use super::clipping::{by_norm, by_value};
use super::early_stopping::Best;
use super::loss::{Smoothed, smoothed_cross_entropy};
use super::{Learner, LearnerConfig, Observer, Scored, Splits, State, Step};
use crate::evaluate::evaluate;
use crate::examples::Batch;
use crate::perturbation::AttackError;
use crate::stream::stream;

/// What an epoch came to. Losses are mean cross-entropies in nats, accuracies are in `[0, 1]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: usize,
    /// Over the epoch's steps, while weights moved and dropout was on. With adversarial training that of the mix.
    pub training_loss: f64,
    /// Over the epoch's steps, while weights moved and dropout was on. With adversarial training on the natural images.
    pub training_accuracy: f64,
    /// At its end.
    pub validation_loss: f64,
    /// At its end.
    pub validation_accuracy: f64,
    /// At its end. Decides nothing, and may be infinite or NaN for that reason.
    #[serde(with = "any_float")]
    pub test_loss: f64,
    /// At its end. Decides nothing.
    pub test_accuracy: f64,
}

/// Runs epoch number `epoch` in the given order; breaks off when the observer says so.
pub(super) fn run<M: Classifier + Module + 'static>(
    learner: &Learner,
    mut state: State<M>,
    epoch: usize,
    order: &[usize],
    splits: &Splits,
    device: &Device,
    observer: &mut dyn Observer,
) -> ControlFlow<(), State<M>> {
    let config = &learner.config;
    let plain = device.clone().inner();
    let started = Instant::now();
    // Both sums stay on the device: reading them each step would make a GPU wait.
    let mut loss_sum = Tensor::<1>::zeros([1], &plain);
    let mut right_sum = Tensor::<1, Int>::zeros([1], &plain);
    let steps = order.len().div_ceil(config.batch_size);
    for (step, positions) in order.chunks(config.batch_size).enumerate() {
        let at = Step { epoch, epochs: config.epochs, step, steps };
        observer.step(&at)?;
        let batch = splits.training.gather(positions, device);
        let labels = batch.labels.clone().inner();
        let Ok(Scored { logits, loss }) = score(learner, &state.model, batch, &at) else {
            state.diverged = Some(epoch);
            return ControlFlow::Continue(state);
        };
        let gradients =
            clipped(GradientsParams::from_grads(loss.backward(), &state.model), &state.model, config);
        let rate = match &config.schedule {
            Some(schedule) => schedule.rate(config.learning_rate, &at),
            None => config.learning_rate,
        };
        state.model = state.optimizer.step(rate, state.model, gradients);
        if let Some(decay) = config.weight_average {
            state.average = Some(averaged(state.average.as_ref(), state.model.valid(), decay));
        }

        loss_sum = loss_sum + loss.inner() * positions.len() as f64;
        let answers = logits.inner().argmax(1).flatten::<1>(0, 1);
        right_sum = right_sum + answers.equal(labels).int().sum();
    }
    let count = order.len() as f64;
    let training_loss = f64::from(loss_sum.into_scalar::<f32>()) / count;
    let training_accuracy = right_sum.into_scalar::<i64>() as f64 / count;
    let seconds = started.elapsed().as_secs_f64();

    let model = state.average.clone().unwrap_or_else(|| state.model.valid());
    let validation = evaluate(&model, &splits.validation, &plain);
    let test = evaluate(&model, &splits.test, &plain);
    // The test loss is left out: it decides nothing, not even this.
    if !(training_loss.is_finite() && validation.loss.is_finite()) {
        state.diverged = Some(epoch);
        return ControlFlow::Continue(state);
    }
    let entry = Epoch {
        epoch,
        training_loss,
        training_accuracy,
        validation_loss: validation.loss,
        validation_accuracy: validation.accuracy,
        test_loss: test.loss,
        test_accuracy: test.accuracy,
    };
    if config.patience.is_some() && state.best.as_ref().is_none_or(|best| entry.validation_loss < best.loss) {
        state.best = Some(Best::new(&entry, state.average.clone().unwrap_or_else(|| state.model.clone())));
    }
    observer.epoch(&entry);
    state.history.push(entry);
    state.epoch_seconds.push(seconds);
    ControlFlow::Continue(state)
}

/// The logits of natural images, and the loss that a step makes smaller.
///
/// # Errors
/// If an attack met a gradient that is not finite: its settings have been checked before.
fn score<M: Classifier + Module + 'static>(
    learner: &Learner,
    model: &M,
    batch: Batch,
    at: &Step,
) -> Result<Scored, AttackError> {
    let smoothing = learner.config.label_smoothing;
    if let Some(defence) = &learner.config.adversarial {
        let epoch = stream(learner.seed, "defence", at.epoch).next_u64();
        let seed = stream(epoch, "step", at.step).next_u64();
        return defence.score(&Smoothed { model, smoothing }, batch, seed);
    }
    let logits = model.logits(batch.images);
    let loss = smoothed_cross_entropy(logits.clone(), batch.labels, smoothing);
    Ok(Scored { logits, loss })
}

/// The gradients of a step, as the optimiser sees them.
fn clipped<M: Module>(gradients: GradientsParams, model: &M, config: &LearnerConfig) -> GradientsParams {
    match (config.clip_norm, config.clip_value) {
        (Some(bound), _) => by_norm(gradients, model, bound),
        (None, Some(bound)) => by_value(gradients, model, bound),
        (None, None) => gradients,
    }
}

/// JSON has no word for infinity and NaN: they are written as texts, and come back from them.
mod any_float {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            serializer.serialize_f64(*value)
        } else {
            serializer.serialize_str(&value.to_string())
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(value) => Ok(value),
            Written::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_loss_comes_back_whatever_it_is() {
        for test_loss in [0.1 + 0.2, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let epoch = Epoch {
                epoch: 1,
                training_loss: 0.5,
                training_accuracy: 0.5,
                validation_loss: 0.5,
                validation_accuracy: 0.5,
                test_loss,
                test_accuracy: 0.5,
            };
            let text = serde_json::to_string(&epoch).expect("written");
            let again: Epoch = serde_json::from_str(&text).expect("read");
            assert_eq!(format!("{again:?}"), format!("{epoch:?}"));
        }
    }
}
