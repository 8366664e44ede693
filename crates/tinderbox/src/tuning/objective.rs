//! An objective: a number of a finished training to maximise or minimise.

use serde::{Deserialize, Serialize};
use tinderbox_report::{Outcome, Record, Results};
use tinderbox_search::Direction;

/// A training that diverged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("diverged in epoch {epoch}: a loss was not finite")]
pub struct Diverged {
    /// The epoch in which it happened, from 1.
    pub epoch: usize,
}

/// A number of a finished training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Validation accuracy of the kept weights, in `[0, 1]`. Maximised.
    ValidationAccuracy,
    /// Number of parameters of the network. Minimised.
    Parameters,
    /// Multiply-adds for one image. Minimised.
    MultiplyAdds,
}

impl Objective {
    /// Which values are better.
    pub fn direction(self) -> Direction {
        match self {
            Self::ValidationAccuracy => Direction::Maximize,
            Self::Parameters | Self::MultiplyAdds => Direction::Minimize,
        }
    }

    /// Its value in a record.
    ///
    /// # Errors
    /// If the training diverged: no objective then has a value, not even the number of parameters.
    pub fn of(self, record: &Record) -> Result<f64, Diverged> {
        let Results { model, outcome, .. } = &record.results;
        if let Outcome::Diverged { epoch } = outcome {
            return Err(Diverged { epoch: *epoch });
        }
        let kept = record.results.kept().ok_or(Diverged { epoch: 1 })?;
        Ok(match self {
            Self::ValidationAccuracy => kept.validation_accuracy,
            Self::Parameters => model.parameters as f64,
            Self::MultiplyAdds => model.multiply_adds as f64,
        })
    }

    /// What it measures, as in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::ValidationAccuracy => "validation accuracy",
            Self::Parameters => "parameters",
            Self::MultiplyAdds => "multiply-adds",
        }
    }

    /// A value with its name: `validation accuracy 92.92 %`, `1234 parameters`.
    pub fn written(self, value: f64) -> String {
        match self {
            Self::ValidationAccuracy => format!("{} {}", self.words(), self.amount(value)),
            Self::Parameters | Self::MultiplyAdds => format!("{} {}", self.amount(value), self.words()),
        }
    }

    /// A value with its unit: `92.92 %`, `1234`.
    pub fn amount(self, value: f64) -> String {
        match self {
            Self::ValidationAccuracy => format!("{:.2} %", value * 100.0),
            Self::Parameters | Self::MultiplyAdds => value.to_string(),
        }
    }

    /// The names of all objectives.
    pub(super) fn names() -> &'static str {
        "validation-accuracy, parameters and multiply-adds"
    }
}
