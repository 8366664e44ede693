//! The arms of a file: the settings of each laid over the defaults of its kind, listed one by one or drawn by a search.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use tinderbox_report::{ArmFacts, Ensemble, Reported};
use tinderbox_training::{KindError, KindProblem};

use super::overlay::{overlay, overlay_all};
use super::places::Path;
use super::problems::Problems;
use super::setting_error::{SettingError, unknown_key};
use super::{Arm, Configuration, Content, Defaults, Search};
use crate::hidden::is_hidden;
use crate::json::{self, from_toml, plain};
use crate::nearest::{nearest, nearest_of_kind};

/// The most characters of an arm's name.
const LONGEST_NAME: usize = 200;

/// An arm as a file describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ArmFile {
    name: String,
    description: String,
    model: Option<toml::Table>,
    training: Option<toml::Table>,
    average: Option<Vec<String>>,
    ensemble: Option<EnsembleFile>,
    reported: Option<Reported>,
}

/// An ensemble as a file describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnsembleFile {
    rule: toml::Value,
    members: Vec<String>,
}

/// A search as a file describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchFile {
    model: toml::Table,
    #[serde(default)]
    training: toml::Table,
    draw: Search,
}

impl SearchFile {
    /// How its points are drawn.
    pub(super) fn into_draw(self) -> Search {
        self.draw
    }
}

/// An arm as far as it could be read: what it is called, and what it does, unless that is a mistake.
pub(super) struct ReadArm {
    pub(super) facts: ArmFacts,
    pub(super) content: Option<Content>,
}

impl ReadArm {
    /// Whether it may be a member of an ensemble.
    fn is_trained(&self) -> bool {
        !matches!(self.content, Some(Content::Ensemble(_)))
    }
}

/// The arms that a file lists; `training` is what they share.
pub(super) fn listed(
    files: &[ArmFile],
    training: &toml::Table,
    problems: &mut Problems,
    defaults: Defaults,
) -> Vec<ReadArm> {
    let mut arms: Vec<ReadArm> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let index = index.to_string();
        let place = ["arms", &index];
        if let Err(reason) = check_name(&file.name) {
            problems.add(&["arms", &index, "name"], reason, None);
        } else if arms.iter().any(|other| other.facts.name == file.name) {
            problems.add(&["arms", &index, "name"], format!("two arms have the name `{}`", file.name), None);
        }
        if file.average.is_some() && file.ensemble.is_some() {
            let message = "this arm has `average` too; remove one of them";
            problems.add(&["arms", &index, "ensemble"], message, None);
        }
        let (content, ensemble) = match (members(file), &file.model) {
            (Some(_), Some(_)) => {
                problems.add(
                    &["arms", &index, "model"],
                    "an ensemble trains nothing; remove its model",
                    None,
                );
                (None, None)
            }
            (Some(_), None) if file.training.is_some() => {
                let message = "an ensemble trains nothing; remove its settings";
                problems.add(&["arms", &index, "training"], message, None);
                (None, None)
            }
            (Some((key, rule, members)), None) => {
                let place = ["arms", &index, key];
                check_members(members, &arms, &place, problems);
                ensemble(&rule, members, &place, problems, defaults).unzip()
            }
            (None, None) => {
                if problems.is_free(&place) {
                    let message = format!(
                        "arm `{}` has no content; expected one of `model`, `average` and `ensemble`",
                        file.name
                    );
                    problems.add(&["arms", &index, "name"], message, None);
                }
                (None, None)
            }
            (None, Some(model)) => {
                let own = file.training.clone().unwrap_or_default();
                let layers: [Layer; 2] = [("training", &[], training), ("training", &place, &own)];
                let configuration = configuration(model, &layers, &place, problems, defaults);
                (configuration.map(Content::Trained), None)
            }
        };
        let facts = ArmFacts {
            name: file.name.clone(),
            description: file.description.clone(),
            reported: file.reported.clone(),
            ensemble,
            ..ArmFacts::default()
        };
        arms.push(ReadArm { facts, content });
    }
    if problems.is_clean(&["training"]) {
        check_twins(&arms, problems);
    }
    arms
}

/// Refuses arms with the settings of an earlier one. Where settings are wrong nobody knows.
fn check_twins(arms: &[ReadArm], problems: &mut Problems) {
    let mut before: HashMap<String, usize> = HashMap::new();
    for (index, arm) in arms.iter().enumerate() {
        let Some(Content::Trained(configuration)) = &arm.content else { continue };
        let place = index.to_string();
        if !problems.is_clean(&["arms", &place]) {
            continue;
        }
        let Some(twin) = before.insert(json::text(configuration), index) else { continue };
        let name = &arms[twin].facts.name;
        let message = format!("these settings make this arm identical to arm `{name}`; remove one of them");
        problems.add(&["arms", &place], message, None);
    }
}

