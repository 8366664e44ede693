//! Random search: points that know nothing of each other, except that none comes twice where they can be counted.

use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::left::next_left;
use super::shuffle::{shuffled, unshuffled};
use super::stream::{below, stream, unit};
use super::{History, SampleError, Sampler};
use crate::parameter::Distribution;
use crate::space::{Point, Space};

/// Points at random.
///
/// - In a space of finitely many points, all as likely as each other, they are the grid's in a shuffled order: none
///   comes twice, not even one that was enqueued, and after [`Space::size`] of them there is none left.
/// - In any other space each is drawn on its own: where a dimension is a real number without a step, where points are
///   too many to count, or where a whole number is spread over its logarithm, so that small ones are likelier and
///   come again. Such a space is never used up.
///
/// Optuna's `RandomSampler` draws with replacement in every space. A logarithmic whole number is drawn as there: the
/// nearest to a real number that is log-uniform from `low - 1/2` to `high + 1/2`.
///
/// Source: Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization" (2012), §2, JMLR 13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// Chooses the points; another seed gives others.
    pub seed: u64,
}

impl Sampler for Random {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        match space.size() {
            Ok(size) if is_even(space) => {
                let turn =
                    |point: &_| Ok(space.place(point)?.map(|place| unshuffled(self.seed, size, place)));
                match next_left(history, number, turn)? {
                    turn if turn < size => Ok(space.point(shuffled(self.seed, size, turn))?),
                    _ => Ok(None),
                }
            }
            _ => {
                let mut stream = stream(self.seed, number);
                Ok(Some(space.fill(|distribution| draw(distribution, &mut stream))))
            }
        }
    }
}

/// Whether the values of every dimension are as likely as each other.
fn is_even(space: &Space) -> bool {
    let is_log = |distribution: &Distribution| {
        matches!(distribution, Distribution::Float { log: true, .. } | Distribution::Int { log: true, .. })
    };
    !space.dimensions().any(|(_, distribution)| is_log(distribution))
}

/// A value of `distribution` at random.
pub(super) fn draw(distribution: &Distribution, stream: &mut ChaCha12Rng) -> Value {
    match (distribution, distribution.count()) {
        (&Distribution::Int { low, high, log: true, .. }, _) => {
            let drawn = log_uniform(low as f64 - 0.5, high as f64 + 0.5, stream);
            (drawn.round() as i64).clamp(low, high).into()
        }
        (&Distribution::Float { low, high, log: true, .. }, _) => log_uniform(low, high, stream).into(),
        (&Distribution::Float { low, high, .. }, None) => {
            (low + unit(stream) * (high - low)).min(high).into()
        }
        (_, count) => distribution.value(below(count.unwrap_or(1), stream)),
    }
}

/// A number from `low` to `high`, even over the logarithm.
fn log_uniform(low: f64, high: f64, stream: &mut ChaCha12Rng) -> f64 {
    // The standard library's logarithm is the platform's, which may round differently on another.
    let (log_low, log_high) = (libm::log(low), libm::log(high));
    libm::exp(log_low + unit(stream) * (log_high - log_low)).clamp(low, high)
}

#[cfg(test)]
mod tests;
