//! The arms of a file: the settings of each laid over the defaults of its kind, listed one by one or drawn by a search.

use serde::Deserialize;
use serde_json::Value;
use tinderbox_report::{ArmFacts, Ensemble, Reported};
use tinderbox_training::{KindError, KindProblem};

use super::diagnostic::{ExperimentError, nearest};
use super::overlay::overlay;
use super::places::{Path, Places};
use super::{Arm, Configuration, Content, Defaults, Search};
use crate::hidden::is_hidden;
use crate::json::{self, from_toml, plain};

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

/// The arms that a file lists; `training` is what they share.
pub(super) fn listed(
    files: &[ArmFile],
    training: &toml::Table,
    places: &Places,
    defaults: Defaults,
) -> Result<Vec<Arm>, ExperimentError> {
    let mut arms: Vec<Arm> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let index = index.to_string();
        let at = |key, message: &str| places.at(&["arms", &index, key], message, None);
        check_name(&file.name).map_err(|reason| at("name", &reason))?;
        if arms.iter().any(|other| other.name() == file.name) {
            return Err(at("name", "two arms have this name"));
        }
        if file.average.is_some() && file.ensemble.is_some() {
            return Err(at("ensemble", "this arm has `average` too; remove one of them"));
        }
        let (content, ensemble) = match (members(file), &file.model) {
            (Some(_), Some(_)) => return Err(at("model", "an ensemble trains nothing; remove its model")),
            (Some(_), None) if file.training.is_some() => {
                return Err(at("training", "an ensemble trains nothing; remove its settings"));
            }
            (Some((key, rule, members)), None) => {
                let place = ["arms", &index, key];
                let rule = defaults.catalog.kinds.rules.read(&rule, &defaults.catalog.kinds);
                let rule = rule.map_err(|error| kind_error(places, &place, "rule", &error))?;
                check_members(members, &arms, &place, places)?;
                let ensemble = Ensemble {
                    rule: json::value(&rule),
                    title: rule.title().to_string(),
                    members: members.to_vec(),
                };
                (Content::Ensemble(rule), Some(ensemble))
            }
            (None, None) => {
                return Err(at("name", "expected one of `model`, `average` and `ensemble` in this arm"));
            }
            (None, Some(model)) => {
                let own = file.training.clone().unwrap_or_default();
                let place = ["arms", &index];
                let layers: [Layer; 2] = [("training", &[], training), ("training", &place, &own)];
                (Content::Trained(configuration(model, &layers, &place, places, defaults)?), None)
            }
        };
        arms.push(Arm {
            facts: ArmFacts {
                name: file.name.clone(),
                description: file.description.clone(),
                reported: file.reported.clone(),
                ensemble,
                ..ArmFacts::default()
            },
            content,
        });
    }
    Ok(arms)
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
pub(super) fn kind_error(places: &Places, place: &Path, key: &str, error: &KindError) -> ExperimentError {
    let mut keys = [place, &[key]].concat();
    keys.extend(error.keys.iter().map(String::as_str));
    let nearest = match &error.problem {
        KindProblem::UnknownKind { name, known, .. } => nearest(name, known.iter().map(String::as_str)),
        KindProblem::UnknownKey { allowed } => {
            error.keys.last().and_then(|key| nearest(key, allowed.iter().map(String::as_str)))
        }
        KindProblem::Value(_) => None,
    };
    let help = nearest.map(|word| format!("did you mean `{word}`?"));
    places.at(&keys, &error.problem.to_string(), help.as_deref())
}

