//! Our tensor operations at the paper's shapes, each beside what Burn's own would do, measured alternately in one process.
//!
//! A new operation is one more line in [`all`].

mod stopwatch;

mod adam;
mod filters;
mod limits;
mod linear;
mod pool;
mod sgd;

use std::io::{BufRead, Write};

use burn::prelude::*;
use serde::{Deserialize, Serialize};

use crate::contestant::say;
use stopwatch::Stopwatch;

/// Something to do, in several ways that give the same.
pub(crate) struct Operation {
    /// What, at which shapes, and which passes.
    name: String,
    work: Amount,
    /// Name of each way, and one call of it.
    ways: Vec<Way>,
}

/// A name, and one call.
type Way = (&'static str, Box<dyn FnMut()>);

/// What bounds an operation, and how much of it one call holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Amount {
    /// Floating-point operations.
    Arithmetic(f64),
    /// Bytes that have to be read or written at least once.
    Memory(f64),
}

/// One way of one operation in one round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measured {
    /// Name of the operation.
    pub(crate) operation: String,
    /// Name of the way.
    pub(crate) way: String,
    /// What one call holds.
    pub(crate) work: Amount,
    /// Seconds a call.
    pub(crate) seconds: f64,
}

/// Ours.
pub(crate) const OURS: &str = "tinderbox";
/// Burn's own operations.
pub(crate) const BURN: &str = "burn";
/// The name of the only way of a limit.
pub(crate) const LIMIT: &str = "limit";

/// Which gradients a filter layer gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// None.
    Forward,
    /// Those of weights and bias: in the first layer of a network.
    Weights,
    /// That of the images too.
    Both,
}

/// Measures everything once for each line.
pub(crate) fn answer(device: &Device, batch: usize, questions: impl BufRead, mut answers: impl Write) {
    let mut stopwatch = Stopwatch::new(all(device, batch));
    for (round, _) in questions.lines().map_while(Result::ok).enumerate() {
        // A failed write needs no handling: a parent that is gone asks no more questions.
        _ = say(&mut answers, &stopwatch.round(round));
    }
}

/// The limits, then every operation on `device`.
fn all(device: &Device, batch: usize) -> Vec<Operation> {
    let mut all = vec![limits::arithmetic(), limits::memory()];
    for pass in [Pass::Forward, Pass::Weights] {
        all.push(filters::convolution(device, batch, [1, 32], 16, pass));
    }
    for pass in [Pass::Forward, Pass::Both] {
        all.push(filters::convolution(device, batch, [32, 64], 8, pass));
    }
    for pass in [Pass::Forward, Pass::Weights] {
        all.push(filters::locally_connected(device, batch, [1, 32], 16, pass));
    }
    for pass in [Pass::Forward, Pass::Both] {
        all.push(filters::locally_connected(device, batch, [32, 64], 8, pass));
    }
    for (channels, side) in [(32, 16), (64, 8)] {
        all.push(pool::relu_max_pool(device, batch, channels, side, false));
        all.push(pool::relu_max_pool(device, batch, channels, side, true));
    }
    for (units, pass) in [([256, 512], Pass::Weights), ([512, 256], Pass::Both), ([1024, 128], Pass::Both)] {
        all.push(linear::layer(device, batch, units, Pass::Forward));
        all.push(linear::layer(device, batch, units, pass));
    }
    all.push(linear::loss(device, batch));
    all.push(adam::adam(device, [1024, 128]));
    all.push(adam::adam(device, [64 * 64, 288]));
    for shape in [[1024, 128], [64 * 64, 288]] {
        all.push(sgd::sgd(device, shape));
    }
    all
}

/// Takes one step after the other from `state`, which is taken out for a moment, so that nobody else holds its tensors and a
/// step may be in place.
fn stepping<S: 'static>(state: S, gradient: &Tensor<2>, step: fn(S, Tensor<2>) -> S) -> Box<dyn FnMut()> {
    let (mut state, gradient) = (Some(state), gradient.clone());
    Box::new(move || state = state.take().map(|state| step(state, gradient.clone())))
}

impl Pass {
    fn name(self) -> &'static str {
        if self == Self::Forward { "forward" } else { "forward and backward" }
    }

    /// Products of one size in it.
    fn products(self) -> usize {
        match self {
            Self::Forward => 1,
            Self::Weights => 2,
            Self::Both => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_measured_in_every_way_once_a_round() {
        let mut answers = Vec::new();
        answer(&Device::flex(), 2, &b"round\n"[..], &mut answers);
        let measured: Vec<Measured> = serde_json::from_slice(&answers).expect("an answer");
        assert!(measured.iter().all(|one| one.seconds > 0.0), "{measured:?}");
        let of = |way: &str| {
            let mut names: Vec<_> =
                measured.iter().filter(|one| one.way == way).map(|one| one.operation.as_str()).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(of(LIMIT).len(), 2);
        assert_eq!(of(OURS).len(), 23);
        assert_eq!(of(OURS), of(BURN));
        let mut distinct = of(OURS);
        distinct.dedup();
        assert_eq!(distinct.len(), 23, "each name is one operation's");
    }
}
