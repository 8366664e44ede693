//! Checks of a tuning before its study is stored; each mistake has its place in the file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tinderbox_data::{Dataset, Images};
use tinderbox_search::{Point, Pruner as _, Settings, StudyError};

use super::{Objective, PointError, Tuning, TuningError, sample};
use crate::catalog::Catalog;
use crate::experiment::{Configuration, Defaults, MOST_EPOCHS, Places, Problems};
use crate::origin::Provenance;

/// Largest number of trials of a study.
pub const MOST_TRIALS: u64 = 1_000_000;

/// With so many wrong dimensions and settings no other point is tried: nobody reads more at once.
const MOST_WRONG: usize = 50;

/// The keys that must agree with the images; a table `model` may give any of them.
const SHAPE: [&str; 7] =
    ["model.pixels", "model.channels", "model.height", "model.width", "model.classes", "model", "model.kind"];

/// What is wrong with a tuning, at the keys of its file.
pub(super) struct Mistake {
    pub(super) keys: Vec<String>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Mistake {
    fn new(keys: &[&str], message: impl Into<String>) -> Self {
        let keys = keys.iter().map(ToString::to_string).collect();
        Self { keys, message: message.into(), help: None }
    }
}

impl Tuning {
    /// Contradictions and settings without effect, independently of the images.
    pub(super) fn check(&self, defaults: Defaults) -> Vec<Mistake> {
        let mut found = self.check_but_effects(defaults);
        found.extend(self.check_pruner());
        found
    }

    /// As [`check`](Self::check), without the effect of the pruner, which depends on counts and objectives.
    pub(super) fn check_but_effects(&self, defaults: Defaults) -> Vec<Mistake> {
        let mut found = self.check_settings();
        match defaults.configuration(&self.model) {
            Ok(_) => found.extend(self.check_points(defaults, None)),
            Err(error) => {
                let help = error.nearest().map(|word| format!("did you mean `{word}`?"));
                found.push(Mistake { help, ..Mistake::new(&["model"], error.to_string()) });
                // What it was meant to be has settings that can be wrong too.
                if let Some(meant) = error.nearest() {
                    let meant = Self { model: meant.to_string(), ..self.clone() };
                    found.extend(meant.check_points(defaults, None));
                }
            }
        }
        found
    }

    /// As [`check`](Self::check); also refuses a network for different images, and a split that leaves a set empty.
    pub(super) fn check_with(&self, catalog: &Catalog, dataset: &Dataset) -> Vec<Mistake> {
        let mut found = self.check_settings();
        found.extend(self.check_pruner());
        found.extend(self.check_points(Defaults { catalog, images: dataset.test.spec() }, Some(dataset)));
        found
    }

    /// These mistakes at their places in the file, if this was read from one.
    ///
    /// # Errors
    /// If there are any.
    pub(super) fn told(&self, found: Vec<Mistake>) -> Result<(), TuningError> {
        let Some((path, text)) = &self.source else {
            let Some(Mistake { keys, message, help }) = found.into_iter().next() else { return Ok(()) };
            return Err(PointError { key: keys.join("."), reason: message, help }.into());
        };
        let places = Places::new(path, text)?;
        let mut problems = Problems::new(&places);
        for Mistake { keys, message, help } in found {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            problems.add(&keys, message, help);
        }
        Ok(problems.end()?)
    }

    /// Whether a mistake may be one only because these dimensions were left out: settings of one table below a section, such
    /// as `model.hidden` or `training.optimizer`, depend on each other, and all of a table on its kind.
    pub(super) fn may_follow(&self, mistake: &Mistake, left_out: &[String], defaults: Defaults) -> bool {
        let keys: Vec<&str> = mistake.keys.iter().map(String::as_str).collect();
        let about = match keys[..] {
            ["settings", key, ..] => Some(key),
            ["study", "space", place, ..] => {
                let place = place.parse().ok();
                place.and_then(|place| self.study.space.dimensions().nth(place)).map(|(name, _)| name)
            }
            ["model"] if defaults.configuration(&self.model).is_ok() => None,
            _ => return false,
        };
        let depends = |name: &String| {
            let (table, last) = name.rsplit_once('.').unwrap_or_default();
            let is_one = |about: &str| {
                about == table || about.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
            };
            (last == "kind" || table.contains('.')) && about.is_none_or(is_one)
        };
        // A dimension without a name may be any.
        left_out.iter().any(|name| name.is_empty() || depends(name))
    }

    /// All checks except those of the points.
    fn check_settings(&self) -> Vec<Mistake> {
        let mut found = self.check_counts();
        found.extend(self.check_objectives());
        found.extend(self.check_answers());
        if let Err(error) = self.study.check() {
            found.push(match &error {
                StudyError::Pruner(reason) => Mistake::new(&["study", "pruner"], reason.to_string()),
                StudyError::Sample(reason) => Mistake::new(&["study", "sampler"], reason.to_string()),
                _ => Mistake::new(&["study"], error.to_string()),
            });
        }
        found
    }

    /// A pruner without effect; one that is wrong is told already.
    fn check_pruner(&self) -> Option<Mistake> {
        let is_right = !matches!(self.study.check(), Err(StudyError::Pruner(_)));
        let reason = self.idle_pruner(&self.study).filter(|_| is_right)?;
        Some(Mistake::new(&["study", "pruner"], reason))
    }