/// Every point of a search as an arm, in the order of its sampler.
pub(super) fn searched(
    file: SearchFile,
    training: &toml::Table,
    places: &Places,
    defaults: Defaults,
) -> Result<(Vec<Arm>, Search), ExperimentError> {
    let place = ["search"];
    let layers: [Layer; 2] = [("training", &[], training), ("training", &place, &file.training)];
    let base = configuration(&file.model, &layers, &place, places, defaults)?;
    let search = file.draw;
    let at = |message: &str, help: Option<&str>| places.at(&["search", "draw", "space"], message, help);
    let points = search.points().map_err(|reason| at(&reason, None))?;
    let drawn: Vec<_> = points.iter().map(Search::drawn).collect();
    for (index, reported) in search.reported.iter().enumerate() {
        if !drawn.contains(&reported.point) {
            let keys = ["search", "draw", "reported", &index.to_string(), "point"];
            return Err(places.at(&keys, "is not a point of this space", None));
        }
    }
    let mut arms: Vec<Arm> = Vec::new();
    for (point, drawn) in points.iter().zip(drawn) {
        let settings = Search::settings(point).map_err(|reason| at(&reason, None))?;
        let configured = settings.iter().try_fold(base.clone(), |configuration, (key, value)| {
            overlay(&configuration, &key.split('.').collect::<Vec<_>>(), value, defaults)
        });
        let configuration = configured.map_err(|error| {
            let (key, message, help) = error.words();
            at(&format!("`{key}`: {message}"), help.as_deref())
        })?;
        let name = search.arm(&drawn);
        check_name(&name).map_err(|reason| {
            places.at(&["search", "draw", "name"], &format!("the name of an arm {reason}"), None)
        })?;
        if arms.iter().any(|other| other.name() == name) {
            let message = format!("two points have the name `{name}`; put every dimension in braces");
            return Err(places.at(&["search", "draw", "name"], &message, None));
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
    Ok((arms, search))
}

/// Refuses an ensemble whose members are not trained arms listed before it.
fn check_members(
    members: &[String],
    arms: &[Arm],
    place: &Path,
    places: &Places,
) -> Result<(), ExperimentError> {
    let trained = |arm: &&Arm| arm.configuration().is_some();
    let at = |message: &str, help: Option<&str>| Err(places.at(place, message, help));
    for (position, member) in members.iter().enumerate() {
        if members[..position].contains(member) {
            return at(&format!("duplicate entry `{member}`"), None);
        }
        if !arms.iter().filter(trained).any(|arm| arm.name() == member) {
            let help = nearest(member, arms.iter().filter(trained).map(Arm::name));
            let help = help.map(|word| format!("did you mean `{word}`?"));
            return at(&format!("no trained arm `{member}` is listed before this one"), help.as_deref());
        }
    }
    if members.len() < 2 {
        return at("expected at least two arms", None);
    }
    Ok(())
}

/// A section of the settings, the keys above it in the file, and what it holds.
type Layer<'a> = (&'static str, &'a Path<'a>, &'a toml::Table);

/// The defaults of a kind of model, with the tables of a file laid over them.
fn configuration(
    model: &toml::Table,
    layers: &[Layer],
    place: &Path,
    places: &Places,
    defaults: Defaults,
) -> Result<Configuration, ExperimentError> {
    let word = model.get("kind").and_then(toml::Value::as_str).unwrap_or_default();
    let default = defaults.configuration(word).map_err(|error| {
        let help = error.nearest().map(|word| format!("did you mean `{word}`?"));
        places.at(&[place, &["model", "kind"]].concat(), &error.to_string(), help.as_deref())
    })?;
    for (section, above, table) in layers {
        if table.contains_key("epochs") {
            let keys = [above, &[*section, "epochs"][..]].concat();
            return Err(places.at(&keys, "epochs are set by the profiles", None));
        }
    }
    let model: Layer = ("model", place, model);
    layers.iter().chain([&model]).try_fold(default, |configuration, (section, above, table)| {
        let value = from_toml(&toml::Value::Table((*table).clone()))
            .map_err(|error| places.at(&[above, &[*section][..]].concat(), &error.to_string(), None))?;
        overlay(&configuration, &[section], &value, defaults).map_err(|error| {
            let (key, message, help) = error.words();
            let below: Vec<&str> = key.split('.').collect();
            places.at(&[above, &below[..]].concat(), &message, help.as_deref())
        })
    })
}
