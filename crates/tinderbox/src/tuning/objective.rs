//! An objective: a number of a finished training that is to be large or small.

use serde::{Deserialize, Serialize};
use tinderbox_report::{Outcome, Record};
use tinderbox_search::Direction;

/// A number of a finished training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Share of the validation images that the kept weights get right, in `[0, 1]`; 0 if the training diverged. To be
    /// large.
    ValidationAccuracy,
    /// Weights of the network. To be few.
    Parameters,
    /// Multiply-adds for one image. To be few.
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
    pub fn of(self, record: &Record) -> f64 {
        let model = &record.results.model;
        match self {
            Self::ValidationAccuracy => validation_accuracy(record).unwrap_or(0.0),
            Self::Parameters => model.parameters as f64,
            Self::MultiplyAdds => model.multiply_adds as f64,
        }
    }

    /// All of them, as a file names them.
    pub(super) fn names() -> &'static str {
        "validation-accuracy, parameters and multiply-adds"
    }
}

/// On the validation images, with the weights that were kept; a training that diverged kept none.
fn validation_accuracy(record: &Record) -> Option<f64> {
    let diverged = matches!(record.results.outcome, Outcome::Diverged { .. });
    record.results.kept().filter(|_| !diverged).map(|epoch| epoch.validation_accuracy)
}
