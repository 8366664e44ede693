//! The arms of a file: the settings of each laid over the defaults of its kind, listed one by one or drawn by a search.

use std::collections::BTreeMap;

use serde::Deserialize;
use tinderbox_models::Kind;

use super::diagnostic::{ExperimentError, nearest};
use super::overlay::overlay;
use super::places::{Path, Places};
use tinderbox_report::Reported;

use super::{Arm, Configuration, Content, Search};
use crate::json::{from_toml, plain};

/// An arm as a file describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ArmFile {
    name: String,
    description: String,
    model: Option<toml::Table>,
    training: Option<toml::Table>,
    average: Option<Vec<String>>,
    reported: Option<Reported>,
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
) -> Result<Vec<Arm>, ExperimentError> {
    let mut arms: Vec<Arm> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let index = index.to_string();
        let at = |key, message: &str| places.at(&["arms", &index, key], message, None);
        if file.name.trim().is_empty() {
            return Err(at("name", "is empty"));
        }
        if arms.iter().any(|other| other.name == file.name) {
            return Err(at("name", "two arms have this name"));
        }
        let content = match (&file.average, &file.model) {
            (Some(_), Some(_)) => return Err(at("model", "an average trains nothing, expected no model")),
            (Some(_), None) if file.training.is_some() => {
                return Err(at("training", "an average trains nothing, expected no settings"));
            }
            (Some(members), None) => average(members, &arms, &index, places)?,
            (None, None) => {
                return Err(at("name", "this arm has no model and no average, expected one of them"));
            }
            (None, Some(model)) => {
                let own = file.training.clone().unwrap_or_default();
                let place = ["arms", &index];
                Content::Trained(configuration(
                    model,
                    &[("training", &[], training), ("training", &place, &own)],
                    &place,
                    places,
                )?)
            }
        };
        arms.push(Arm {
            name: file.name.clone(),
            description: file.description.clone(),
            content,
            reported: file.reported.clone(),
            point: BTreeMap::new(),
        });
    }
    Ok(arms)
}

/// Every point of a search as an arm, in the order of its sampler.
pub(super) fn searched(
    file: SearchFile,
    training: &toml::Table,
    places: &Places,
) -> Result<(Vec<Arm>, Search), ExperimentError> {
    let place = ["search"];
    let layers: [Layer; 2] = [("training", &[], training), ("training", &place, &file.training)];
    let base = configuration(&file.model, &layers, &place, places)?;
    let search = file.draw;
    let points =
        search.points().map_err(|reason| places.at(&["search", "draw", "dimensions"], &reason, None))?;
    for (index, reported) in search.reported.iter().enumerate() {
        if !points.contains(&reported.point) {
            let keys = ["search", "draw", "reported", &index.to_string(), "point"];
            return Err(places.at(&keys, "is not a point of this space", None));
        }
    }
    let mut arms: Vec<Arm> = Vec::new();
    for point in points {
        let settings = search.settings(&point);
        let configured = settings.iter().try_fold(base.clone(), |configuration, (key, value)| {
            overlay(&configuration, &key.split('.').collect::<Vec<_>>(), value)
        });
        let configuration = configured.map_err(|error| {
            let (_, message, help) = error.words();
            places.at(&["search", "draw", "dimensions"], &format!("{error}; {message}"), help.as_deref())
        })?;
        let name = search.arm(&point);
        if arms.iter().any(|other| other.name == name) {
            let message = format!("two points are called `{name}`, expected every dimension in braces");
            return Err(places.at(&["search", "draw", "name"], &message, None));
        }
        let description = point.iter().map(|(name, value)| format!("{name} {}", plain(value)));
        arms.push(Arm {
            description: description.collect::<Vec<_>>().join(", "),
            name,
            content: Content::Trained(configuration),
            reported: search.reported(&point),
            point,
        });
    }
    Ok((arms, search))
}

/// Whose answers are averaged: arms that stand before this one and are trained.
fn average(
    members: &[String],
    arms: &[Arm],
    index: &str,
    places: &Places,
) -> Result<Content, ExperimentError> {
    let trained = |arm: &&Arm| arm.configuration().is_some();
    let at = |message: &str, help: Option<&str>| places.at(&["arms", index, "average"], message, help);
    for (position, member) in members.iter().enumerate() {
        if members[..position].contains(member) {
            return Err(at(&format!("duplicate entry `{member}`"), None));
        }
        if !arms.iter().filter(trained).any(|arm| arm.name == *member) {
            let help = nearest(member, arms.iter().filter(trained).map(|arm| arm.name.as_str()));
            let help = help.map(|word| format!("did you mean `{word}`?"));
            return Err(at(&format!("no arm `{member}` is trained above this one"), help.as_deref()));
        }
    }
    if members.len() < 2 {
        return Err(at("expected at least two arms", None));
    }
    Ok(Content::Average(members.to_vec()))
}

/// A section of the settings, the keys above it in the file, and what it holds.
type Layer<'a> = (&'static str, &'a Path<'a>, &'a toml::Table);

/// The defaults of a kind of model, with the tables of a file laid over them.
fn configuration(
    model: &toml::Table,
    layers: &[Layer],
    place: &Path,
    places: &Places,
) -> Result<Configuration, ExperimentError> {
    let word = model.get("kind").and_then(toml::Value::as_str).unwrap_or_default();
    let default = kind(word).map(Configuration::paper).map_err(|(message, help)| {
        places.at(&[place, &["model", "kind"]].concat(), &message, help.as_deref())
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
        overlay(&configuration, &[section], &value).map_err(|error| {
            let (key, message, help) = error.words();
            let below: Vec<&str> = key.split('.').collect();
            places.at(&[above, &below[..]].concat(), &message, help.as_deref())
        })
    })
}

/// The kind of network that `word` names, or what is wrong with it and what was probably meant.
fn kind(word: &str) -> Result<Kind, (String, Option<String>)> {
    const KINDS: [Kind; 3] = [Kind::Fcn, Kind::Cnn, Kind::LocalNet];
    let names = KINDS.map(|kind| kind.to_string());
    match names.iter().position(|name| name == word) {
        Some(position) => Ok(KINDS[position]),
        None => Err((
            format!("no kind of model; expected one of {}", names.join(", ")),
            nearest(word, names.iter().map(String::as_str)).map(|word| format!("did you mean `{word}`?")),
        )),
    }
}
