//! The families of this crate.

use super::Family;
use crate::ensemble::Rule;
#[cfg(feature = "learner")]
use crate::learner::{Defence, Optimizer, Schedule};
use crate::perturbation::Perturbation;

/// Every kind that a file can name. The default has the built-in ones; a program adds its own.
///
/// ```
/// use tinderbox_training::Kinds;
///
/// let kinds = Kinds::default();
/// let pgd = kinds.perturbations.read(&serde_json::json!({ "pgd": { "epsilon": 0.1, "steps": 10 } }), &kinds)?;
/// assert_eq!(pgd.to_string(), "PGD, ε = 0.1, steps = 10");
/// # Ok::<(), tinderbox_training::KindError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    /// How gradients become steps.
    #[cfg(feature = "learner")]
    pub optimizers: Family<dyn Optimizer>,
    /// How the learning rate changes.
    #[cfg(feature = "learner")]
    pub schedules: Family<dyn Schedule>,
    /// How a step scores its batch.
    #[cfg(feature = "learner")]
    pub defences: Family<dyn Defence>,
    /// How images are changed before a model is asked about them again.
    pub perturbations: Family<dyn Perturbation>,
    /// How an ensemble comes to its probabilities.
    pub rules: Family<dyn Rule>,
}
