//! Adversarial training: each step learns from its images and from what an attack makes of them.

use std::fmt;

use burn::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Defence, Scored, StepModel};
use crate::examples::Batch;
use crate::family::{Choice, Kind, KindError, Kinds, SettingError, Strength, read_settings};
use crate::perturbation::{AttackError, Fgsm, Perturbation};

/// Steps on `(1 − share) · J(x, y) + share · J(x', y)`, with `x'` what an attack makes of `x`: by default
/// `x' = clip(x + ε · sign(∇ₓ J(x, y)), 0, 1)`.
///
/// The images `x'` are made anew in each step against the model of that very step, frozen: without dropout, and without one of
/// its random numbers. The model then sees `x` and `x'` as one batch: with dropout each image has a mask of its own, and batch
/// statistics are those of both.
///
/// In a file it is a table, `adversarial = { epsilon = 0.1 }` for [`Fgsm`], or `adversarial = { attack = { pgd = 0.1 } }`.
///
/// Source: Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples" (2015), §6,
/// arXiv:1412.6572. Their α is the weight of the natural images, `1 − share`, and 0.5.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "Settings", try_from = "Settings")]
pub struct AdversarialTraining {
    /// What changes the images.
    pub attack: Choice<dyn Perturbation>,
    /// Weight of the loss on perturbed images, in `(0, 1]`.
    pub share: f64,
}

/// As a file has them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    epsilon: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attack: Option<Value>,
    #[serde(default = "half")]
    share: f64,
}

fn half() -> f64 {
    0.5
}

impl AdversarialTraining {
    /// As the source has it: against FGSM, half of the loss from perturbed images.
    pub fn new(epsilon: f64) -> Self {
        Self { attack: Fgsm::new(epsilon).into(), share: half() }
    }

    fn from_settings(settings: Settings, kinds: &Kinds) -> Result<Self, KindError> {
        let attack = match (settings.epsilon, settings.attack) {
            (Some(epsilon), None) => Fgsm::new(epsilon).into(),
            (None, Some(attack)) => {
                kinds.perturbations.read(&attack, kinds).map_err(|error| error.within("attack"))?
            }
            (None, None) => {
                return Err(KindError::whole("missing field `epsilon`, or `attack` in its place"));
            }
            (Some(_), Some(_)) => {
                return Err(KindError::value(
                    "attack",
                    "cannot be combined with `epsilon`; remove one of them",
                ));
            }
        };
        Ok(Self { attack, share: settings.share })
    }
}

impl From<AdversarialTraining> for Settings {
    fn from(training: AdversarialTraining) -> Self {
        let AdversarialTraining { attack, share } = training;
        match attack.strength() {
            Some((_, epsilon)) if attack.name() == Fgsm::NAME => {
                Self { epsilon: Some(epsilon), attack: None, share }
            }
            _ => Self { epsilon: None, attack: serde_json::to_value(&attack).ok(), share },
        }
    }
}

/// With FGSM by its ε, as version 0.1 had it: its checkpoints are recognised by that.
impl fmt::Debug for AdversarialTraining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("AdversarialTraining");
        match self.attack.strength() {
            Some((_, epsilon)) if self.attack.name() == Fgsm::NAME => fields.field("epsilon", &epsilon),
            _ => fields.field("attack", &self.attack),
        };
        fields.field("share", &self.share).finish()
    }
}

/// With the built-in attacks. [`Kind::read`] knows others.
impl TryFrom<Settings> for AdversarialTraining {
    type Error = KindError;

    fn try_from(settings: Settings) -> Result<Self, KindError> {
        Self::from_settings(settings, &Kinds::default())
    }
}

impl Kind for AdversarialTraining {
    const NAME: &'static str = "adversarial";
    const TITLE: &'static str = "adversarial training";
    const STRENGTH: Option<Strength> = Some(Strength { setting: "epsilon", symbol: "ε" });

    fn check(&self) -> Result<(), SettingError> {
        self.attack.check().map_err(|error| {
            if self.attack.name() == Fgsm::NAME {
                error
            } else {
                error.within(self.attack.name()).within("attack")
            }
        })?;
        if self.attack.as_attack().is_none() {
            let expected = "an attack: a perturbation that follows the gradient of the model";
            return Err(SettingError::new("attack", format!("`{}`", self.attack.name()), expected));
        }
        if self.share > 0.0 && self.share <= 1.0 {
            return Ok(());
        }
        Err(SettingError::new("share", self.share, "in (0, 1]"))
    }

