//! Adam and `AdamW` for Burn's [`ModuleOptimizer`](burn::optim::ModuleOptimizer), by the one pass of `tinderbox-ops`.

use burn::optim::{AdamState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::prelude::*;
use tinderbox_ops::{AdamStep, adam};

/// Its state is that of Burn's own Adam, so that records of either can be read by the other.
#[derive(Debug, Clone)]
pub(super) struct Adam {
    pub(super) betas: [f32; 2],
    pub(super) epsilon: f32,
    pub(super) weight_decay: f64,
}

impl Optimizer for Adam {
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
        let Self { betas, epsilon, weight_decay } = *self;
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
    use burn::module::Param;
    use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer};
    use burn::tensor::Tolerance;

    use super::*;

    #[derive(Module, Debug)]
    struct Point {
        place: Param<Tensor<1>>,
    }

    /// Places after each of ten steps down `sum(x⁴)`, from places that many steps of equal width would leave apart.
    fn descend(mut optimizer: ModuleOptimizer, device: &Device) -> Vec<TensorData> {
        let start = Tensor::from_data([3.0, -0.5, 1e-3, 20.0, -7.0, 0.0, 0.25, 1.5, 2.5], device);
        let mut point = Point { place: Param::from_tensor(start) };
        let mut places = Vec::new();
        for _ in 0..10 {
            let gradients = point.place.val().powi_scalar(4).sum().backward();
            let gradients = GradientsParams::from_grads(gradients, &point);
            point = optimizer.step(0.1, point, gradients);
            places.push(point.place.val().into_data());
        }
        places
    }

    #[test]
    fn it_takes_the_steps_of_burns_adam_and_adam_w() {
        #[expect(deprecated, reason = "ndarray is one of the two backends with kernels")]
        let devices = [Device::flex(), Device::ndarray()];
        for device in devices.map(Device::autodiff) {
            let ours = |weight_decay| {
                descend(Adam { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay }.into(), &device)
            };
            let adam = descend(AdamConfig::new().with_epsilon(1e-8).init(), &device);
            let decayed = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.5);
            let decayed = descend(decayed.init(), &device);
            for (ours, burns) in ours(0.0).iter().zip(&adam).chain(ours(0.5).iter().zip(&decayed)) {
                ours.assert_approx_eq::<f32>(burns, Tolerance::absolute(1e-5).set_relative(1e-5));
            }
        }
    }
}
