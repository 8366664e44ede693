//! A perturbation: how test images are changed before a model is asked about them again.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Predictions;

/// How test images are changed. Written `{ fgsm = 0.1 }` or `{ noise = 0.2 }` in a file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Perturbation {
    /// The fast gradient sign method against the very model that is asked; ε in `[0, 1]`.
    Fgsm(f64),
    /// Gaussian noise on each pixel, cut to `[0, 1]`; its standard deviation, above 0.
    Noise(f64),
}

/// What a model says of changed images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perturbed {
    /// How they were changed.
    pub perturbation: Perturbation,
    /// What the model says; `None` where the images could not be changed, for want of a finite gradient.
    pub test: Option<Predictions>,
}

impl fmt::Display for Perturbation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fgsm(epsilon) => write!(f, "FGSM, ε = {epsilon}"),
            Self::Noise(deviation) => write!(f, "noise, σ = {deviation}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perturbation_is_a_name_and_a_strength() {
        let written = serde_json::to_string(&[Perturbation::Fgsm(0.1), Perturbation::Noise(0.2)]).unwrap();
        assert_eq!(written, r#"[{"fgsm":0.1},{"noise":0.2}]"#);
        assert_eq!(serde_json::from_str::<Perturbation>(r#"{"fgsm":1}"#).unwrap(), Perturbation::Fgsm(1.0));
        assert_eq!(Perturbation::Noise(0.2).to_string(), "noise, σ = 0.2");
    }
}