    fn read(settings: &Map<String, Value>, kinds: &Kinds) -> Result<Self, KindError> {
        Self::from_settings(read_settings(settings)?, kinds)
    }
}

impl Defence for AdversarialTraining {
    fn score(
        &self,
        model: &dyn StepModel,
        Batch { images, labels }: Batch,
        seed: u64,
    ) -> Result<Scored, AttackError> {
        let Some(attack) = self.attack.as_attack() else {
            return Err(AttackError::Other(format!("`{}` is not an attack", self.attack.name())));
        };
        let perturbed = attack.perturb_seeded(&model.victim(), images.clone(), labels.clone(), seed)?;
        // One pass over both halves takes the time of two on a CPU, and starts half the kernels on a GPU.
        let count = labels.dims()[0];
        let logits = model.logits(Tensor::cat(vec![images, perturbed.autodiff()], 0));
        let [natural, perturbed] = [0, count].map(|first| logits.clone().narrow(0, first, count));
        let loss = model.loss(natural.clone(), labels.clone()) * (1.0 - self.share)
            + model.loss(perturbed, labels) * self.share;
        Ok(Scored { logits: natural, loss })
    }

    /// Twice the images, and the passes of the attack. A step with FGSM was measured.
    fn cost(&self) -> f64 {
        2.0 + 0.6 * self.attack.passes()
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::nn::Linear;
    use serde_json::json;

    use super::*;
    use crate::alone::alone;
    use crate::examples::Examples;
    use crate::networks::Perceptron;
    use crate::perturbation::{Attack, Noise, Pgd, Victim};
    use tinderbox_ops::Classifier;

    const PIXELS: [f32; 12] = [0.2, 0.4, 0.6, 0.8, 0.9, 0.1, 0.5, 0.3, 0.0, 1.0, 0.7, 0.2];
    const LABELS: [u8; 3] = [0, 1, 1];

    fn smooth(device: &Device) -> Perceptron {
        device.seed(5);
        Perceptron::smooth([4, 3, 2], device)
    }

    fn batch(device: &Device) -> Batch {
        let examples = Examples::new(&PIXELS, &LABELS, [1, 2, 2], 2).expect("examples");
        examples.gather(&[0, 1, 2], device)
    }

    fn loss(training: &AdversarialTraining, model: &Perceptron, device: &Device) -> Tensor<1> {
        training.score(model, batch(device), 1).expect("finite").loss
    }

    /// The mean cross-entropy of `images`, without any of the code above.
    fn plain_loss(model: &Perceptron, images: Tensor<4>, device: &Device) -> f64 {
        let pixels: Vec<f32> = images.into_data().iter::<f32>().collect();
        let examples = Examples::new(&pixels, &LABELS, [1, 2, 2], 2).expect("examples");
        crate::evaluate::evaluate(&model.valid(), &examples, &device.clone().inner()).loss
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences_of_the_mix() {
        let _alone = alone();
        let device = Device::flex().autodiff();
        let training = AdversarialTraining { share: 0.7, ..AdversarialTraining::new(0.1) };
        let model = smooth(&device);
        let layers: [fn(&mut Perceptron) -> &mut Linear; 2] =
            [|model| &mut model.hidden, |model| &mut model.output];
        for layer in layers {
            let weight = layer(&mut model.clone()).weight.val();
            let gradient = weight.grad(&loss(&training, &model, &device).backward()).expect("a gradient");
            let [rows, columns] = weight.dims();
            for (place, gradient) in gradient.into_data().iter::<f32>().enumerate() {
                let moved = |by: f32| {
                    let mut values: Vec<f32> = weight.clone().into_data().iter::<f32>().collect();
                    values[place] += by;
                    let mut model = model.clone();
                    let values = Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), &device);
                    layer(&mut model).weight = burn::module::Param::from_tensor(values);
                    f64::from(loss(&training, &model, &device).into_scalar::<f32>())
                };
                let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
                assert!((difference - f64::from(gradient)).abs() < 1e-4, "{place}: {difference} {gradient}");
            }
        }
    }

