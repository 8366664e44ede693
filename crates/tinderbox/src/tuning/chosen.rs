//! A finished trial of a study, to be looked at closely or trained again: the best one, or one by its number.

use serde_json::Value;
use tinderbox_report::{Predictions, Record};
use tinderbox_search::{Distribution, State, Study, StudyError, Trial};

use super::{PointError, Tuning, TuningError, TuningRecord};
use crate::experiment::{Configuration, Defaults};
use crate::json::plain;
use crate::worker::RECORD;

/// A complete trial and what it was trained for.
#[derive(Debug)]
pub struct Chosen {
    /// The trial.
    pub trial: Trial,
    /// The record of its study.
    pub record: TuningRecord,
    /// On the test images, in `[0, 1]`; none if another program trained it.
    pub test_accuracy: Option<f64>,
}

/// The network of a trial, and the settings that differ from the kind's own, by key.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenSettings {
    /// The kind of network.
    pub model: String,
    /// Passes over the training images.
    pub epochs: usize,
    /// The other settings, those of the file before those of the point.
    pub others: Vec<(String, Value)>,
}

/// Why there is no such trial.
#[derive(Debug, thiserror::Error)]
pub enum ChosenError {
    /// Nothing has come out yet.
    #[error("study `{0}` has no complete trial yet")]
    None(String),
    /// No trial is the best in everything.
    #[error(
        "study `{name}` has {objectives} objectives and no single best trial; choose one of its Pareto front with \
         --trial: {}", .front.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
    )]
    Several {
        /// The study.
        name: String,
        /// How many objectives it has.
        objectives: usize,
        /// Numbers of the trials of its Pareto front.
        front: Vec<u64>,
    },
    /// No complete trial has this number.
    #[error("study `{name}` has no complete trial {number}")]
    Number {
        /// The study.
        name: String,
        /// The number.
        number: u64,
    },
    /// The study cannot be used.
    #[error(transparent)]
    Tuning(#[from] TuningError),
}

impl From<StudyError> for ChosenError {
    fn from(error: StudyError) -> Self {
        TuningError::from(error).into()
    }
}

impl Chosen {
    /// Trial `number` of the study `name`, or its best one.
    ///
    /// # Errors
    /// If there is no such trial, if the study has several objectives and `number` is none, or if the study was not
    /// created by this program.
    pub fn of(study: &Study, name: &str, number: Option<u64>) -> Result<Self, ChosenError> {
        let record = TuningRecord::of(study, name)?;
        let trial = match number {
            Some(number) => by_number(study, name, number)?,
            None => best(study, name)?,
        };
        let test_accuracy = test_accuracy(study, &trial)?;
        Ok(Self { trial, record, test_accuracy })
    }

    /// What was trained.
    ///
    /// # Errors
    /// If this program does not know a setting of the trial, or the trial lacks one of the study: another program wrote it.
    pub fn configuration(&self, defaults: Defaults) -> Result<Configuration, PointError> {
        self.check()?;
        self.record.tuning.configuration(&self.trial.parameters, defaults)
    }

    /// Whether the trial says all of what it trained.
    ///
    /// # Errors
    /// At a dimension of the study that it lacks: another program wrote it.
    pub fn check(&self) -> Result<(), PointError> {
        let Some(key) = self.lacks() else { return Ok(()) };
        let reason = format!(
            "trial {} has no value for it, so another program wrote the trial, and what it trained is not known",
            self.trial.number
        );
        Err(PointError { key, reason, help: None })
    }

    /// A dimension of the study to which the trial gives no value.
    fn lacks(&self) -> Option<String> {
        let mut lacks = None;
        let chosen = |name: &str, _: &Distribution| {
            let parameter = self.trial.parameters.get(name);
            if parameter.is_none() {
                lacks.get_or_insert_with(|| name.to_string());
            }
            parameter.map(|parameter| parameter.value().clone()).unwrap_or_default()
        };
        // A point that is none for another reason is read, and says why itself.
        _ = self.record.tuning.study.space.point_by(chosen);
        lacks
    }

    /// What was trained, as a file or a command line says it.
    ///
    /// # Errors
    /// If the settings of the trial contradict each other: another program chose them.
    pub fn settings(&self) -> Result<ChosenSettings, PointError> {
        let Tuning { model, epochs, .. } = &self.record.tuning;
        let mut settings = ChosenSettings { model: model.clone(), epochs: *epochs, others: Vec::new() };
        for (key, value) in self.record.tuning.settings_at(&self.trial.parameters)? {
            match (&key[..], value) {
                ("model", Value::Object(table)) => {
                    for (key, value) in table {
                        settings.add(format!("model.{key}"), value);
                    }
                }
                (_, value) => settings.add(key, value),
            }
        }
        Ok(settings)
    }
}

impl ChosenSettings {
    fn add(&mut self, key: String, value: Value) {
        match &key[..] {
            "model.kind" => self.model = plain(&value),
            "training.epochs" => self.epochs = value.as_u64().map_or(self.epochs, |epochs| epochs as usize),
            _ => self.others.push((key, value)),
        }
    }
}

fn best(study: &Study, name: &str) -> Result<Trial, ChosenError> {
    let objectives = study.settings().directions.len();
    if objectives > 1 {
        let front: Vec<u64> = study.front()?.iter().map(|trial| trial.number).collect();
        if front.is_empty() {
            return Err(ChosenError::None(name.to_string()));
        }
        return Err(ChosenError::Several { name: name.to_string(), objectives, front });
    }
    study.best()?.ok_or_else(|| ChosenError::None(name.to_string()))
}

