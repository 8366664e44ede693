//! The contract of [`Perturbation`](super::Perturbation) as tests over all built-in kinds: one test a promise.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::Rng;

use super::*;
use crate::Kinds;
use crate::alone::alone;
use crate::family::Choice;
use crate::family::contract::{accepted, built_in, of_strength};
use crate::networks::Moody;
use crate::stream::stream;

fn perturbations() -> Vec<Choice<dyn Perturbation>> {
    built_in(&Kinds::default().perturbations)
}

const SHAPE: [usize; 3] = [1, 2, 2];

/// Images of 2x2 pixels in two classes.
struct Digits {
    pixels: Vec<f32>,
    labels: Vec<u8>,
}

impl Digits {
    fn new(count: usize) -> Self {
        let mut rng = stream(1, "pixels", 0);
        let pixels = (0..count * 4).map(|_| (rng.next_u32() % 101) as f32 / 100.0).collect();
        Self { pixels, labels: (0..count).map(|image| (image % 2) as u8).collect() }
    }

    fn examples(&self) -> Examples<'_> {
        Examples::new(&self.pixels, &self.labels, SHAPE, 2).expect("examples")
    }
}

/// Scores `[brightness, -brightness]`.
fn brightness(images: Tensor<4>) -> Tensor<2> {
    let brightness = images.flatten::<2>(1, 3).sum_dim(1);
    Tensor::cat(vec![brightness.clone(), -brightness], 1)
}

fn apply(perturbation: &dyn Perturbation, examples: &Examples, seed: u64) -> Vec<f32> {
    let (victim, device) = (Victim::from_logits(brightness), Device::flex());
    perturbation.apply(examples, &Context { victim: &victim, seed, device: &device }).expect("changed")
}

#[test]
fn images_stay_images() {
    // More than one batch, and one of another size.
    let some = Digits::new(BATCH + 3);
    for strength in [0.1, 1.0] {
        for perturbation in of_strength(&Kinds::default().perturbations, strength).into_iter().flatten() {
            let pixels = apply(&*perturbation, &some.examples(), 1);
            some.examples().with_pixels(&pixels).unwrap_or_else(|error| panic!("{perturbation:?}: {error}"));
        }
    }
    let few = Digits::new(3);
    for perturbation in accepted(&Kinds::default().perturbations) {
        let pixels = apply(&*perturbation, &few.examples(), 1);
        few.examples().with_pixels(&pixels).unwrap_or_else(|error| panic!("{perturbation:?}: {error}"));
    }
}

#[test]
fn an_attack_moves_no_pixel_further_than_its_strength() {
    let some = Digits::new(100);
    let mut kinds = accepted(&Kinds::default().perturbations);
    for strength in [1e-9, 0.03, 0.07, 0.3] {
        kinds.extend(of_strength(&Kinds::default().perturbations, strength).into_iter().flatten());
    }
    for attack in kinds.iter().filter(|perturbation| perturbation.as_attack().is_some()) {
        let (_, epsilon) = attack.strength().unwrap_or_else(|| panic!("{attack:?} has no STRENGTH"));
        for (before, after) in some.pixels.iter().zip(apply(&**attack, &some.examples(), 1)) {
            let distance = (f64::from(after) - f64::from(*before)).abs();
            assert!(distance <= epsilon, "{attack:?}: {before} became {after}; `project` has the last word");
        }
    }
}

#[test]
fn the_seed_matters_only_if_it_says_so() {
    let some = Digits::new(5);
    for perturbation in perturbations() {
        let [once, again, other] = [1, 1, 2].map(|seed| apply(&*perturbation, &some.examples(), seed));
        assert_eq!(once, again, "{perturbation:?}");
        assert_eq!(once != other, perturbation.is_seeded(), "{perturbation:?}");
    }
}

#[test]
fn without_a_seed_an_image_changes_in_the_same_way_wherever_it_is() {
    let some = Digits::new(6);
    for perturbation in perturbations().iter().filter(|perturbation| !perturbation.is_seeded()) {
        let all = apply(&**perturbation, &some.examples(), 1);
        let last = Examples::new(&some.pixels[12..], &some.labels[3..], SHAPE, 2).expect("examples");
        assert_eq!(apply(&**perturbation, &last, 1), all[12..], "{perturbation:?}");
    }
}

#[test]
fn of_no_strength_it_changes_no_bit() {
    let some = Digits::new(5);
    // Where files allow it.
    for perturbation in of_strength(&Kinds::default().perturbations, 0.0).into_iter().flatten() {
        if perturbation.strength().is_some() {
            assert_eq!(apply(&*perturbation, &some.examples(), 1), some.pixels, "{perturbation:?}");
        }
    }
}

#[test]
fn the_model_stays_as_it_is_to_the_byte() {
    let _alone = alone();
    let model = Moody::draw(&Device::flex().autodiff());
    let victim = Victim::freeze(&model);
    let some = Digits::new(5);
    let (before, device) = (model.bytes(), Device::flex());
    for perturbation in perturbations() {
        let context = Context { victim: &victim, seed: 1, device: &device };
        let [once, again] =
            [(); 2].map(|()| perturbation.apply(&some.examples(), &context).expect("changed"));
        assert_eq!(once, again, "{perturbation:?}");
        assert_eq!(before, model.bytes(), "{perturbation:?}");
    }
}

#[test]
fn it_asks_the_model_as_often_as_it_says() {
    let (some, device) = (Digits::new(3), Device::flex());
    for perturbation in perturbations() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let victim = Victim::from_logits(move |images| {
            count.fetch_add(1, Ordering::Relaxed);
            brightness(images)
        });
        perturbation
            .apply(&some.examples(), &Context { victim: &victim, seed: 1, device: &device })
            .expect("changed");
        // Forward alone is about a third of a pass forward and back.
        let (asked, passes) = (asked.load(Ordering::Relaxed) as f64, perturbation.passes());
        assert!(
            passes <= asked && asked <= 3.0 * passes,
            "{perturbation:?}: asked {asked} times, passes {passes}"
        );
    }
}