/// An arm that this rule makes of its members.
fn ensemble(
    rule: &Value,
    members: &[String],
    place: &Path,
    problems: &mut Problems,
    defaults: Defaults,
) -> Option<(Content, Ensemble)> {
    let kinds = &defaults.catalog.kinds;
    let rule = match kinds.rules.read(rule, kinds) {
        Ok(rule) => rule,
        Err(error) => {
            kind_error(problems, place, "rule", &error);
            return None;
        }
    };
    let title = rule.title().to_string();
    let ensemble = Ensemble { rule: json::value(&rule), title, members: members.to_vec() };
    Some((Content::Ensemble(rule), ensemble))
}

/// Refuses a name that tables cannot show.
fn check_name(name: &str) -> Result<(), String> {
    let letters = name.chars().count();
    if name.trim().is_empty() {
        Err("is empty".to_string())
    } else if name.contains(|letter: char| letter.is_control() || is_hidden(letter)) {
        Err(format!("holds an invisible character: {name:?}"))
    } else if letters > LONGEST_NAME {
        Err(format!("has {letters} characters, expected at most {LONGEST_NAME}"))
    } else {
        Ok(())
    }
}

/// The key of an ensemble, its rule and its members, if this arm is one.
fn members(file: &ArmFile) -> Option<(&'static str, Value, &[String])> {
    match (&file.average, &file.ensemble) {
        (Some(members), _) => Some(("average", "mean".into(), members)),
        (None, Some(ensemble)) => {
            let rule = from_toml(&ensemble.rule).unwrap_or_default();
            Some(("ensemble", rule, &ensemble.members))
        }
        (None, None) => None,
    }
}

/// What is wrong with a kind or its settings, at its key below `key`.
pub(super) fn kind_error(problems: &mut Problems, place: &Path, key: &str, error: &KindError) {
    let mut keys = [place, &[key]].concat();
    keys.extend(error.keys.iter().map(String::as_str));
    let help = nearest_of_kind(error).map(|word| format!("did you mean `{word}`?"));
    let message = match (&error.problem, error.keys.last()) {
        (KindProblem::UnknownKey { allowed }, Some(key)) => unknown_key(key, allowed),
        (problem, _) => problem.to_string(),
    };
    problems.add(&keys, message, help);
}

/// Every point of a search as an arm, in the order of its sampler; none if it cannot be drawn.
pub(super) fn searched(
    file: &SearchFile,
    training: &toml::Table,
    problems: &mut Problems,
    defaults: Defaults,
) -> Option<Vec<Arm>> {
    let place = ["search"];
    let layers: [Layer; 2] = [("training", &[], training), ("training", &place, &file.training)];
    let base = configuration(&file.model, &layers, &place, problems, defaults);
    let search = &file.draw;
    let space = ["search", "draw", "space"];
    let points = match search.points() {
        Ok(points) => points,
        Err(reason) => {
            problems.add(&space, reason, None);
            return None;
        }
    };
    let drawn: Vec<_> = points.iter().map(Search::drawn).collect();
    // Names and reported points are those of the whole space.
    let is_whole = !problems.lost_an_item(&space);
    let mut arms: Vec<Arm> = Vec::new();
    for (point, drawn) in points.iter().zip(drawn.clone()) {
        let settings = match Search::settings(point) {
            Ok(settings) => settings,
            Err(reason) => {
                problems.add(&space, reason, None);
                return None;
            }
        };
        let configuration = settings.iter().try_fold(base.clone()?, |configuration, (key, value)| {
            overlay(&configuration, &key.split('.').collect::<Vec<_>>(), value, defaults)
        });
        let configuration = match configuration {
            Ok(configuration) => configuration,
            Err(error) => {
                let (key, message, help) = error.words();
                let dimension = search.space.dimensions().position(|(name, _)| name == key);
                let dimension = dimension.map(|place| place.to_string());
                let keys: Vec<&str> = space.into_iter().chain(dimension.as_deref()).collect();
                problems.add(&keys, format!("`{key}`: {message}"), help);
                continue;
            }
        };
        let name = search.arm(&drawn);
        if let Err(reason) = check_name(&name) {
            problems.add(&["search", "draw", "name"], format!("the name of an arm {reason}"), None);
        }
        if is_whole && arms.iter().any(|other| other.name() == name) {
            let message = format!("two points have the name `{name}`; put every dimension in braces");
            problems.add(&["search", "draw", "name"], message, None);
        }
        let description = drawn.iter().map(|(name, value)| format!("{name} {}", plain(value)));
        arms.push(Arm {
            facts: ArmFacts {
                description: description.collect::<Vec<_>>().join(", "),
                name,
                reported: search.reported(&drawn),
                point: drawn,
                ..ArmFacts::default()
            },
            content: Content::Trained(configuration),
        });
    }
    // A point may be one once the space is put right.
    let is_space_free = is_whole && problems.is_free(&space);
    for (index, reported) in search.reported.iter().enumerate() {
        if is_space_free && !drawn.contains(&reported.point) {
            let keys = ["search", "draw", "reported", &index.to_string(), "point"];
            problems.add(&keys, "is not a point of this space", None);
        }
    }
    Some(arms)
}

