//! Gradients that are too long are shortened before the optimiser sees them.

use std::collections::HashSet;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::prelude::*;

/// Added to a norm that is divided by, as `torch.nn.utils.clip_grad_norm_` does.
const NOT_ZERO: f64 = 1e-6;

/// The gradients of `model`, of which all together have at most this norm: `g ← g · min(1, bound / (‖g‖₂ + 1e-6))`, with the
/// norm over all parameters as one vector.
///
/// Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013), algorithm 1,
/// arXiv:1211.5063; `torch.nn.utils.clip_grad_norm_`.
pub(super) fn by_norm<M: Module>(mut gradients: GradientsParams, model: &M, bound: f64) -> GradientsParams {
    let mut squares = Squares { gradients: &gradients, seen: HashSet::new(), sum: None };
    model.visit(&mut squares);
    let Some(sum) = squares.sum else { return gradients };
    // The factor stays on the device: reading it would make a GPU wait.
    let factor = ((sum.sqrt() + NOT_ZERO).recip() * bound).clamp_max(1.0);
    change(&mut gradients, model, Change::Scale(Box::new(factor)));
    gradients
}

/// The gradients of `model`, each number cut to `[−bound, bound]`: `torch.nn.utils.clip_grad_value_`.
pub(super) fn by_value<M: Module>(mut gradients: GradientsParams, model: &M, bound: f64) -> GradientsParams {
    change(&mut gradients, model, Change::Cut(bound));
    gradients
}

/// Adds up the squares of all gradients.
struct Squares<'a> {
    gradients: &'a GradientsParams,
    /// A parameter that a model has in two places has one gradient.
    seen: HashSet<ParamId>,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(parameter.id) else { return };
        if !self.seen.insert(parameter.id) {
            return;
        }
        let own = gradient.square().sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + own,
            None => own,
        });
    }
}

/// What becomes of each gradient.
enum Change {
    Scale(Box<Tensor<1>>),
    Cut(f64),
}

/// Changes all gradients.
struct Changing<'a> {
    gradients: &'a mut GradientsParams,
    seen: HashSet<ParamId>,
    change: Change,
}

fn change<M: Module>(gradients: &mut GradientsParams, model: &M, change: Change) {
    model.visit(&mut Changing { gradients, seen: HashSet::new(), change });
}

impl ModuleVisitor for Changing<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if !self.seen.insert(parameter.id) {
            return;
        }
        let Some(gradient) = self.gradients.remove::<D>(parameter.id) else { return };
        let changed = match &self.change {
            Change::Scale(factor) => gradient * (**factor).clone().reshape([1; D]),
            Change::Cut(bound) => gradient.clamp(-*bound, *bound),
        };
        self.gradients.register(parameter.id, changed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two parameters, of which one is there twice.
    #[derive(Module, Debug)]
    struct Pair {
        matrix: Param<Tensor<2>>,
        vector: Param<Tensor<1>>,
        again: Param<Tensor<1>>,
    }

    /// The model, and gradients whose norm is 5 if each parameter counts once.
    fn pair() -> (Pair, GradientsParams) {
        let device = Device::flex().autodiff();
        let vector = Param::from_tensor(Tensor::<1>::zeros([1], &device));
        let matrix = Param::from_tensor(Tensor::<2>::zeros([1, 2], &device));
        let mut gradients = GradientsParams::new();
        let plain = device.inner();
        gradients.register(matrix.id, Tensor::<2>::from_data([[3.0, 0.0]], &plain));
        gradients.register(vector.id, Tensor::<1>::from_data([-4.0], &plain));
        (Pair { matrix, again: vector.clone(), vector }, gradients)
    }

    fn numbers(model: &Pair, gradients: &GradientsParams) -> Vec<f32> {
        let matrix = gradients.get::<2>(model.matrix.id).expect("a gradient").into_data();
        let vector = gradients.get::<1>(model.vector.id).expect("a gradient").into_data();
        matrix.iter::<f32>().chain(vector.iter::<f32>()).collect()
    }

    /// Values of `torch.nn.utils.clip_grad_norm_`, by `PyTorch` 2.5.1.
    #[test]
    fn the_norm_is_that_of_all_parameters_together() {
        let (model, gradients) = pair();
        let found = numbers(&model, &by_norm(gradients, &model, 1.0));
        for (found, expected) in found.iter().zip([0.6, 0.0, -0.8]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn gradients_within_the_bound_keep_their_bits() {
        let (model, gradients) = pair();
        assert_eq!(numbers(&model, &by_norm(gradients, &model, 6.0)), [3.0, 0.0, -4.0]);
        let (model, gradients) = pair();
        assert_eq!(numbers(&model, &by_value(gradients, &model, 4.0)), [3.0, 0.0, -4.0]);
    }

    #[test]
    fn each_number_is_cut_at_the_value() {
        let (model, gradients) = pair();
        assert_eq!(numbers(&model, &by_value(gradients, &model, 3.5)), [3.0, 0.0, -3.5]);
    }

    #[test]
    fn gradients_of_zero_stay_zero() {
        let (model, mut gradients) = pair();
        let zero = gradients.remove::<2>(model.matrix.id).expect("a gradient").zeros_like();
        gradients.register(model.matrix.id, zero);
        let none = gradients.remove::<1>(model.vector.id).expect("a gradient").zeros_like();
        gradients.register(model.vector.id, none);
        assert_eq!(numbers(&model, &by_norm(gradients, &model, 1.0)), [0.0; 3]);
    }
}