    #[test]
    fn the_loss_is_the_weighted_sum_of_both_and_the_logits_are_the_natural_ones() {
        let _alone = alone();
        let device = Device::flex().autodiff();
        let model = smooth(&device);
        let Batch { images, labels } = batch(&device);
        let attack = Fgsm::new(0.3);
        let perturbed = attack.perturb(&Victim::freeze(&model), images.clone(), labels).expect("attacked");
        let natural = plain_loss(&model, images.clone(), &device);
        let robust = plain_loss(&model, perturbed, &device);
        assert!(robust > natural + 0.01, "{robust} {natural}");
        // A share of 1 is training on perturbed images alone.
        for share in [0.25, 0.5, 1.0] {
            let mix = loss(&AdversarialTraining { share, ..AdversarialTraining::new(0.3) }, &model, &device);
            let mix = f64::from(mix.into_scalar::<f32>());
            assert!((mix - (1.0 - share) * natural - share * robust).abs() < 1e-6, "{share}: {mix}");
        }
        let scored = AdversarialTraining::new(0.1).score(&model, batch(&device), 1);
        let logits = scored.expect("finite").logits.into_data();
        logits.assert_approx_eq::<f32>(&model.logits(images).into_data(), burn::tensor::Tolerance::default());
    }

    fn read(settings: &Value) -> Result<AdversarialTraining, KindError> {
        AdversarialTraining::read(settings.as_object().expect("a table"), &Kinds::default())
    }

    #[test]
    fn it_is_a_table_in_which_share_may_be_left_out_and_nothing_may_be_misspelt() {
        assert_eq!(read(&json!({ "epsilon": 0.1 })).expect("read"), AdversarialTraining::new(0.1));
        let training = AdversarialTraining { share: 0.25, ..AdversarialTraining::new(0.1) };
        let written = serde_json::to_string(&training).expect("written");
        assert_eq!(written, r#"{"epsilon":0.1,"share":0.25}"#);
        let message = read(&json!({ "epsilon": 0.1, "shares": 1 })).expect_err("refused").to_string();
        assert_eq!(message, "`shares`: unknown key; expected one of epsilon, attack, share");
    }

    #[test]
    fn its_attack_may_be_another() {
        let pgd = Pgd { steps: 3, ..Pgd::new(0.1, 0.05) };
        let table =
            json!({ "attack": { "pgd": { "epsilon": 0.1, "step_size": 0.05, "steps": 3 } }, "share": 0.5 });
        let training = read(&table).expect("read");
        assert_eq!(training, AdversarialTraining { attack: pgd.into(), share: 0.5 });
        assert_eq!(serde_json::to_value(&training).expect("written"), table);
        // Two images more, and three passes.
        assert!((training.cost() - 3.8).abs() < 1e-12);
        assert!((AdversarialTraining::new(0.1).cost() - 2.6).abs() < 1e-12);
        let fgsm = read(&json!({ "attack": { "fgsm": 0.1 } })).expect("read");
        assert_eq!(fgsm, AdversarialTraining::new(0.1));
    }

    #[test]
    fn another_attack_is_stronger_in_training_too() {
        let _alone = alone();
        let device = Device::flex().autodiff();
        let model = smooth(&device);
        let pgd = Pgd { steps: 1, ..Pgd::new(0.3, 0.0001) };
        let [fgsm, started] = [Fgsm::new(0.3).into(), pgd.into()].map(|attack| {
            let training = AdversarialTraining { attack, share: 1.0 };
            training.score(&model, batch(&device), 1).expect("finite").loss.into_scalar::<f32>()
        });
        assert!(fgsm > started + 0.01, "{fgsm} {started}");
        // Another step, another random start.
        let training = AdversarialTraining { attack: Pgd::new(0.3, 0.0001).into(), share: 1.0 };
        let [one, other] =
            [1, 2].map(|seed| training.score(&model, batch(&device), seed).expect("finite").loss.into_data());
        assert_ne!(one, other);
    }

    #[test]
    fn an_attack_that_is_none_and_two_at_once_are_refused() {
        let message = |settings: Value| {
            let kinds = Kinds::default();
            kinds.defences.read(&settings, &kinds).expect_err("refused").to_string()
        };
        assert_eq!(message(json!({})), "missing field `epsilon`, or `attack` in its place");
        assert_eq!(
            message(json!({ "epsilon": 0.1, "attack": { "fgsm": 0.1 } })),
            "`attack`: cannot be combined with `epsilon`; remove one of them"
        );
        assert_eq!(
            message(json!({ "attack": { "noise": 0.1 } })),
            "`attack`: is `noise`, expected an attack: a perturbation that follows the gradient of the model"
        );
        assert_eq!(
            message(json!({ "attack": { "pgd": { "epsilon": 0.1, "steps": 0 } } })),
            "`attack.pgd.steps`: is 0, expected at least 1"
        );
        let noise = AdversarialTraining { attack: Noise::new(0.1, 0).into(), share: 0.5 };
        assert!(noise.check().is_err());
    }
}
