use burn::tensor::{Distribution, Tolerance};
use proptest::prelude::*;

use super::*;
use crate::alone::alone;
use crate::examples::Examples;
use crate::networks::{Moody, Perceptron};

/// Burn's CPU backends that this build has.
#[cfg(not(feature = "ndarray"))]
fn devices() -> [Device; 1] {
    [Device::flex()]
}

/// Burn's CPU backends.
#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "upstream prefers flex; here ndarray stays a choice of the user's")]
fn devices() -> [Device; 2] {
    [Device::flex(), Device::ndarray()]
}

/// Scores `[brightness, -brightness]`: attacking class 0 must darken every pixel, class 1 must brighten it.
fn brightness(images: Tensor<4>) -> Tensor<2> {
    let brightness = images.flatten::<2>(1, 3).sum_dim(1);
    Tensor::cat(vec![brightness.clone(), -brightness], 1)
}

fn labels(labels: &[i64], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(labels.to_vec(), [labels.len()]), device)
}

#[test]
fn fgsm_moves_each_pixel_by_epsilon_against_its_class() {
    for device in devices() {
        let images = Tensor::<4>::full([2, 1, 2, 2], 0.5, &device);
        let victim = Victim::from_logits(brightness);
        let moved = Fgsm::new(0.1).perturb(&victim, images, labels(&[0, 1], &device)).expect("attacked");
        let expected = TensorData::from([[[[0.4, 0.4], [0.4, 0.4]]], [[[0.6, 0.6], [0.6, 0.6]]]]);
        moved.into_data().assert_approx_eq::<f32>(&expected, Tolerance::default());
    }
}

#[test]
fn pgd_stops_at_the_edge_of_the_ball_and_of_the_image() {
    let device = Device::flex();
    let images = Tensor::<4>::from_data(TensorData::from([[[[0.5f32, 0.02]]]]), &device);
    let victim = Victim::from_logits(brightness);
    let moved = Pgd::new(0.1, 0.03).perturb(&victim, images, labels(&[0], &device)).expect("attacked");
    moved.into_data().assert_approx_eq::<f32>(&TensorData::from([[[[0.4, 0.0]]]]), Tolerance::default());
}

#[test]
fn one_long_step_of_pgd_is_fgsm() {
    let _alone = alone();
    let device = Device::flex();
    device.seed(3);
    let network = Perceptron::draw([12, 8, 3], &device);
    let victim = Victim::freeze(&network);
    let images = Tensor::<4>::random([5, 1, 3, 4], Distribution::Uniform(0.0, 1.0), &device);
    let classes = labels(&[0, 1, 2, 0, 1], &device);
    let fast = Fgsm::new(0.2).perturb(&victim, images.clone(), classes.clone()).expect("attacked");
    let slow = Pgd { steps: 1, ..Pgd::new(0.2, 0.2) }.perturb(&victim, images, classes).expect("attacked");
    fast.into_data().assert_approx_eq::<f32>(&slow.into_data(), Tolerance::default());
}

#[test]
fn the_gradient_is_that_of_finite_differences() {
    let _alone = alone();
    let device = Device::flex();
    device.seed(5);
    let network = Perceptron::smooth([4, 6, 2], &device);
    let victim = Victim::freeze(&network);
    let pixels = [0.2f32, 0.4, 0.6, 0.8];
    let loss = |pixels: [f32; 4]| {
        let examples = Examples::new(&pixels, &[1], [1, 2, 2], 2).expect("examples");
        crate::evaluate::evaluate(&victim, &examples, &device).loss
    };
    let images = Tensor::<4>::from_data(TensorData::new(pixels.to_vec(), [1, 1, 2, 2]), &device);
    let gradient = victim.image_gradient(images, labels(&[1], &device)).expect("a gradient").into_data();
    for (pixel, gradient) in gradient.iter::<f32>().enumerate() {
        let moved = |by: f32| {
            let mut moved = pixels;
            moved[pixel] += by;
            loss(moved)
        };
        let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
        assert!((difference - f64::from(gradient)).abs() < 1e-3, "{pixel}: {difference} {gradient}");
    }
}