    fn check_counts(&self) -> Vec<Mistake> {
        let study = &self.study;
        let counts = [
            (&["epochs"][..], Some(self.epochs as u64), MOST_EPOCHS as u64),
            (&["study", "trials"][..], study.trials, MOST_TRIALS),
            (&["study", "patience"][..], study.patience, MOST_TRIALS),
        ];
        let wrong = counts.into_iter().filter_map(|(keys, count, most)| {
            let count = count.filter(|count| !(1..=most).contains(count))?;
            Some(Mistake::new(keys, format!("is {count}, expected at least 1 and at most {most}")))
        });
        wrong.collect()
    }

    fn check_objectives(&self) -> Vec<Mistake> {
        if self.objectives.is_empty() {
            return vec![Mistake::new(&["objectives"], TuningError::NoObjective.to_string())];
        }
        let wrong = self
            .objectives
            .iter()
            .enumerate()
            .filter(|(place, objective)| self.objectives[..*place].contains(objective));
        wrong
            .map(|(place, _)| Mistake::new(&["objectives", &place.to_string()], "duplicate objective"))
            .collect()
    }

    /// Settings that are given twice.
    fn check_answers(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
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
            found.push(Mistake::new(
                &["settings", key],
                format!("`{leaf}` is set by `{given}`; remove it here"),
            ));
        }
        for (place, (name, distribution)) in self.study.space.dimensions().enumerate() {
            let mut at = |message: &str| {
                found.push(Mistake::new(&["study", "space", &place.to_string(), "name"], message));
            };
            if name == "training.epochs" {
                at("`epochs` sets `training.epochs` for all trials; remove it here");
                continue;
            }
            let own = Value::from(self.model.clone());
            if let tinderbox_search::Distribution::Categorical { choices } = distribution
                && name == "model.kind"
                && !choices.contains(&own)
            {
                at(&format!("`model` is {own}, which is not among these choices"));
                continue;
            }
            let overlaps = |leaf: &str| {
                let below = |short: &str, long: &str| {
                    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                below(leaf, name) || below(name, leaf)
            };
            if let Some((leaf, _)) = leaves.iter().find(|(leaf, _)| overlaps(leaf)) {
                at(&format!("`{leaf}` is in `settings` too; remove one of them"));
            }
        }
        found
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

    /// Points of the space that cannot be trained, and dimensions without effect: one mistake of each dimension and setting.
    fn check_points(&self, defaults: Defaults, dataset: Option<&Dataset>) -> Vec<Mistake> {
        let space = &self.study.space;
        let mut found: BTreeMap<Vec<String>, Mistake> = BTreeMap::new();
        let mut fractions = BTreeSet::new();
        let mut configure = |point: &Point| -> Option<Configuration> {
            if found.len() >= MOST_WRONG {
                return None;
            }
            let mut wrong = |error: PointError| {
                let mistake = self.place(error);
                found.entry(mistake.keys.clone()).or_insert(mistake);
            };
            let configuration = match self.configurations(point, defaults) {
                Ok(configuration) => configuration,
                Err(errors) => {
                    errors.into_iter().for_each(wrong);
                    return None;
                }
            };
            if let Some(dataset) = dataset {
                if let Err(reason) = configuration.check_fit(&dataset.test) {
                    wrong(self.blame_first(point, &SHAPE, reason));
                } else if fractions.insert(configuration.validation_fraction.to_bits())
                    && let Err(reason) = self.check_split(&configuration, dataset)
                {
                    wrong(self.blame_first(point, &["validation_fraction"], reason));
                }
            }
            Some(configuration)
        };
        let (mut varied, mut effective) = (BTreeSet::new(), BTreeSet::new());
        for sample in sample::samples(space) {
            let base = configure(&sample.base);
            configure(&sample.last);
            for (name, point) in sample.variants {
                if configure(&point) != base {
                    effective.insert(name.clone());
                }
                varied.insert(name);
            }
        }
        if found.is_empty() {
            for name in varied.difference(&effective) {
                let reason =
                    "this dimension has no effect: all its values give the same network and training";
                let mistake =
                    self.place(PointError { key: name.clone(), reason: reason.to_string(), help: None });
                found.insert(mistake.keys.clone(), mistake);
            }
        }
        found.into_values().collect()
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
    fn blame_first(&self, point: &Point, keys: &[&str], reason: String) -> PointError {
        let given = || point.keys().chain(self.settings.keys().map(String::as_str));
        let blamed = keys.iter().find_map(|key| given().find(|name| name == key)).unwrap_or(keys[0]);
        PointError { key: blamed.to_string(), reason, help: None }
    }

    /// The error at the dimension or setting that it is about.
    fn place(&self, error: PointError) -> Mistake {
        let dimension = self.study.space.dimensions().position(|(name, _)| name == error.key);
        let message = format!("`{}`: {}", error.key, error.reason);
        let mistake = match dimension {
            Some(place) => Mistake::new(&["study", "space", &place.to_string(), "name"], message),
            None if self.settings.contains_key(&error.key) => {
                Mistake::new(&["settings", &error.key], message)
            }
            None => Mistake::new(&["model"], message),
        };
        Mistake { help: error.help, ..mistake }
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
