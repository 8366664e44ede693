//! The best epoch so far, with its weights, for a learner that has patience.

use burn::module::Module;
use burn::store::ModuleRecord;

use super::Epoch;

/// The epoch with the smallest validation loss.
pub(super) struct Best {
    pub(super) epoch: usize,
    pub(super) loss: f64,
    pub(super) weights: ModuleRecord,
}

impl Best {
    pub(super) fn new(epoch: &Epoch, model: impl Module) -> Self {
        Self { epoch: epoch.epoch, loss: epoch.validation_loss, weights: model.into_record() }
    }

    pub(super) fn restore<M: Module>(&self, model: M) -> M {
        model.load_record(self.weights.clone())
    }
}
