//! The settings with which a study is created or resumed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::StudyError;
use crate::observation::Observation;
use crate::pruner::Pruner as _;
use crate::pruner::any::AnyPruner;
use crate::sampler::any::AnySampler;
use crate::sampler::{History, Sampler as _};
use crate::space::Space;
use crate::storage::{Direction, Storage, StudyId};

/// Everything that the points of a study depend on, and its end. It is stored with the study.
///
/// ```toml
/// sampler = { kind = "random", seed = 7 }
/// space = [{ name = "learning_rate", float = [1e-4, 0.1], log = true }]
/// trials = 50
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What can be tried.
    pub space: Space,
    /// How points are chosen.
    pub sampler: AnySampler,
    /// How trials are stopped early, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruner: Option<AnyPruner>,
    /// Which values are better, for each objective. By default one, of which less is better.
    #[serde(default = "minimize")]
    pub directions: Vec<Direction>,
    /// A trial begins once all trials more than this far before it have finished, and is chosen by them alone: with a lag
    /// of 0 every trial waits for the one before it, with 8 nine workers are busy at a time.
    ///
    /// Without it the first run decides: 0 for one worker, `n - 1` for `n` workers. What was decided stays with the
    /// study, whatever the number of workers afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<u64>,
    /// How many trials there are to be, those included that were enqueued; without it as many as the sampler finds.
    /// Trials that another program has begun or queued count once they have finished. A worker that was at work before does
    /// not see this of a trial that another program ran beside it: it tries one more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<u64>,
    /// So many trials after the best one end the study; without it there is no such end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<u64>,
}

/// The study attribute that holds the settings.
const ATTRIBUTE: &str = "tinderbox:settings";
/// The study attribute that holds the lag: the first that is stored stays.
pub(super) const LAG: &str = "tinderbox:lag";

fn minimize() -> Vec<Direction> {
    vec![Direction::Minimize]
}

impl Settings {
    /// These, with the defaults of all else.
    pub fn new(space: Space, sampler: impl Into<AnySampler>) -> Self {
        Self {
            space,
            sampler: sampler.into(),
            pruner: None,
            directions: minimize(),
            lag: None,
            trials: None,
            patience: None,
        }
    }

    /// Whether a study can be begun with these: they can be read again once they are stored, and the sampler and the
    /// pruner can work with them. [`Study::open`](super::Study::open) asks this before it stores anything.
    ///
    /// # Errors
    /// With the first of these that does not hold.
    pub fn check(&self) -> Result<(), StudyError> {
        self.pruner.as_ref().map_or(Ok(()), AnyPruner::check)?;
        // JSON has no infinities: what is stored in their place is null, or nothing.
        let stored: Result<Self, _> = serde_json::from_value(json!(self));
        if stored.as_ref().is_ok_and(|stored| stored == self) {
            self.check_sampler()
        } else {
            Err(StudyError::Unstorable(stored.err().map(|error| error.to_string())))
        }
    }

    /// Asks the sampler for the first two points.
    fn check_sampler(&self) -> Result<(), StudyError> {
        // A program's own may count its calls, and is checked by each of them.
        if matches!(self.sampler, AnySampler::Custom(_)) {
            return Ok(());
        }
        let Some(parameters) = self.sampler.sample(&self.space, &History::default(), 0)? else {
            return Ok(());
        };
        // Samplers see how many objectives there are by the trials that have finished.
        let losses = vec![0.0; self.directions.len()];
        let told = [Observation { parameters, losses, ..Observation::default() }];
        self.sampler.sample(&self.space, &History { finished: &told, ..History::default() }, 1)?;
        Ok(())
    }

    /// Stores these with a study, or finds them there. The ends of a study, `trials` and `patience`, may be moved; a lag
    /// that is left open is the study's.
    pub(super) fn settle(
        &mut self,
        storage: &mut dyn Storage,
        study: StudyId,
        name: &str,
    ) -> Result<(), StudyError> {
        let attributes = storage.study_attributes(study)?;
        let stored = attributes.get(ATTRIBUTE);
        let lag = stored.and_then(|stored| stored.get("lag")).or(attributes.get(LAG));
        self.lag = self.lag.or(lag.and_then(Value::as_u64));
        let refuse = |what, stored: Option<&Value>, asked: Option<&Value>| {
            let text = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
            let (stored, asked) = (text(stored), text(asked));
            Err(StudyError::Settings { name: name.to_owned(), what, stored, asked })
        };
        let asked = json!(self);
        if let Some(stored) = stored {
            for what in ["space", "sampler", "pruner", "lag"] {
                let stored = if what == "lag" { lag } else { stored.get(what) };
                let is_open = what == "lag" && stored.is_none();
                if stored != asked.get(what) && !is_open {
                    return refuse(what, stored, asked.get(what));
                }
            }
        }
        if let Some(lag) = self.lag.map(Value::from)
            && !attributes.contains_key(LAG)
        {
            let settled = storage.settle_study_attribute(study, LAG, &lag)?;
            if settled != lag {
                return refuse("lag", Some(&settled), Some(&lag));
            }
        }
        if stored == Some(&asked) {
            return Ok(());
        }
        Ok(storage.set_study_attribute(study, ATTRIBUTE, &asked)?)
    }

    /// Those that a study was begun with.
    pub(super) fn stored(storage: &dyn Storage, study: StudyId, name: &str) -> Result<Self, StudyError> {
        let foreign = |reason: String| StudyError::Foreign { name: name.to_owned(), reason };
        let attributes = storage.study_attributes(study)?;
        let stored = attributes.get(ATTRIBUTE);
        let stored = stored.ok_or_else(|| foreign(format!("the attribute `{ATTRIBUTE}` is missing")))?;
        let settings: Self = serde_json::from_value(stored.clone()).map_err(|error| {
            StudyError::Outdated { name: Some(name.to_owned()), reason: error.to_string() }
        })?;
        let lag = settings.lag.or(attributes.get(LAG).and_then(Value::as_u64));
        Ok(Self { lag, ..settings })
    }

    /// As [`stored`](Settings::stored), but of a space that is refused now what can be read, and why it is refused.
    pub(super) fn readable(
        storage: &dyn Storage,
        study: StudyId,
        name: &str,
    ) -> Result<(Self, Option<String>), StudyError> {
        let reason = match Self::stored(storage, study, name) {
            Err(StudyError::Outdated { reason, .. }) => reason,
            settings => return Ok((settings?, None)),
        };
        let attributes = storage.study_attributes(study)?;
        let refused = || StudyError::Outdated { name: Some(name.to_owned()), reason: reason.clone() };
        let mut stored = attributes.get(ATTRIBUTE).and_then(Value::as_object).ok_or_else(refused)?.clone();
        let space = Space::readable(&stored.remove("space").unwrap_or_default());
        // Any space will do until the readable one takes its place.
        stored.insert("space".to_owned(), json!([{ "name": "x", "choices": [0] }]));
        let rest: Self = serde_json::from_value(stored.into()).map_err(|_| refused())?;
        let lag = rest.lag.or(attributes.get(LAG).and_then(Value::as_u64));
        Ok((Self { space, lag, ..rest }, Some(reason)))
    }
}
