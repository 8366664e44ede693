//! What the trials of a run are expected to take, and what is learnt from those that end: the next estimate is better.

use std::collections::HashMap;
use std::path::PathBuf;

use tinderbox::backend::Backend;
use tinderbox::crew::News;
use tinderbox::estimate::{Estimate, Estimator};
use tinderbox::pace::Pace;
use tinderbox::plan::Plan;
use tinderbox::worker::Message;
use tinderbox_data::Places;

/// A trial: its experiment, and its key there.
pub(super) type TrialKey = (String, String);

/// The file of the user's cache with what has been measured; `None` without a cache.
pub(super) fn pace_file() -> Option<PathBuf> {
    Some(Places::of_process(None).cache?.join("pace.json"))
}

/// What has been measured on this machine; nothing if that cannot be read.
pub(super) fn pace() -> Pace {
    pace_file().map(|file| Pace::read(&file)).unwrap_or_default()
}

/// Estimates of trials, and what they took.
pub(super) struct Lessons {
    backend: Backend,
    estimates: HashMap<TrialKey, Estimate>,
    /// What each worker has begun from its beginning.
    begun: HashMap<usize, TrialKey>,
    /// Of each trial that has ended: the kind of network, the seconds of the formula, those that it took.
    measured: Vec<(&'static str, f64, f64)>,
}

impl Lessons {
    /// Of the trials of a plan.
    pub(super) fn of(plan: &Plan, estimator: &Estimator) -> Self {
        let mut estimates = HashMap::new();
        for planned in &plan.experiments {
            let name = &planned.experiment.facts.name;
            estimates.extend(
                planned
                    .tasks
                    .iter()
                    .filter_map(|task| Some(((name.clone(), task.key()), estimator.trial(planned, task)?))),
            );
        }
        Self { backend: plan.backend, estimates, begun: HashMap::new(), measured: Vec::new() }
    }

    /// The seconds that each trial takes here, where they are known.
    pub(super) fn seconds(&self) -> HashMap<TrialKey, f64> {
        let known = self.estimates.iter();
        known.filter_map(|(trial, estimate)| Some((trial.clone(), estimate.here?))).collect()
    }

    /// Takes in what happened. A trial that resumed, diverged or failed shows nothing.
    pub(super) fn hear(&mut self, news: &News) {
        let News::Said(place, message) = news else { return };
        match message {
            Message::Started { experiment, key, attempt: 1, .. } => {
                self.begun.insert(*place, (experiment.clone(), key.clone()));
            }
            Message::Started { .. } => _ = self.begun.remove(place),
            Message::Finished { accuracy: Some(_), seconds, .. } => {
                let trial = self.begun.remove(place);
                let estimate = trial.and_then(|trial| self.estimates.get(&trial));
                self.measured.extend(estimate.map(|known| (known.kind, known.formula, *seconds)));
            }
            _ => {}
        }
    }

    /// Keeps what was learnt in the user's cache. Where that cannot be written, the next estimate is no better.
    pub(super) fn keep(&self) {
        let Some(file) = pace_file().filter(|_| !self.measured.is_empty()) else { return };
        // Read again: another run may have written meanwhile.
        let mut pace = Pace::read(&file);
        for (kind, formula, seconds) in &self.measured {
            pace.learn(self.backend, kind, *formula, *seconds);
        }
        _ = pace.write(&file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_trials_are_lessons() {
        let trial = |key: &str| ("e".to_string(), key.to_string());
        let estimate = Estimate { kind: "fcn", formula: 2.0, here: Some(4.0) };
        let mut lessons = Lessons {
            backend: Backend::Flex,
            estimates: [(trial("a/1"), estimate), (trial("a/2"), estimate)].into(),
            begun: HashMap::new(),
            measured: Vec::new(),
        };
        assert!((lessons.seconds()[&trial("a/1")] - 4.0).abs() < 1e-9);
        let mut ran = |key: &str, attempt, accuracy| {
            let (experiment, arm, key) = ("e".to_string(), "a".to_string(), key.to_string());
            lessons.hear(&News::Said(
                0,
                Message::Started { experiment, arm, seed: 1, key, attempt, number: None },
            ));
            lessons
                .hear(&News::Said(0, Message::Finished { accuracy, objectives: Vec::new(), seconds: 3.0 }));
            lessons.measured.len()
        };
        assert_eq!(ran("a/1", 1, Some(0.9)), 1);
        assert_eq!(ran("a/2", 2, Some(0.9)), 1, "a resumed one");
        assert_eq!(ran("a/2", 1, None), 1, "one that diverged");
        assert_eq!(ran("of another plan", 1, Some(0.9)), 1);
        assert_eq!(ran("a/2", 1, Some(0.9)), 2);
        assert_eq!(lessons.measured[1], ("fcn", 2.0, 3.0));
    }
}
