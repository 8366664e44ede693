//! Adversarial training: each step learns from its images and from what an attack makes of them.

use burn::module::Module;
use burn::prelude::*;
use serde::{Deserialize, Serialize};
use tinderbox_models::Classifier;
use tinderbox_ops::cross_entropy;

use super::LearnerError;
use crate::adversarial::{Attack, AttackError, Fgsm, Victim};
use crate::examples::Batch;

/// Steps on `(1 − share) · J(x, y) + share · J(x', y)`, with `x' = clip(x + ε · sign(∇ₓ J(x, y)), 0, 1)`.
///
/// The images `x'` are made anew in each step by [`Fgsm`] against the model of that very step, frozen: without dropout,
/// and without a random number of its own. The model then sees `x` and `x'` as one batch: with dropout each image has a
/// mask of its own, and batch statistics are those of both.
///
/// In a file it is a table, `adversarial = { epsilon = 0.1 }`.
///
/// Source: Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples" (2015), §6,
/// arXiv:1412.6572. Their α is the weight of the natural images, `1 − share`, and 0.5.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdversarialTraining {
    /// ε, the largest change of a pixel, in `[0, 1]`.
    pub epsilon: f64,
    /// Weight of the loss on perturbed images, in `(0, 1]`.
    #[serde(default = "half")]
    pub share: f64,
}

impl AdversarialTraining {
    /// As the source has it: half of the loss from perturbed images.
    pub fn new(epsilon: f64) -> Self {
        Self { epsilon, share: half() }
    }

    pub(super) fn check(&self) -> Result<(), LearnerError> {
        let refuse = |field, value: f64, expected| {
            Err(LearnerError::Config { field, value: value.to_string(), expected })
        };
        if !(0.0..=1.0).contains(&self.epsilon) {
            return refuse("adversarial.epsilon", self.epsilon, "in [0, 1]");
        }
        if !(self.share > 0.0 && self.share <= 1.0) {
            return refuse("adversarial.share", self.share, "in (0, 1]");
        }
        Ok(())
    }

    /// The logits of the natural images, and the loss of the mix.
    ///
    /// # Errors
    /// If the gradient of the images is not finite.
    pub(super) fn score<M: Classifier + Module + 'static>(
        &self,
        model: &M,
        Batch { images, labels }: Batch,
    ) -> Result<(Tensor<2>, Tensor<1>), AttackError> {
        let victim = Victim::freeze(model);
        let perturbed = Fgsm::new(self.epsilon).perturb(&victim, images.clone(), labels.clone())?;
        // One pass over both halves takes the time of two on a CPU, and starts half the kernels on a GPU.
        let count = labels.dims()[0];
        let logits = model.logits(Tensor::cat(vec![images, perturbed.autodiff()], 0));
        let [natural, perturbed] = [0, count].map(|first| logits.clone().narrow(0, first, count));
        let loss = cross_entropy(natural.clone(), labels.clone()) * (1.0 - self.share)
            + cross_entropy(perturbed, labels) * self.share;
        Ok((natural, loss))
    }
}

fn half() -> f64 {
    0.5
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::activation::sigmoid;

    use super::*;
    use crate::alone::alone;
    use crate::examples::Examples;

    const PIXELS: [f32; 12] = [0.2, 0.4, 0.6, 0.8, 0.9, 0.1, 0.5, 0.3, 0.0, 1.0, 0.7, 0.2];
    const LABELS: [u8; 3] = [0, 1, 1];

    /// Smooth, so that finite differences have something to find.
    #[derive(Module, Debug)]
    struct Smooth {
        hidden: Linear,
        output: Linear,
    }

    impl Classifier for Smooth {
        fn logits(&self, images: Tensor<4>) -> Tensor<2> {
            self.output.forward(sigmoid(self.hidden.forward(images.flatten::<2>(1, 3))))
        }
    }

    fn smooth(device: &Device) -> Smooth {
        device.seed(5);
        Smooth { hidden: LinearConfig::new(4, 3).init(device), output: LinearConfig::new(3, 2).init(device) }
    }

    fn batch(device: &Device) -> Batch {
        let examples = Examples::new(&PIXELS, &LABELS, [1, 2, 2], 2).expect("examples");
        examples.gather(&[0, 1, 2], device)
    }

    fn loss(training: AdversarialTraining, model: &Smooth, device: &Device) -> Tensor<1> {
        training.score(model, batch(device)).expect("finite").1
    }

    /// The mean cross-entropy of `images`, without any of the code above.
    fn plain_loss(model: &Smooth, images: Tensor<4>, device: &Device) -> f64 {
        let pixels: Vec<f32> = images.into_data().iter::<f32>().collect();
        let examples = Examples::new(&pixels, &LABELS, [1, 2, 2], 2).expect("examples");
        crate::evaluate::evaluate(&model.valid(), &examples, &device.clone().inner()).loss
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences_of_the_mix() {
        let _alone = alone();
        let device = Device::flex().autodiff();
        let training = AdversarialTraining { epsilon: 0.1, share: 0.7 };
        let model = smooth(&device);
        let layers: [fn(&mut Smooth) -> &mut Linear; 2] =
            [|model| &mut model.hidden, |model| &mut model.output];
        for layer in layers {
            let weight = layer(&mut model.clone()).weight.val();
            let gradient = weight.grad(&loss(training, &model, &device).backward()).expect("a gradient");
            let [rows, columns] = weight.dims();
            for (place, gradient) in gradient.into_data().iter::<f32>().enumerate() {
                let moved = |by: f32| {
                    let mut values: Vec<f32> = weight.clone().into_data().iter::<f32>().collect();
                    values[place] += by;
                    let mut model = model.clone();
                    let values = Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), &device);
                    layer(&mut model).weight = burn::module::Param::from_tensor(values);
                    f64::from(loss(training, &model, &device).into_scalar::<f32>())
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
            let mix = loss(AdversarialTraining { epsilon: 0.3, share }, &model, &device);
            let mix = f64::from(mix.into_scalar::<f32>());
            assert!((mix - (1.0 - share) * natural - share * robust).abs() < 1e-6, "{share}: {mix}");
        }
        let scored = AdversarialTraining::new(0.1).score(&model, batch(&device));
        let logits = scored.expect("finite").0.into_data();
        logits.assert_approx_eq::<f32>(&model.logits(images).into_data(), burn::tensor::Tolerance::default());
    }

    #[test]
    fn it_is_a_table_in_which_share_may_be_left_out_and_nothing_may_be_misspelt() {
        let read = |text: &str| serde_json::from_str::<AdversarialTraining>(text);
        assert_eq!(read(r#"{"epsilon": 0.1}"#).expect("read"), AdversarialTraining::new(0.1));
        let written = serde_json::to_string(&AdversarialTraining { epsilon: 0.1, share: 0.25 });
        assert_eq!(written.expect("written"), r#"{"epsilon":0.1,"share":0.25}"#);
        let message = read(r#"{"epsilon": 0.1, "shares": 1}"#).expect_err("refused").to_string();
        assert!(message.contains("unknown field `shares`, expected `epsilon` or `share`"), "{message}");
    }
}
