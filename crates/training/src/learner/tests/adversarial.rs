//! Adversarial training as the learner does it.

use burn::module::{ModuleVisitor, Param};
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::networks::Perceptron;
use crate::perturbation::{Attack, Fgsm, Victim, evaluate_under};

fn adversarial(config: &LearnerConfig, epsilon: f64, share: f64) -> LearnerConfig {
    let training = AdversarialTraining { share, ..AdversarialTraining::new(epsilon) };
    LearnerConfig { adversarial: Some(training.into()), ..config.clone() }
}

/// Trains a network without dropout on some examples, and tests it on others.
fn fit_perceptron(
    config: &LearnerConfig,
    seed: u64,
    training: Examples,
    test: Examples,
) -> Fitted<Perceptron> {
    let _alone = alone();
    let pixels = training.pixels().len() / training.len();
    let splits = Splits { training, validation: test, test };
    let learner = config.init(seed).expect("a learner");
    learner
        .fit(|device| Perceptron::draw([pixels, 24, 2], device), &Device::flex(), &splits, &mut ())
        .expect("trained")
}

fn values(model: &impl Module) -> Vec<f32> {
    struct Values(Vec<f32>);
    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().iter::<f32>());
        }
    }
    let mut values = Values(Vec::new());
    model.visit(&mut values);
    values.0
}

#[test]
fn natural_training_is_what_it_was() {
    // Training and test loss of each epoch before learners knew of perturbed images. The bits behind these digits
    // depend on the width of the processor's vectors.
    let expected =
        [(0.700_697_326, 0.689_832_274), (0.679_384_842, 0.675_006_373), (0.666_374_054, 0.645_587_302)];
    for device in devices() {
        let fitted = fit(&config(3), 1, &device, None, &mut ()).expect("trained");
        assert_eq!(fitted.history.len(), expected.len());
        for (epoch, (training, test)) in fitted.history.iter().zip(expected) {
            assert!((epoch.training_loss - training).abs() < 1e-5, "{epoch:?}");
            assert!((epoch.test_loss - test).abs() < 1e-5, "{epoch:?}");
        }
    }
}

#[test]
fn without_a_change_of_the_images_it_is_natural_training() {
    let (training, test) = (Rows::new(100, 1), Rows::new(20, 2));
    // Plain descent: Adam makes whole steps of rounding errors where a gradient is almost zero.
    let natural = LearnerConfig { optimizer: Sgd { momentum: 0.9 }.into(), ..config(5) };
    let fit = |config: &LearnerConfig| fit_perceptron(config, 1, training.examples(), test.examples());
    let expected = fit(&natural);
    for share in [0.5, 1.0] {
        let fitted = fit(&adversarial(&natural, 0.0, share));
        for (value, expected) in values(&fitted.model).iter().zip(values(&expected.model)) {
            assert!((value - expected).abs() < 1e-6, "{value} {expected}");
        }
        for (epoch, expected) in fitted.history.iter().zip(&expected.history) {
            assert!((epoch.training_loss - expected.training_loss).abs() < 1e-6);
            assert!((epoch.training_accuracy - expected.training_accuracy).abs() < 1e-12);
        }
    }
    let moved = fit(&adversarial(&natural, 0.1, 0.5));
    assert!(moved.history[0].training_loss > expected.history[0].training_loss + 1e-3);
}

#[test]
fn it_goes_on_bit_for_bit_from_a_checkpoint_with_dropout_on() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let config = adversarial(&LearnerConfig { patience: Some(3), ..config(4) }, 0.1, 0.5);
    for device in devices() {
        let whole = fit(&config, 5, &device, None, &mut ()).expect("trained");
        for remaining in [3, 8, 18, 27] {
            let killed = fit(&config, 5, &device, Some(&path), &mut Killer { remaining });
            assert!(matches!(killed, Err(LearnerError::Interrupted { .. })));
            let resumed = fit(&config, 5, &device, Some(&path), &mut ()).expect("trained");
            assert_eq!(resumed.history, whole.history, "killed at step {remaining}");
            assert_eq!(bits(&resumed.model), bits(&whole.model), "killed at step {remaining}");
            fs::remove_file(&path).expect("a checkpoint");
        }
    }
}

#[test]
fn a_checkpoint_of_another_epsilon_share_or_of_natural_training_is_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let run = |config: &LearnerConfig| fit(config, 1, &Device::flex(), Some(&path), &mut ());
    let natural = config(1);
    run(&adversarial(&natural, 0.1, 0.5)).expect("trained");
    run(&adversarial(&natural, 0.1, 0.5)).expect("loaded");
    for other in [natural.clone(), adversarial(&natural, 0.2, 0.5), adversarial(&natural, 0.1, 1.0)] {
        let message = run(&other).expect_err("refused").to_string();
        assert!(message.contains("belongs to another training"), "{message}");
    }
}