#[test]
fn a_model_in_training_is_attacked_as_it_evaluates_and_stays_as_it_is() {
    let _alone = alone();
    let device = Device::flex().autodiff();
    let model = Moody::draw(&device);
    let before = model.bytes();
    let images = Tensor::<4>::random([6, 1, 2, 2], Distribution::Uniform(0.0, 1.0), &device);
    let classes = labels(&[0, 1, 0, 1, 0, 1], &device);
    let victim = Victim::freeze(&model);
    let [once, again] = [(); 2].map(|()| {
        Fgsm::new(0.1).perturb(&victim, images.clone(), classes.clone()).expect("attacked").into_data()
    });
    once.assert_eq(&again, true);
    assert_eq!(before, model.bytes());
}

#[test]
fn an_image_is_attacked_the_same_in_any_batch() {
    let device = Device::flex();
    let victim = Victim::from_logits(brightness);
    let image = Tensor::<4>::full([1, 1, 2, 2], 0.3, &device);
    let alone = victim.image_gradient(image.clone(), labels(&[0], &device)).expect("a gradient");
    let batch = Tensor::cat(vec![image, Tensor::<4>::full([3, 1, 2, 2], 0.9, &device)], 0);
    let among = victim.image_gradient(batch, labels(&[0, 1, 1, 0], &device)).expect("a gradient");
    alone.into_data().assert_approx_eq::<f32>(&among.narrow(0, 0, 1).into_data(), Tolerance::default());
}

#[test]
fn a_nan_gradient_is_an_error_not_robustness() {
    for device in devices() {
        let victim = Victim::from_logits(|images| brightness(images) * f64::NAN);
        let images = Tensor::<4>::full([1, 1, 2, 2], 0.5, &device);
        let error = Fgsm::new(0.1).perturb(&victim, images, labels(&[0], &device)).expect_err("refused");
        assert_eq!(error, AttackError::Gradient);
    }
}

#[test]
fn settings_outside_their_range_are_named() {
    let device = Device::flex();
    let victim = Victim::from_logits(brightness);
    let attack = |attack: &dyn Attack| {
        let images = Tensor::<4>::full([1, 1, 2, 2], 0.5, &device);
        attack.perturb(&victim, images, labels(&[0], &device)).expect_err("refused").to_string()
    };
    assert_eq!(attack(&Fgsm::new(-0.1)), "epsilon is -0.1, expected in [0, 1]");
    assert_eq!(attack(&Fgsm::new(f64::NAN)), "epsilon is NaN, expected in [0, 1]");
    assert_eq!(attack(&Pgd { steps: 0, ..Pgd::new(0.1, 0.1) }), "steps is 0, expected at least 1");
    let endless = Pgd { steps: 100_001, ..Pgd::new(0.1, 0.1) };
    assert_eq!(attack(&endless), "steps is 100001, expected at most 100,000");
    assert_eq!(attack(&Pgd::new(0.1, 0.0)), "step_size is 0, expected a finite number above 0");
}

#[test]
fn robust_accuracy_falls_where_the_margin_is_smaller_than_epsilon() {
    // Darker than 0.5 is class 1; the margins are 0.3 and 0.05.
    let victim = Victim::from_logits(|images| {
        let bright = images.flatten::<2>(1, 3).mean_dim(1) - 0.5;
        Tensor::cat(vec![bright.clone(), -bright], 1)
    });
    let examples = Examples::new(&[0.8, 0.45], &[0, 1], [1, 1, 1], 2).expect("examples");
    let robust = |epsilon| {
        evaluate_under(&Fgsm::new(epsilon), &victim, &examples, &Device::flex()).expect("attacked").accuracy
    };
    for (epsilon, accuracy) in [(0.0, 1.0), (0.1, 0.5), (0.4, 0.0)] {
        assert!((robust(epsilon) - accuracy).abs() < 1e-12, "{epsilon}");
    }
}

proptest! {
    #[test]
    fn no_pixel_moves_further_than_epsilon_or_out_of_its_range(
        pixels in prop::collection::vec(0.0f32..=1.0, 8),
        epsilon in 0.0f64..=1.0,
        seed: u64,
    ) {
        let device = Device::flex();
        let victim = Victim::from_logits(brightness);
        let images = Tensor::<4>::from_data(TensorData::new(pixels.clone(), [2, 1, 2, 2]), &device);
        let attacks: [&dyn Attack; 2] =
            [&Fgsm::new(epsilon), &Pgd { steps: 3, start: Some(seed), ..Pgd::new(epsilon, 0.07) }];
        for attack in attacks {
            let moved = attack.perturb(&victim, images.clone(), labels(&[0, 1], &device)).expect("attacked");
            for (before, after) in pixels.iter().zip(moved.into_data().iter::<f32>()) {
                prop_assert!((0.0..=1.0).contains(&after));
                prop_assert!(f64::from((before - after).abs()) <= epsilon + 1e-6);
                prop_assert!((f64::from(*before) - f64::from(after)).abs() <= epsilon);
                prop_assert!((before - after).abs() <= epsilon as f32);
            }
        }
    }
}

