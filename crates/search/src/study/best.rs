//! The best trials of a study.

use super::{Study, StudyError};
use crate::observation::Observation;
use crate::pareto;
use crate::trial::Trial;

impl Study {
    /// The complete trial with the best first objective among those that keep their constraints; of equals the one with
    /// the lowest number.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub fn best(&self) -> Result<Option<Trial>, StudyError> {
        let trials = self.trials()?;
        let loss = |trial: &Trial| {
            let observation = Observation::from_trial(trial, &self.settings.directions)?;
            observation.loss().filter(|_| observation.is_feasible())
        };
        let losses = trials.into_iter().filter_map(|trial| Some((loss(&trial)?, trial)));
        // The first of equals: `min_by` keeps it. No loss is NaN.
        Ok(losses.min_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, trial)| trial))
    }

    /// The complete trials that keep their constraints and that no other betters in one objective without being worse
    /// in another, by number.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub fn front(&self) -> Result<Vec<Trial>, StudyError> {
        let feasible = |trial: Trial| {
            let observation = Observation::from_trial(&trial, &self.settings.directions)?;
            observation.is_feasible().then_some((observation.losses, trial))
        };
        let (losses, trials): (Vec<_>, Vec<_>) = self.trials()?.into_iter().filter_map(feasible).unzip();
        let mut front = pareto::front(&losses).into_iter().peekable();
        let trials = trials.into_iter().enumerate().filter(|(place, _)| front.next_if_eq(place).is_some());
        Ok(trials.map(|(_, trial)| trial).collect())
    }
}
