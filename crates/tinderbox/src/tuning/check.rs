//! Checks of a tuning before its study is stored; errors show the place in the file.

use std::collections::BTreeSet;

use serde_json::Value;
use tinderbox_data::{Dataset, Images};
use tinderbox_search::{Point, Pruner as _, Settings, Space, StudyError};

use super::{Objective, PointError, Tuning, TuningError, sample};
use crate::catalog::Catalog;
use crate::experiment::{Configuration, Defaults, MOST_EPOCHS, Places};
use crate::origin::Provenance;

/// Largest number of trials of a study.
pub const MOST_TRIALS: u64 = 1_000_000;

/// The keys that must agree with the images; a table `model` may give any of them.
const SHAPE: [&str; 7] =
    ["model.pixels", "model.channels", "model.height", "model.width", "model.classes", "model", "model.kind"];

impl Tuning {
    /// Refuses contradictions and settings without effect, independently of the images.
    pub(super) fn check(&self, defaults: Defaults) -> Result<(), TuningError> {
        self.check_settings()?;
        self.check_points(defaults, None)
    }

    /// As [`check`](Self::check); also refuses a network for different images, and a split that leaves a set empty.
    pub(super) fn check_with(&self, catalog: &Catalog, dataset: &Dataset) -> Result<(), TuningError> {
        self.check_settings()?;
        self.check_points(Defaults { catalog, images: dataset.test.spec() }, Some(dataset))
    }

    /// All checks except those of the points.
    fn check_settings(&self) -> Result<(), TuningError> {
        self.check_counts()?;
        self.check_objectives()?;
        self.check_answers()?;
        self.study.check().map_err(|error| match &error {
            StudyError::Pruner(reason) => self.at(&["study", "pruner"], &reason.to_string(), None),
            StudyError::Sample(reason) => self.at(&["study", "sampler"], &reason.to_string(), None),
            _ => error.into(),
        })?;
        match self.idle_pruner(&self.study) {
            Some(reason) => Err(self.at(&["study", "pruner"], &reason, None)),
            None => Ok(()),
        }
    }

    fn check_counts(&self) -> Result<(), TuningError> {
        let study = &self.study;
        for (keys, count, most) in [
            (&["epochs"][..], Some(self.epochs as u64), MOST_EPOCHS as u64),
            (&["study", "trials"][..], study.trials, MOST_TRIALS),
            (&["study", "patience"][..], study.patience, MOST_TRIALS),
        ] {
            if let Some(count) = count.filter(|count| !(1..=most).contains(count)) {
                return Err(self.at(
                    keys,
                    &format!("is {count}, expected at least 1 and at most {most}"),
                    None,
                ));
            }
        }
        Ok(())
    }

    fn check_objectives(&self) -> Result<(), TuningError> {
        if self.objectives.is_empty() {
            return Err(self.at(&["objectives"], &TuningError::NoObjective.to_string(), None));
        }
        for (place, objective) in self.objectives.iter().enumerate() {
            if self.objectives[..place].contains(objective) {
                return Err(self.at(&["objectives", &place.to_string()], "duplicate objective", None));
            }
        }
        Ok(())
    }

