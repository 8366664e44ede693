//! A defence: labels that are not quite certain.

use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use serde::{Deserialize, Serialize};
use tinderbox_training::learner::{Defence, Scored, StepModel};
use tinderbox_training::perturbation::AttackError;
use tinderbox_training::{Batch, Kind, SettingError, Strength};

/// Learns from `(1 - α) · label + α / classes`, which keeps the scores from growing without bound.
///
/// Source: Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, "Rethinking the Inception Architecture for Computer Vision" (2016), §7,
/// arXiv:1512.00567.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSmoothing {
    /// α, the share that all classes have alike, in `[0, 1)`.
    share: f64,
}

impl Default for LabelSmoothing {
    fn default() -> Self {
        Self { share: 0.1 }
    }
}

impl Kind for LabelSmoothing {
    const NAME: &'static str = "label-smoothing";
    const STRENGTH: Option<Strength> = Some(Strength { setting: "share", symbol: "α" });

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_share("share", self.share)
    }
}

impl Defence for LabelSmoothing {
    fn score(&self, model: &dyn StepModel, batch: Batch, _: u64) -> Result<Scored, AttackError> {
        let logits = model.logits(batch.images);
        let logarithms = log_softmax(logits.clone(), 1);
        let labelled = logarithms.clone().gather(1, batch.labels.unsqueeze_dim(1)).mean();
        let loss = -(labelled * (1.0 - self.share) + logarithms.mean() * self.share);
        Ok(Scored { logits, loss })
    }

    fn cost(&self) -> f64 {
        1.0
    }
}
