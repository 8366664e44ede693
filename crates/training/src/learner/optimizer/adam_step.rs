//! The step of Adam and `AdamW` for Burn's [`ModuleOptimizer`](burn::optim::ModuleOptimizer), by the one pass of `tinderbox-ops`.

use burn::optim::{AdamState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::prelude::*;
use tinderbox_ops::{AdamStep, adam};

/// Its state is that of Burn's own Adam, so that records of either can be read by the other.
#[derive(Debug, Clone)]
pub(super) struct AdamRule {
    pub(super) betas: [f32; 2],
    pub(super) epsilon: f32,
    pub(super) weight_decay: f64,
    /// Whether it takes from vectors too: biases, and the scales and shifts of norms.
    pub(super) decay_vectors: bool,
}

impl Optimizer for AdamRule {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let momentum = match state {
            Some(state) => state.momentum,
            None => AdaptiveMomentumState::new(0, gradient.zeros_like(), gradient.zeros_like()),
        };
        let time = momentum.time + 1;
        let Self { betas, epsilon, weight_decay, decay_vectors } = *self;
        let weight_decay = if D > 1 || decay_vectors { weight_decay } else { 0.0 };
        let step = AdamStep { time, learning_rate, betas, epsilon, weight_decay };
        let (parameter, [first, second]) =
            adam(parameter, gradient, [momentum.moment_1, momentum.moment_2], &step);
        (parameter, Some(AdamState::new(AdaptiveMomentumState::new(time, first, second))))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::{AdamConfig, AdamWConfig};
    use burn::tensor::Tolerance;

    use super::super::descent::{descend, devices};
    use super::*;

    #[test]
    fn it_takes_the_steps_of_burns_adam_and_adam_w() {
        for device in devices() {
            let descend = |optimizer| descend(optimizer, 0.1, &device).places;
            let rule = |weight_decay| AdamRule {
                betas: [0.9, 0.999],
                epsilon: 1e-8,
                weight_decay,
                decay_vectors: true,
            };
            let ours = |weight_decay| descend(rule(weight_decay).into());
            let adam = descend(AdamConfig::new().with_epsilon(1e-8).init());
            let decayed = descend(AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.5).init());
            for (ours, burns) in ours(0.0).iter().zip(&adam).chain(ours(0.5).iter().zip(&decayed)) {
                ours.assert_approx_eq::<f32>(burns, Tolerance::absolute(1e-5).set_relative(1e-5));
            }
        }
    }

    #[test]
    fn vectors_may_be_left_out_of_the_decay() {
        for device in devices() {
            let step = |weight_decay, decay_vectors| {
                let rule = AdamRule { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay, decay_vectors };
                let vector =
                    rule.step::<1>(0.1, Tensor::ones([3], &device), Tensor::ones([3], &device), None).0;
                let matrix =
                    rule.step::<2>(0.1, Tensor::ones([1, 3], &device), Tensor::ones([1, 3], &device), None).0;
                [vector.into_data(), matrix.reshape([3]).into_data()]
            };
            let [plain, all, matrices] = [step(0.0, true), step(0.5, true), step(0.5, false)];
            assert_eq!([&matrices[0], &matrices[1]], [&plain[0], &all[1]]);
            assert!(all[0] != plain[0] && all[1] != plain[1]);
        }
    }
}
