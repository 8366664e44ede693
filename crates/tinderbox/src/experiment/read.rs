//! From text to an [`Experiment`]: serde reads the tables, then the arms are built, then cross-checks follow.

use serde::Deserialize;
use tinderbox_data::Protocol;
use tinderbox_report::claim::Claim;
use tinderbox_report::{ExperimentFacts, Perturbation, PerturbationFacts, Strength};
use tinderbox_training::Choice;
use tinderbox_training::perturbation::Perturbation as Changes;

use super::arms::{self, ArmFile, SearchFile, kind_error};
use super::diagnostic::{ExperimentError, nearest};
use super::places::Places;
use super::{Arm, Defaults, Experiment, MOST_EPOCHS, MOST_SEEDS, Profiles, search};
use crate::json;
use crate::name::Name;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    part: String,
    title: String,
    statement: String,
    protocol: Protocol,
    dataset: Option<String>,
    profiles: Profiles,
    #[serde(default)]
    training: toml::Table,
    #[serde(default)]
    perturbations: Vec<Perturbation>,
    #[serde(default)]
    arms: Vec<ArmFile>,
    search: Option<SearchFile>,
    #[serde(default)]
    claims: Vec<Claim>,
}

pub(super) fn parse(path: &str, text: &str, defaults: Defaults) -> Result<Experiment, ExperimentError> {
    let places = Places::new(path, text)?;
    let file: File = places.read()?;
    check_name(&file.name, &places)?;
    let defaults = check_dataset(file.dataset.as_deref(), &places, defaults)?;
    check_profiles(&file.profiles, file.search.is_some(), &places)?;
    let perturbations = check_perturbations(&file.perturbations, &places, defaults)?;
    if file.arms.is_empty() && file.search.is_none() {
        return Err(places.at(
            &["name"],
            "this experiment has neither arms nor a search; add one of them",
            None,
        ));
    }
    if file.search.is_some() && !file.arms.is_empty() {
        return Err(places.at(
            &["arms"],
            "an experiment with a search takes its arms from the search; remove `arms`",
            None,
        ));
    }
    let (arms, search) = match file.search {
        Some(search) => {
            let (arms, search) = arms::searched(search, &file.training, &places, defaults)?;
            (arms, Some(search))
        }
        None => (arms::listed(&file.arms, &file.training, &places, defaults)?, None),
    };
    check_claims(&file.claims, &arms, &file.perturbations, &places)?;
    Ok(Experiment {
        facts: ExperimentFacts {
            name: file.name,
            part: file.part,
            title: file.title,
            statement: file.statement,
            protocol: file.protocol.to_string(),
            seeds: Vec::new(),
            epochs: Some(file.profiles.full.epochs),
            perturbations,
            search: search.as_ref().map(search::Search::facts),
            claims: file.claims,
        },
        protocol: file.protocol,
        dataset: file.dataset,
        profiles: file.profiles,
        arms,
        search,
    })
}

fn check_name(name: &str, places: &Places) -> Result<(), ExperimentError> {
    match Name::new(name) {
        Ok(_) => Ok(()),
        Err(error) => Err(places.at(&["name"], &error.to_string(), None)),
    }
}

fn check_profiles(profiles: &Profiles, search: bool, places: &Places) -> Result<(), ExperimentError> {
    for (name, profile) in [("quick", profiles.quick), ("full", profiles.full)] {
        let at = |key, message: &str| Err(places.at(&["profiles", name, key], message, None));
        let counts = [
            ("seeds", Some(profile.seeds), MOST_SEEDS),
            ("epochs", Some(profile.epochs), MOST_EPOCHS),
            ("points", profile.points, search::MOST_POINTS as usize),
        ];
        for (key, value, most) in counts {
            if value.is_some_and(|value| !(1..=most).contains(&value)) {
                let value = value.unwrap_or(0);
                return at(key, &format!("is {value}, expected at least 1 and at most {most}"));
            }
        }
        if profile.points.is_some() && !search {
            return at("points", "this experiment has no search, so `points` has no effect; remove it");
        }
    }
    Ok(())
}

/// The defaults for the images of the dataset that an experiment names.
fn check_dataset<'a>(
    dataset: Option<&str>,
    places: &Places,
    defaults: Defaults<'a>,
) -> Result<Defaults<'a>, ExperimentError> {
    let Some(name) = dataset else { return Ok(defaults) };
    match defaults.catalog.datasets.get(name) {
        Ok(manifest) => Ok(Defaults { images: manifest.spec(), ..defaults }),
        Err(error) => Err(places.at(&["dataset"], &error.to_string(), None)),
    }
}

fn check_perturbations(
    perturbations: &[Perturbation],
    places: &Places,
    defaults: Defaults,
) -> Result<Vec<PerturbationFacts>, ExperimentError> {
    let kinds = &defaults.catalog.kinds;
    let mut read: Vec<Choice<dyn Changes>> = Vec::new();
    for (index, perturbation) in perturbations.iter().enumerate() {
        let index = index.to_string();
        let choice = kinds.perturbations.read(&json::value(perturbation), kinds);
        let choice = choice.map_err(|error| kind_error(places, &["perturbations"], &index, &error))?;
        if choice.strength().is_some_and(|(_, value)| value == 0.0) && choice.as_attack().is_none() {
            let message = "a strength of 0 changes nothing; expected a strength above 0";
            return Err(places.at(&["perturbations", &index], message, None));
        }
        if read.contains(&choice) {
            return Err(places.at(&["perturbations", &index], "duplicate entry", None));
        }
        read.push(choice);
    }
    let facts = |(perturbation, choice): (&Perturbation, &Choice<dyn Changes>)| PerturbationFacts {
        perturbation: perturbation.clone(),
        title: choice.title().to_string(),
        strength: choice.strength().map(|(symbol, value)| Strength { symbol: symbol.to_string(), value }),
        attack: choice.as_attack().is_some(),
    };
    Ok(perturbations.iter().zip(&read).map(facts).collect())
}

fn check_claims(
    claims: &[Claim],
    arms: &[Arm],
    perturbations: &[Perturbation],
    places: &Places,
) -> Result<(), ExperimentError> {
    let arms: Vec<_> = arms.iter().map(|arm| arm.facts.clone()).collect();
    tinderbox_report::claim::check(claims, &arms, perturbations).map_err(|error| {
        let index = error.claim.to_string();
        let keys: Vec<&str> =
            ["claims", &index].into_iter().chain(error.keys.iter().map(String::as_str)).collect();
        let help = error
            .word
            .as_deref()
            .and_then(|word| nearest(word, error.allowed.iter().map(String::as_str)))
            .map(|word| format!("did you mean `{word}`?"));
        places.at(&keys, &error.reason.to_string(), help.as_deref())
    })
}