/// Refuses an ensemble whose members are not trained arms listed before it.
fn check_members(members: &[String], arms: &[ReadArm], place: &Path, problems: &mut Problems) {
    let names = || arms.iter().filter(|arm| arm.is_trained()).map(|arm| arm.facts.name.as_str());
    // A member is one of many in one place, whether that is the list itself or a table with it.
    for (position, member) in members.iter().enumerate() {
        if members[..position].contains(member) {
            return problems.add(place, format!("duplicate entry `{member}`"), None);
        }
        // It may be an arm whose name could not be read.
        let is_name_wrong = |place: usize| !problems.is_free(&["arms", &place.to_string(), "name"]);
        let is_hidden = problems.lost_an_item(&["arms"]) || (0..arms.len()).any(is_name_wrong);
        if !is_hidden && !names().any(|name| name == member) {
            let help = nearest(member, names()).map(|word| format!("did you mean `{word}`?"));
            return problems.add(place, format!("no trained arm `{member}` is listed before this one"), help);
        }
    }
    if members.len() < 2 {
        problems.add(place, "expected at least two arms", None);
    }
}

/// A section of the settings, the keys above it in the file, and what it holds.
type Layer<'a> = (&'static str, &'a Path<'a>, &'a toml::Table);

/// The defaults of a kind of model, with the tables of a file laid over them. A wrong setting is left at its default.
fn configuration(
    model: &toml::Table,
    layers: &[Layer],
    place: &Path,
    problems: &mut Problems,
    defaults: Defaults,
) -> Option<Configuration> {
    let kind = [place, &["model", "kind"]].concat();
    let default = match model.get("kind") {
        Some(toml::Value::String(word)) => defaults.configuration(word),
        Some(other) => {
            problems.add(&kind, format!("is {other}, expected the name of a network in quotes"), None);
            return None;
        }
        None => defaults.configuration(""),
    };
    let (default, is_known) = match default {
        Ok(default) => (default, true),
        Err(error) => {
            let help = error.nearest().map(|word| format!("did you mean `{word}`?"));
            let message = if model.contains_key("kind") {
                error.to_string()
            } else {
                format!("the kind of network is missing; add kind = \"{}\" or another", defaults.first())
            };
            problems.add(&kind, message, help);
            // What it was meant to be has settings that can be wrong too, and so has the training of any network.
            let meant = error.nearest();
            (defaults.configuration(meant.unwrap_or(defaults.first())).ok()?, meant.is_some())
        }
    };
    let model: Layer = ("model", place, model);
    let all = layers.iter().chain(is_known.then_some(&model));
    Some(all.fold(default, |configuration, (section, above, table)| {
        let mut table = (*table).clone();
        if *section == "training" && table.remove("epochs").is_some() {
            let keys = [above, &[*section, "epochs"][..]].concat();
            problems.add(&keys, "epochs are set by the profiles", None);
        }
        if *section == "model" {
            // Its defaults are laid already.
            table.remove("kind");
        }
        let value = match from_toml(&toml::Value::Table(table)) {
            Ok(value) => value,
            Err(error) => {
                problems.add(&[above, &[*section][..]].concat(), error.to_string(), None);
                return configuration;
            }
        };
        let mut errors = Vec::new();
        let configuration = overlay_all(&configuration, &[section], &value, defaults, &mut errors);
        for error in errors {
            let (key, message, help) = error.words();
            let below: Vec<&str> = key.split('.').collect();
            let keys = [above, &below[..]].concat();
            match &error {
                // What it was meant to be was tried.
                SettingError::Unknown { nearest: Some(near), .. } => {
                    problems.add_misspelt(&keys, message, near);
                }
                _ => problems.add(&keys, message, help),
            }
        }
        configuration
    }))
}
