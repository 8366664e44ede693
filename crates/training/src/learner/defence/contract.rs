//! The contract of [`Defence`](super::Defence) as tests over all built-in kinds: one test a promise.

use burn::module::{ModuleVisitor, Param};
use burn::optim::GradientsParams;
use tinderbox_ops::cross_entropy;

use super::*;
use crate::Kinds;
use crate::alone::alone;
use crate::examples::Examples;
use crate::family::Choice;
use crate::family::contract::{accepted, built_in, of_strength};
use crate::networks::{Moody, Perceptron};

const PIXELS: [f32; 12] = [0.2, 0.4, 0.6, 0.8, 0.9, 0.1, 0.5, 0.3, 0.0, 1.0, 0.7, 0.2];
const LABELS: [u8; 3] = [0, 1, 1];

fn defences() -> Vec<Choice<dyn Defence>> {
    built_in(&Kinds::default().defences)
}

fn device() -> Device {
    Device::flex().autodiff()
}

fn batch() -> Batch {
    let examples = Examples::new(&PIXELS, &LABELS, [1, 2, 2], 2).expect("examples");
    examples.gather(&[0, 1, 2], &device())
}

fn perceptron() -> Perceptron {
    device().seed(5);
    Perceptron::draw([4, 3, 2], &device())
}

fn number(loss: Tensor<1>) -> f64 {
    f64::from(loss.into_scalar::<f32>())
}

#[test]
fn of_no_strength_it_is_the_plain_loss() {
    let _alone = alone();
    let model = perceptron();
    let plain = number(cross_entropy(model.logits(batch().images), batch().labels));
    let mut seen = 0;
    for defence in of_strength(&Kinds::default().defences, 0.0).into_iter().flatten() {
        if defence.strength().is_some() {
            let loss = number(defence.score(&model, batch(), 1).expect("scored").loss);
            assert!((loss - plain).abs() < 1e-6, "{defence:?}: {loss} {plain}");
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn the_logits_are_those_of_the_natural_images() {
    let _alone = alone();
    let model = perceptron();
    let natural = model.logits(batch().images).into_data();
    for defence in defences() {
        let logits = defence.score(&model, batch(), 1).expect("scored").logits.into_data();
        logits.assert_approx_eq::<f32>(&natural, burn::tensor::Tolerance::default());
    }
}

#[test]
fn the_loss_leads_back_to_every_weight() {
    struct Gradients<'a>(&'a GradientsParams);
    impl ModuleVisitor for Gradients<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id).expect("a gradient");
            assert!(gradient.into_data().iter::<f32>().all(f32::is_finite));
        }
    }
    let _alone = alone();
    let model = perceptron();
    for defence in accepted(&Kinds::default().defences) {
        let loss = defence.score(&model, batch(), 1).expect("scored").loss;
        model.visit(&mut Gradients(&GradientsParams::from_grads(loss.backward(), &model)));
    }
}

#[test]
fn equal_seeds_give_equal_scores() {
    let _alone = alone();
    let model = perceptron();
    for defence in defences() {
        let [once, again] =
            [(); 2].map(|()| defence.score(&model, batch(), 7).expect("scored").loss.into_data());
        once.assert_eq(&again, true);
    }
}

#[test]
fn the_model_keeps_its_weights() {
    let _alone = alone();
    let model = Moody::draw(&device());
    let weights = |model: &Moody| model.output_weights();
    let before = weights(&model);
    for defence in defences() {
        defence.score(&model, batch(), 1).expect("scored");
        assert_eq!(before, weights(&model), "{defence:?}");
    }
}

#[test]
fn a_step_costs_at_least_what_it_costs_without() {
    for defence in defences() {
        assert!(defence.cost() >= 1.0 && defence.cost().is_finite(), "{defence:?}");
    }
}