    /// Refuses a setting that is given twice.
    fn check_answers(&self) -> Result<(), TuningError> {
        let mut leaves = Vec::new();
        for (key, value) in &self.settings {
            collect_leaves(key, value, key, &mut leaves);
        }
        for (leaf, key) in &leaves {
            let given = match leaf.as_str() {
                "training.epochs" => "epochs",
                "model.kind" => "model",
                _ => continue,
            };
            let message = format!("`{leaf}` is set by `{given}`; remove it here");
            return Err(self.at(&["settings", key], &message, None));
        }
        for (place, (name, distribution)) in self.study.space.dimensions().enumerate() {
            let at =
                |message: &str| Err(self.at(&["study", "space", &place.to_string(), "name"], message, None));
            if name == "training.epochs" {
                return at("`epochs` sets `training.epochs` for all trials; remove it here");
            }
            let own = Value::from(self.model.clone());
            if let tinderbox_search::Distribution::Categorical { choices } = distribution
                && name == "model.kind"
                && !choices.contains(&own)
            {
                return at(&format!("`model` is {own}, which is not among these choices"));
            }
            let overlaps = |leaf: &str| {
                let below = |short: &str, long: &str| {
                    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                below(leaf, name) || below(name, leaf)
            };
            if let Some((leaf, _)) = leaves.iter().find(|(leaf, _)| overlaps(leaf)) {
                return at(&format!("`{leaf}` is in `settings` too; remove one of them"));
            }
        }
        Ok(())
    }

    /// Why the pruner of a study with these settings never stops a trial, if it never does. The lag may have been
    /// decided, and the number of trials changed, since the file was read.
    pub fn idle_pruner(&self, study: &Settings) -> Option<String> {
        let pruner = study.pruner.as_ref()?;
        if self.objectives != [Objective::ValidationAccuracy] {
            let reason = "this pruner has no effect: it compares the validation accuracy of each epoch; make that the \
                          only objective";
            return Some(reason.to_string());
        }
        let onset = pruner.onset();
        // A trial that has reported its last epoch has ended by itself.
        let last = (self.epochs as u64).saturating_sub(1);
        if onset.step > last {
            return Some(format!(
                "this pruner has no effect: it stops no trial before epoch {}, and {last} is the last epoch after \
                 which a trial can be stopped",
                onset.step
            ));
        }
        // A pruner that compares trials does not know the latest ones, as many as the lag.
        let lag = study.lag.filter(|_| onset.trials > 0).unwrap_or(0);
        let first = onset.trials.saturating_add(lag);
        let needs = match lag {
            0 => format!("it stops no trial before {first} have finished"),
            _ => format!("with a lag of {lag} it stops no trial before number {first} (the first is 0)"),
        };
        let trials = study.trials.filter(|trials| first >= *trials)?;
        Some(format!("this pruner has no effect: {needs}, and there are {trials}"))
    }

    /// Refuses a space with a point that cannot be trained, or a dimension without effect.
    fn check_points(&self, defaults: Defaults, dataset: Option<&Dataset>) -> Result<(), TuningError> {
        let space = &self.study.space;
        let mut fractions = BTreeSet::new();
        let mut configure = |point: &Point| -> Result<Configuration, TuningError> {
            let configuration = self.configuration(point, defaults).map_err(|error| self.place(error))?;
            if let Some(dataset) = dataset {
                configuration
                    .check_fit(&dataset.test)
                    .map_err(|reason| self.place_at(point, &SHAPE, &reason))?;
                if fractions.insert(configuration.validation_fraction.to_bits()) {
                    self.check_split(&configuration, dataset)
                        .map_err(|reason| self.place_at(point, &["validation_fraction"], &reason))?;
                }
            }
            Ok(configuration)
        };
        let (mut varied, mut effective) = (BTreeSet::new(), BTreeSet::new());
        for sample in sample::samples(space) {
            let base = configure(&sample.base)?;
            configure(&sample.last)?;
            for (name, point) in sample.variants {
                if configure(&point)? != base {
                    effective.insert(name.clone());
                }
                varied.insert(name);
            }
        }
        match varied.difference(&effective).next() {
            Some(name) => Err(self.place(PointError {
                key: name.clone(),
                reason: "this dimension has no effect: all its values give the same network and training"
                    .to_string(),
                help: None,
            })),
            None => Ok(()),
        }
    }

    fn check_split(&self, configuration: &Configuration, dataset: &Dataset) -> Result<(), String> {
        let provenance = Provenance::new(dataset, self.protocol, self.seed, configuration);
        let split = provenance.split(dataset).map_err(|error| error.to_string())?;
        match Images::len(&split.validation) {
            0 => Err("leaves no image for validation".to_string()),
            _ => Ok(()),
        }
    }

    /// `reason` at the first of these `keys` that a dimension of `point` or a setting gives.
    fn place_at(&self, point: &Point, keys: &[&str], reason: &str) -> TuningError {
        let given = || point.keys().chain(self.settings.keys().map(String::as_str));
        let blamed = keys.iter().find_map(|key| given().find(|name| name == key)).unwrap_or(keys[0]);
        self.place(PointError { key: blamed.to_string(), reason: reason.to_string(), help: None })
    }

    /// The error at the dimension or setting that it is about.
    fn place(&self, error: PointError) -> TuningError {
        let dimension = self.study.space.dimensions().position(|(name, _)| name == error.key);
        let message = format!("`{}`: {}", error.key, error.reason);
        match dimension {
            Some(place) => {
                self.at(&["study", "space", &place.to_string(), "name"], &message, error.help.as_deref())
            }
            None if self.settings.contains_key(&error.key) => {
                self.at(&["settings", &error.key], &message, error.help.as_deref())
            }
            None if self.source.is_some() => self.at(&["model"], &message, error.help.as_deref()),
            None => error.into(),
        }
    }

    /// `message` at `keys` of the file, if this was read from one.
    fn at(&self, keys: &[&str], message: &str, help: Option<&str>) -> TuningError {
        let places = self.source.as_ref().map(|(path, text)| Places::new(path, text));
        match places {
            Some(Ok(places)) => places.at(keys, message, help).into(),
            Some(Err(error)) => error.into(),
            None => {
                let key = keys.join(".");
                PointError { key, reason: message.to_string(), help: help.map(str::to_string) }.into()
            }
        }
    }
}

/// The keys that a setting gives, each with its key in the file.
fn collect_leaves<'a>(key: &str, value: &Value, own: &'a str, leaves: &mut Vec<(String, &'a str)>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (below, value) in entries {
                collect_leaves(&format!("{key}.{below}"), value, own, leaves);
            }
        }
        _ => leaves.push((key.to_string(), own)),
    }
}

/// The first dimension of a written space that makes it none, by its place: a dimension looks at earlier ones only, so
/// that the shortest part of the list that is wrong ends in it.
pub(super) fn wrong_dimension(space: &[toml::Value]) -> Option<(usize, String)> {
    use serde::Deserialize as _;
    (1..=space.len()).find_map(|length| {
        let part = toml::Value::Array(space[..length].to_vec());
        let error = Space::deserialize(part).err()?;
        Some((length - 1, error.message().trim().to_string()))
    })
}
