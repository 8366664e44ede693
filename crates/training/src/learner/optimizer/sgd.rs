//! Stochastic gradient descent, by the one pass of `tinderbox-ops`.

use burn::optim::{LearningRate, ModuleOptimizer, RecordState, StateSink, StateSource, join_path};
use burn::prelude::*;
use serde::{Deserialize, Serialize};
use tinderbox_ops::{SgdStep, sgd};

use super::Optimizer;
use crate::family::{Kind, SettingError};

/// Stochastic gradient descent, `v ← momentum · v + g`, `w ← w − learning_rate · v`, as `torch.optim.SGD`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sgd {
    /// Share of the last step that is kept, in `[0, 1)`; 0 is plain descent.
    pub momentum: f64,
}

impl Kind for Sgd {
    const NAME: &'static str = "sgd";
    const TITLE: &'static str = "SGD";

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_share("momentum", self.momentum)
    }
}

impl Optimizer for Sgd {
    fn init(&self) -> ModuleOptimizer {
        SgdRule { momentum: self.momentum }.into()
    }
}

/// For Burn's [`ModuleOptimizer`].
#[derive(Debug, Clone)]
struct SgdRule {
    momentum: f64,
}

/// The velocity, if there is momentum.
///
/// In a record it has the name that Burn's own optimiser gives it, whose state hides its velocity: either reads the other's.
#[derive(Debug, Clone)]
struct SgdState<const D: usize> {
    velocity: Option<Tensor<D>>,
}

impl<const D: usize> RecordState for SgdState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        if let Some(velocity) = &self.velocity {
            out.push_tensor(&join_path(prefix, "momentum"), "velocity", velocity.to_data());
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let velocity = source.take_tensor(&join_path(prefix, "momentum"), "velocity");
        Some(Self { velocity: velocity.map(|values| Tensor::from_data(values, device)) })
    }
}

impl burn::optim::Optimizer for SgdRule {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let step = SgdStep { learning_rate, momentum: self.momentum };
        let (parameter, velocity) = sgd(parameter, gradient, state.and_then(|state| state.velocity), &step);
        (parameter, Some(SgdState { velocity }))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.velocity = state.velocity.map(|velocity| velocity.to_device(device));
        state
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::momentum::MomentumConfig;
    use burn::optim::{ModuleOptimizer, SgdConfig};

    use super::super::descent::{descend, devices};
    use super::*;

    fn burns(momentum: f64) -> ModuleOptimizer {
        // Burn dampens by 0.1 unless told otherwise, PyTorch does not.
        let momentum =
            (momentum > 0.0).then_some(MomentumConfig { momentum, dampening: 0.0, nesterov: false });
        SgdConfig::new().with_momentum(momentum).init()
    }

    #[test]
    fn it_takes_the_steps_of_burns_sgd() {
        for device in devices() {
            for momentum in [0.0, 0.9] {
                let ours = descend(Sgd { momentum }.init(), 0.0001, &device).places;
                assert_eq!(ours, descend(burns(momentum), 0.0001, &device).places, "momentum {momentum}");
            }
        }
    }

    #[test]
    fn either_goes_on_from_a_record_of_the_other() {
        for device in devices() {
            for [before, after] in
                [[burns(0.9), Sgd { momentum: 0.9 }.init()], [Sgd { momentum: 0.9 }.init(), burns(0.9)]]
            {
                let mut descent = descend(before, 0.0001, &device);
                let record = descent.optimizer.into_bytes().expect("a record");
                let mut other = descent.with(after.from_bytes(record).expect("read"));
                let mut forgetful = descent.with(Sgd { momentum: 0.9 }.init());
                let next = descent.step(0.0001);
                assert_eq!(other.step(0.0001), next);
                assert_ne!(forgetful.step(0.0001), next);
            }
        }
    }
}
