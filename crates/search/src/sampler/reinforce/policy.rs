//! A policy: the chances of every value of every dimension.

use serde_json::Value;

use crate::parameter::Distribution;
use crate::space::{Point, Space};

/// Parts of the range of a number that has more values.
const PARTS: u64 = 16;

/// For each dimension a logit for each of its parts; at first all are as likely.
pub(super) struct Policy {
    logits: Vec<Vec<f64>>,
}

impl Policy {
    pub(super) fn new(space: &Space) -> Self {
        let logits = space.dimensions().map(|(_, distribution)| vec![0.0; parts(distribution) as usize]);
        Self { logits: logits.collect() }
    }

    /// A value of the dimension at `place`; takes one or two numbers in `[0, 1)` from `unit`.
    pub(super) fn draw(
        &self,
        place: usize,
        distribution: &Distribution,
        mut unit: impl FnMut() -> f64,
    ) -> Value {
        let chances = self.chances(place);
        let mut left = unit();
        let passed = chances.iter().take_while(|chance| {
            left -= **chance;
            left >= 0.0
        });
        let part = passed.count().min(chances.len() - 1);
        if is_counted(distribution) {
            distribution.value(part as u64)
        } else {
            distribution.from_unit((part as f64 + unit()) / chances.len() as f64)
        }
    }

    /// A step up the gradient of `advantage · log π(point) + entropy · H(π)`.
    pub(super) fn climb(&mut self, space: &Space, point: &Point, rate: f64, advantage: f64, entropy: f64) {
        for (place, (name, distribution)) in space.dimensions().enumerate() {
            let chosen = point.get(name).and_then(|parameter| part(distribution, parameter.value()));
            let Some(chosen) = chosen else { continue };
            let (chances, logs) = self.chances_and_logs(place);
            let of_all: f64 = -chances.iter().zip(&logs).map(|(chance, log)| chance * log).sum::<f64>();
            for (part, logit) in self.logits[place].iter_mut().enumerate() {
                let was_chosen = if part == chosen { 1.0 } else { 0.0 };
                let of_reward = was_chosen - chances[part];
                let of_entropy = -chances[part] * (logs[part] + of_all);
                *logit += rate * (advantage * of_reward + entropy * of_entropy);
            }
        }
    }

    /// The chances of the parts of the dimension at `place`.
    pub(super) fn chances(&self, place: usize) -> Vec<f64> {
        self.chances_and_logs(place).0
    }

    fn chances_and_logs(&self, place: usize) -> (Vec<f64>, Vec<f64>) {
        let logits = &self.logits[place];
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<_> = logits.iter().map(|logit| libm::exp(logit - most)).collect();
        let sum: f64 = weights.iter().sum();
        let log_sum = most + libm::log(sum);
        let chances = weights.into_iter().map(|weight| weight / sum).collect();
        (chances, logits.iter().map(|logit| logit - log_sum).collect())
    }
}

/// Whether every value is a part of its own: choices have no neighbours that could stand for them.
fn is_counted(distribution: &Distribution) -> bool {
    matches!(distribution, Distribution::Categorical { .. })
        || distribution.count().is_some_and(|count| count <= PARTS)
}

fn parts(distribution: &Distribution) -> u64 {
    distribution.count().filter(|_| is_counted(distribution)).unwrap_or(PARTS)
}

/// The part that holds `value`; `None` for one that is beside the steps.
fn part(distribution: &Distribution, value: &Value) -> Option<usize> {
    if is_counted(distribution) {
        return distribution.place(value).map(|place| place as usize);
    }
    Some((distribution.to_unit(value) * PARTS as f64).min(PARTS as f64 - 1.0) as usize)
}
