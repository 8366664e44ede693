//! The trial that a closure runs.

use std::error::Error;

use serde_json::Value;

use super::{Advice, Study, StudyError};
use crate::parameter::Parameter;
use crate::space::Point;
use crate::trial::Lease;

/// The trial that a closure runs.
#[derive(Debug)]
pub struct Running<'a> {
    study: &'a mut Study,
    lease: &'a Lease,
    /// Whether [`report`](Running::report) returned [`TrialError::Pruned`].
    is_pruned: bool,
}

/// Why a trial stops.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The pruner stops it. If the closure returns this error, or one with this as its source, the trial is stored as pruned.
    #[error("pruned")]
    Pruned,
    /// Its parameters lack one, or it is of another kind.
    #[error("parameter `{name}` is {found}, expected {expected}")]
    Parameter {
        /// The parameter.
        name: String,
        /// What it is.
        found: String,
        /// What was asked for.
        expected: &'static str,
    },
    /// The study cannot be used.
    #[error(transparent)]
    Study(Box<StudyError>),
}

impl<'a> Running<'a> {
    pub(super) fn new(study: &'a mut Study, lease: &'a Lease) -> Self {
        Self { study, lease, is_pruned: false }
    }

    /// Whether a trial that ended with this error was pruned.
    ///
    /// Some libraries hide an error in a type of their own, from which nothing leads back to it. So an error after the
    /// pruner has said to stop counts, whatever it is.
    pub(super) fn is_pruned(&self, error: &(dyn Error + 'static)) -> bool {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if matches!(error.downcast_ref(), Some(TrialError::Pruned)) {
                return true;
            }
            cause = error.source();
        }
        self.is_pruned
    }

    /// Its number in the study, from 0.
    pub fn number(&self) -> u64 {
        self.lease.number
    }

    /// What it tries.
    pub fn point(&self) -> &Point {
        &self.lease.parameters
    }

    /// The value of a parameter, if it is active.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.lease.parameters.get(name).map(Parameter::value)
    }

    /// A parameter that is a number.
    ///
    /// # Errors
    /// [`TrialError::Parameter`] if it is not there, or no number.
    pub fn float(&self, name: &str) -> Result<f64, TrialError> {
        self.get(name, "a number", Value::as_f64)
    }

    /// A parameter that is a whole number.
    ///
    /// # Errors
    /// [`TrialError::Parameter`] if it is not there, or no whole number.
    pub fn int(&self, name: &str) -> Result<i64, TrialError> {
        self.get(name, "a whole number", Value::as_i64)
    }

    /// A parameter that is a text.
    ///
    /// # Errors
    /// [`TrialError::Parameter`] if it is not there, or no text.
    pub fn text(&self, name: &str) -> Result<&str, TrialError> {
        let found = self.lease.parameters.get(name).map(Parameter::value);
        found.and_then(Value::as_str).ok_or_else(|| unfit(name, found, "a text"))
    }

    /// Reports an intermediate value of the first objective at `step`.
    ///
    /// # Errors
    /// [`TrialError::Pruned`] if the trial is to stop, [`TrialError::Study`] if another worker has taken it over.
    pub fn report(&mut self, step: u32, value: f64) -> Result<(), TrialError> {
        match self.study.report(self.lease, step, value).map_err(Box::new).map_err(TrialError::Study)? {
            Advice::Continue => Ok(()),
            Advice::Stop => {
                self.is_pruned = true;
                Err(TrialError::Pruned)
            }
        }
    }

    fn get<T>(
        &self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, TrialError> {
        let found = self.value(name);
        found.and_then(read).ok_or_else(|| unfit(name, found, expected))
    }
}

fn unfit(name: &str, found: Option<&Value>, expected: &'static str) -> TrialError {
    let found = found.map_or_else(|| "not active or not in the space".to_owned(), Value::to_string);
    TrialError::Parameter { name: name.to_owned(), found, expected }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::time::SystemTime;

    use super::*;
    use crate::parameter::Distribution;
    use crate::pruner::threshold::Threshold;
    use crate::sampler::random::Random;
    use crate::space::Space;
    use crate::storage::memory::Memory;
    use crate::study::Settings;
    use crate::trial::State;

    /// As `thiserror` has it.
    #[derive(Debug, thiserror::Error)]
    #[error("step {step}")]
    struct Step {
        step: u32,
        #[source]
        cause: Box<dyn Error>,
    }

    /// As an `anyhow::Error` that became a `Box<dyn Error>`: it speaks for the error that it holds, and does not show it.
    struct Opaque(TrialError);

    impl fmt::Debug for Opaque {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Debug::fmt(&self.0, f)
        }
    }

    impl fmt::Display for Opaque {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Display::fmt(&self.0, f)
        }
    }

    impl Error for Opaque {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.0.source()
        }
    }

    /// How a trial ends whose every report is too high and whose closure ends so.
    fn ended(end: impl Fn(&mut Running<'_>) -> Result<f64, Box<dyn Error>>) -> (State, Option<String>) {
        let space = Space::new([("x", Distribution::uniform(0.0, 1.0))]).unwrap();
        let pruner = Threshold { upper: Some(2.0), ..Threshold::default() };
        let settings = Settings {
            pruner: Some(pruner.into()),
            trials: Some(1),
            ..Settings::new(space, Random { seed: 7 })
        };
        let mut study = Study::open(Box::new(Memory::new()), "study", settings).unwrap();
        study.run(SystemTime::now, |trial| end(trial)).unwrap();
        let trial = study.trials().unwrap().remove(0);
        (trial.state, trial.failure)
    }

    #[test]
    fn a_trial_is_pruned_however_its_error_is_wrapped() {
        assert_eq!(ended(|trial| Ok(trial.report(1, 9.0).map(|()| 0.0)?)).0, State::Pruned);
        let twice = |cause: TrialError| {
            let inner = Box::new(Step { step: 1, cause: Box::new(cause) });
            Box::new(Step { step: 2, cause: inner })
        };
        assert_eq!(ended(|trial| Ok(trial.report(1, 9.0).map(|()| 0.0).map_err(twice)?)).0, State::Pruned);
        assert_eq!(ended(|_| Err(twice(TrialError::Pruned))).0, State::Pruned, "by its own word");
        let opaque = |trial: &mut Running<'_>| Ok(trial.report(1, 9.0).map(|()| 0.0).map_err(Opaque)?);
        assert_eq!(ended(opaque).0, State::Pruned);
        assert_eq!(
            ended(|trial| trial.report(1, 9.0).map(|()| 0.0).map_err(|_| "stopped".into())).0,
            State::Pruned
        );
    }

    #[test]
    fn an_error_without_that_cause_is_a_failure() {
        let failed = ended(|trial| {
            trial.report(1, 1.0)?;
            Err(Box::new(Step { step: 3, cause: "diverged".into() }))
        });
        assert_eq!(failed, (State::Fail, Some("step 3".to_owned())));
    }
}