#[test]
fn the_attack_of_a_step_draws_no_random_number() {
    let _alone = alone();
    for device in devices() {
        let device = device.autodiff();
        let model = Small::draw(&device);
        let images = Tensor::<4>::full([3, 1, 2, 2], 0.5, &device);
        let labels = Tensor::<1, Int>::zeros([3], &device);
        // Weights are drawn when they are first looked at.
        model.logits(images.clone());
        let [quiet, attacked] = [false, true].map(|attack| {
            device.seed(9);
            if attack {
                let victim = Victim::freeze(&model);
                Fgsm::new(0.1).perturb(&victim, images.clone(), labels.clone()).expect("attacked");
            }
            model.logits(images.clone()).into_data()
        });
        quiet.assert_eq(&attacked, true);
    }
}

/// Has a finite loss, finite gradients of its weights, and `0 · ∞` for the gradient of its images.
#[derive(Module, Debug)]
struct Cliff {
    small: Small,
}

impl Classifier for Cliff {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let cliff = (images.clone() * 0.0).sqrt().flatten::<2>(1, 3).sum_dim(1);
        self.small.logits(images) + cliff
    }
}

#[test]
fn a_gradient_that_is_not_finite_is_divergence() {
    let rows = Rows::new(20, 1);
    let splits = Splits { training: rows.examples(), validation: rows.examples(), test: rows.examples() };
    let ending = |config: LearnerConfig| {
        let _alone = alone();
        let draw = |device: &Device| Cliff { small: Small::draw(device) };
        let learner = config.init(1).expect("a learner");
        learner.fit(draw, &Device::flex(), &splits, &mut ()).expect("an answer").ending
    };
    assert_eq!(ending(config(2)), Ending::Finished);
    assert_eq!(ending(adversarial(&config(2), 0.1, 0.5)), Ending::Diverged { epoch: 1 });
}

/// Images of 6x6 pixels with a blob in the left half (class 0) or the right, in the wrong half one time in ten. A faint
/// texture of the class says the rest: enough for any natural image, and less than an ε of 0.1.
///
/// After Tsipras, Santurkar, Engstrom, Turner, Madry, "Robustness May Be at Odds with Accuracy" (2019), §2.1,
/// arXiv:1805.12152.
fn blobs(count: usize, seed: u64) -> (Vec<f32>, Vec<u8>) {
    let mut rng = stream(seed, "blobs", 0);
    let (mut pixels, mut labels) = (Vec::with_capacity(count * 36), Vec::with_capacity(count));
    for image in 0..count {
        let label = image % 2;
        let half = if rng.next_u32().is_multiple_of(10) { 1 - label } else { label };
        let (row, column) = (1.0 + f64::from(rng.next_u32() % 4), 1.0 + 3.0 * half as f64);
        for place in 0..36 {
            let (y, x) = (f64::from(place / 6), f64::from(place % 6));
            let blob = 0.5 * (-(y - row).powi(2) - (x - column).powi(2)).exp();
            let texture = if (place / 6 + place % 6) as usize % 2 == label { 0.05 } else { -0.05 };
            let noise: f64 = StandardNormal.sample(&mut rng);
            pixels.push((0.3 + blob + texture + 0.05 * noise).clamp(0.0, 1.0) as f32);
        }
        labels.push(label as u8);
    }
    (pixels, labels)
}

#[test]
fn it_makes_a_model_robust_and_costs_natural_accuracy() {
    let sets = [blobs(400, 1), blobs(200, 2)];
    let [training, test] = sets
        .each_ref()
        .map(|(pixels, labels)| Examples::new(pixels, labels, [1, 6, 6], 2).expect("blobs are examples"));
    for seed in [1, 2, 3] {
        let natural = config(15);
        let [natural, robust] = [natural.clone(), adversarial(&natural, 0.1, 0.5)].map(|config| {
            let fitted = fit_perceptron(&config, seed, training, test);
            let victim = Victim::freeze(&fitted.model);
            let attacked = evaluate_under(&Fgsm::new(0.1), &victim, &test, &Device::flex());
            (fitted.history[14].test_accuracy, attacked.expect("attacked").accuracy)
        });
        assert!(robust.1 > natural.1 + 0.3, "{seed}: {natural:?} {robust:?}");
        assert!(natural.0 > robust.0, "{seed}: {natural:?} {robust:?}");
    }
}

#[test]
fn settings_of_it_outside_their_range_are_named() {
    let refused =
        |epsilon, share| adversarial(&config(1), epsilon, share).init(1).expect_err("refused").to_string();
    for epsilon in [-0.1, 1.1, f64::NAN] {
        assert_eq!(refused(epsilon, 0.5), format!("adversarial.epsilon is {epsilon}, expected in [0, 1]"));
    }
    for share in [0.0, 1.5, f64::NAN] {
        assert_eq!(refused(0.1, share), format!("adversarial.share is {share}, expected in (0, 1]"));
    }
    adversarial(&config(1), 1.0, 1.0).check().expect("the ends are inside");
}
