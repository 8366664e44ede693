//! A victim: a model that holds still while it is attacked.

use burn::module::Module;
use burn::prelude::*;
use tinderbox_ops::{Classifier, cross_entropy};

use super::AttackError;

/// A model that holds still: dropout off, batch statistics fixed, weights constant.
///
/// Attacks take nothing else, so a model cannot be attacked while it trains by mistake, and no attack changes it.
pub struct Victim(Box<dyn Classifier>);

impl Victim {
    /// A copy of `model`, frozen.
    pub fn freeze<M: Classifier + Module + 'static>(model: &M) -> Self {
        Self(Box::new(model.valid()))
    }

    /// A function from images, `[batch, channels, height, width]`, to logits, `[batch, classes]`.
    pub fn from_logits(logits: impl Fn(Tensor<4>) -> Tensor<2> + 'static) -> Self {
        struct Function<F>(F);
        impl<F: Fn(Tensor<4>) -> Tensor<2>> Classifier for Function<F> {
            fn logits(&self, images: Tensor<4>) -> Tensor<2> {
                (self.0)(images)
            }
        }
        Self(Box::new(Function(logits)))
    }

    /// `∇ₓ Σ J(x, y)`: the sum over the batch, so that an image's gradient does not depend on its neighbours.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - `labels`: `[batch]`
    /// - returns `[batch, channels, height, width]`, without autodiff
    ///
    /// # Errors
    /// [`AttackError::Gradient`] if it is not finite.
    ///
    /// # Panics
    /// If the model does not fit the images.
    pub fn image_gradient(
        &self,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
    ) -> Result<Tensor<4>, AttackError> {
        let batch = images.dims()[0];
        if batch == 0 {
            return Ok(images.inner());
        }
        let images = images.inner().autodiff().require_grad();
        let labels = labels.inner().autodiff();
        let loss = cross_entropy(self.0.logits(images.clone()), labels) * batch as f64;
        // No path from the images to the loss: no change of them changes it.
        let gradient = images.grad(&loss.backward()).unwrap_or_else(|| images.clone().inner().zeros_like());
        // A sign of NaN is 0 on some backends, which would pass for a model that cannot be attacked.
        if gradient.clone().sum().into_scalar::<f32>().is_finite() {
            Ok(gradient)
        } else {
            Err(AttackError::Gradient)
        }
    }
}

impl std::fmt::Debug for Victim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Victim")
    }
}

impl Classifier for Victim {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        self.0.logits(images)
    }
}