fn by_number(study: &Study, name: &str, number: u64) -> Result<Trial, ChosenError> {
    let trials = study.trials()?.into_iter();
    let named = trials.filter(|trial| trial.number == number && trial.state == State::Complete);
    // Another program may give two trials one number: ours comes first.
    let found = named.min_by_key(|trial| trial.key.is_none());
    found.ok_or_else(|| ChosenError::Number { name: name.to_string(), number })
}

/// That of a trial, if its record says it.
///
/// # Errors
/// If the storage cannot be read.
pub fn test_accuracy(study: &Study, trial: &Trial) -> Result<Option<f64>, TuningError> {
    if trial.key.is_none() {
        return Ok(None);
    }
    let stored = study.storage().attachment(study.id(), trial.number, RECORD)?;
    // A record of another version says nothing here.
    let record = stored.and_then(|bytes| Record::from_bytes(&bytes).ok());
    Ok(record.and_then(|record| record.results.test.as_ref().and_then(Predictions::accuracy)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use tinderbox_data::stand_in;
    use tinderbox_search::{Memory, Random, Settings, Space, TrialResult};

    use super::*;
    use crate::backend::Backend;
    use crate::catalog::Catalog;
    use crate::experiment::Setting;
    use crate::tuning::Objective;
    use crate::worker::now;

    const LAYERS: [&str; 2] = ["model.hidden.layers", "model.hidden.1"];

    /// A study whose trials reach 0.1, 0.2 and so on, or as many objectives.
    fn study(objectives: &[Objective], trials: u64) -> Study {
        let layers = Distribution::int(1, 1);
        let rate = ("training.learning_rate", Distribution::uniform(0.001, 0.01));
        let space =
            Space::new([(LAYERS[0], layers), (LAYERS[1], Distribution::choice([8, 16])), rate]).unwrap();
        let settings = Settings {
            directions: objectives.iter().map(|objective| objective.direction()).collect(),
            // As many as a study can have at least.
            trials: Some(trials.max(1)),
            lag: Some(0),
            ..Settings::new(space, Random { seed: 7 })
        };
        let tuning = Tuning {
            name: "s".into(),
            model: "fcn".into(),
            epochs: 2,
            seed: 3,
            protocol: tinderbox_data::Protocol::default(),
            settings: BTreeMap::from([
                ("model.dropout".into(), json!(0.5)),
                ("training.batch_size".into(), json!(32)),
            ]),
            objectives: objectives.to_vec(),
            study: settings,
            source: None,
        };
        let memory = Box::new(Memory::new());
        let opened = tuning.open(memory, Backend::Flex, &Catalog::default(), &stand_in("a test"));
        let mut study = opened.unwrap().worker("w");
        for number in 0..trials {
            let tinderbox_search::Asked::Trial(lease) = study.ask(now()).unwrap() else { panic!("no trial") };
            let values = vec![0.1 * (number + 1) as f64; objectives.len()];
            study.tell(&lease, &TrialResult::complete_all(values), now()).unwrap();
        }
        study
    }

    #[test]
    fn the_best_trial_is_that_of_the_largest_validation_accuracy() {
        let study = study(&[Objective::ValidationAccuracy], 3);
        assert_eq!(Chosen::of(&study, "s", None).unwrap().trial.number, 2);
        let first = Chosen::of(&study, "s", Some(0)).unwrap();
        assert_eq!((first.trial.number, first.test_accuracy), (0, None));
        let missing = Chosen::of(&study, "s", Some(3)).unwrap_err().to_string();
        assert_eq!(missing, "study `s` has no complete trial 3");
    }

    #[test]
    fn a_trial_without_the_dimensions_of_its_study_is_not_trained_as_another_network() {
        let mut chosen = Chosen::of(&study(&[Objective::ValidationAccuracy], 1), "s", None).unwrap();
        chosen.trial.parameters.remove("model.hidden.1");
        let (catalog, dataset) = (Catalog::default(), stand_in("a test"));
        let defaults = Defaults { catalog: &catalog, images: dataset.test.spec() };
        let error = chosen.configuration(defaults).unwrap_err().to_string();
        assert!(error.contains("`model.hidden.1`: trial 0 has no value for it"), "{error}");
    }

    #[test]
    fn a_study_without_a_single_best_trial_says_what_to_choose_from() {
        let both = [Objective::ValidationAccuracy, Objective::Parameters];
        let error = |trials| Chosen::of(&study(&both, trials), "s", None).unwrap_err().to_string();
        assert!(error(2).ends_with("choose one of its Pareto front with --trial: 0, 1"), "{}", error(2));
        assert_eq!(error(0), "study `s` has no complete trial yet");
        assert!(Chosen::of(&study(&both, 2), "s", Some(1)).is_ok());
    }

    #[test]
    fn its_settings_laid_over_the_defaults_are_what_was_trained() {
        let chosen = Chosen::of(&study(&[Objective::ValidationAccuracy], 4), "s", None).unwrap();
        let (catalog, dataset) = (Catalog::default(), stand_in("a test"));
        let defaults = Defaults { catalog: &catalog, images: dataset.test.spec() };
        let ChosenSettings { model, epochs, others } = chosen.settings().unwrap();
        assert_eq!((&model[..], epochs), ("fcn", 2));
        let mut laid = defaults.configuration(&model).unwrap();
        laid.training.epochs = epochs;
        // Through the words of a command line, all digits included.
        let words = others.into_iter().map(|(key, value)| Setting::new(&key, value).unwrap().to_string());
        let settings: Vec<Setting> = words.map(|word| word.parse().unwrap()).collect();
        let laid = Setting::apply_all(&settings, &laid, defaults).unwrap();
        assert_eq!(laid, chosen.configuration(defaults).unwrap());
        assert!(laid != defaults.configuration("fcn").unwrap());
    }
}
