//! A moving average of the weights, which is evaluated and kept in their place.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::prelude::*;

/// The average after a step: `a ← decay · a + (1 − decay) · w` for each parameter, and `w` after the first step. What is no
/// parameter, such as running statistics, is the model's.
///
/// `average` is that of the step before; `model` holds still.
///
/// Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992), with the weights of
/// `torch.optim.swa_utils.get_ema_multi_avg_fn`.
pub(super) fn averaged<M: Module>(average: Option<&M>, model: M, decay: f64) -> M {
    let Some(average) = average else { return model };
    let mut before = Collected(GradientsParams::new());
    average.visit(&mut before);
    model.map(&mut Mixed { before: before.0, decay })
}

/// The parameters of a module, by their ids.
struct Collected(GradientsParams);

impl ModuleVisitor for Collected {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        self.0.register(parameter.id, parameter.val());
    }
}

/// Moves each parameter towards where it was before.
struct Mixed {
    before: GradientsParams,
    decay: f64,
}

impl ModuleMapper for Mixed {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(before) = self.before.get::<D>(parameter.id) else { return parameter };
        parameter.map(|now| before * self.decay + now * (1.0 - self.decay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Module, Debug)]
    struct One {
        weight: Param<Tensor<1>>,
    }

    /// Values of `torch.optim.swa_utils.AveragedModel(..., multi_avg_fn=get_ema_multi_avg_fn(0.9))`, by `PyTorch` 2.5.1.
    #[test]
    fn it_begins_with_the_weights_and_follows_them() {
        let device = Device::flex();
        let first = One { weight: Param::from_tensor(Tensor::from_data([1.0, -2.0], &device)) };
        let mut average = averaged(None, first.clone(), 0.9);
        for (now, expected) in [([2.0, 0.0], [1.1, -1.8]), ([0.0, 4.0], [0.99, -1.22])] {
            let weight = first.weight.clone().map(|_| Tensor::from_data(now, &device));
            average = averaged(Some(&average), One { weight }, 0.9);
            let found: Vec<f32> = average.weight.val().into_data().iter::<f32>().collect();
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
    }
}