#[test]
fn no_images_stay_no_images() {
    let device = Device::flex();
    let victim = Victim::from_logits(brightness);
    let none = || Tensor::<4>::zeros([0, 1, 2, 2], &device);
    let fgsm = Fgsm::new(0.1).perturb(&victim, none(), labels(&[], &device)).expect("attacked");
    let pgd = Pgd::new(0.1, 0.03).perturb(&victim, none(), labels(&[], &device)).expect("attacked");
    assert_eq!([fgsm.dims(), pgd.dims()], [[0, 1, 2, 2]; 2]);
}

#[test]
fn a_whole_set_is_attacked_to_the_same_bits_as_batch_by_batch() {
    let _alone = alone();
    let device = Device::flex();
    device.seed(3);
    let network = Perceptron::draw([4, 8, 2], &device);
    let victim = Victim::freeze(&network);
    let pixels: Vec<f32> = (0..4 * (BATCH + 7)).map(|place| (place * 37 % 101) as f32 / 100.0).collect();
    let labels: Vec<u8> = (0..BATCH + 7).map(|image| (image % 2) as u8).collect();
    let examples = Examples::new(&pixels, &labels, [1, 2, 2], 2).expect("examples");
    let context = Context { victim: &victim, seed: 5, device: &device };
    let whole = evaluate_perturbed(&Fgsm::new(0.1), &examples, &context).expect("attacked");
    assert_eq!(whole, evaluate_under(&Fgsm::new(0.1), &victim, &examples, &device).expect("attacked"));
    let pgd = Pgd { steps: 3, ..Pgd::new(0.1, 0.05) };
    let whole = evaluate_perturbed(&pgd, &examples, &context).expect("attacked");
    let started = Pgd { start: Some(5), ..pgd };
    assert_eq!(whole, evaluate_under(&started, &victim, &examples, &device).expect("attacked"));
}

#[test]
fn noise_for_a_model_is_that_of_its_seed() {
    let (pixels, device) = ([0.5; 8], Device::flex());
    let examples = Examples::new(&pixels, &[0, 1], [1, 2, 2], 2).expect("examples");
    let victim = Victim::from_logits(brightness);
    let context = Context { victim: &victim, seed: 7, device: &device };
    let noisy = Perturbation::apply(&Noise::new(0.1, 99), &examples, &context).expect("noise");
    assert_eq!(noisy, Noise::new(0.1, 7).apply(&examples).expect("noise"));
}

/// Upside down: neither a gradient nor a random number.
#[derive(Debug)]
struct Turn;

impl Perturbation for Turn {
    fn apply(&self, examples: &Examples, _: &Context) -> Result<Vec<f32>, AttackError> {
        let size = examples.shape().iter().product();
        Ok(examples.pixels().chunks(size).flat_map(|image| image.iter().rev().copied()).collect())
    }
}

/// Leaves out the last pixel.
#[derive(Debug)]
struct Short;

impl Perturbation for Short {
    fn apply(&self, examples: &Examples, _: &Context) -> Result<Vec<f32>, AttackError> {
        Ok(examples.pixels()[1..].to_vec())
    }
}

#[test]
fn a_perturbation_of_ones_own_is_asked_as_the_built_in_ones_are() {
    let device = Device::flex();
    // Class 0 is brighter in its first pixel.
    let victim = Victim::from_logits(|images| images.flatten::<2>(1, 3));
    let examples = Examples::new(&[0.9, 0.1, 0.2, 0.8], &[0, 1], [1, 1, 2], 2).expect("examples");
    let context = Context { victim: &victim, seed: 0, device: &device };
    let turned = evaluate_perturbed(&Turn, &examples, &context).expect("turned");
    assert_eq!(turned.answers().collect::<Vec<_>>(), [Some(1), Some(0)]);
    let message = evaluate_perturbed(&Short, &examples, &context).expect_err("refused").to_string();
    assert!(message.contains("3 pixels for 2 labels"), "{message}");
}
