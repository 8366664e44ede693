//! What training, attacks and ensembles need to know of a network.

use burn::prelude::*;

/// Scores images: all that training, attacks and ensembles need to know of a network.
pub trait Classifier {
    /// The score of each class, before softmax.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`, in `[0, 1]`
    /// - returns `[batch, classes]`
    fn logits(&self, images: Tensor<4>) -> Tensor<2>;
}
