//! From text to an [`Experiment`]: the frame by serde, then the arms, then what must agree between them.

use serde::Deserialize;
use tinderbox_data::Protocol;
use tinderbox_report::{Claim, Perturbation, Settings};

use super::arms::{self, ArmFile, SearchFile};
use super::diagnostic::{ExperimentError, nearest};
use super::places::Places;
use super::{Arm, Experiment, MOST_EPOCHS, MOST_SEEDS, Profiles, search};
use crate::name::Name;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    part: String,
    title: String,
    statement: String,
    protocol: Protocol,
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

pub(super) fn parse(path: &str, text: &str) -> Result<Experiment, ExperimentError> {
    let places = Places::new(path, text)?;
    let file: File = places.read()?;
    check_name(&file.name, &places)?;
    check_profiles(&file.profiles, file.search.is_some(), &places)?;
    check_perturbations(&file.perturbations, &places)?;
    if file.arms.is_empty() && file.search.is_none() {
        return Err(places.at(
            &["name"],
            "this experiment has no arms and no search, expected one of them",
            None,
        ));
    }
    if file.search.is_some() && !file.arms.is_empty() {
        return Err(places.at(&["arms"], "the arms of a search are its points, expected no others", None));
    }
    let (arms, search) = match file.search {
        Some(search) => {
            let (arms, search) = arms::searched(search, &file.training, &places)?;
            (arms, Some(search))
        }
        None => (arms::listed(&file.arms, &file.training, &places)?, None),
    };
    check_claims(&file.claims, &arms, &file.perturbations, &places)?;
    Ok(Experiment {
        name: file.name,
        part: file.part,
        title: file.title,
        statement: file.statement,
        protocol: file.protocol,
        profiles: file.profiles,
        perturbations: file.perturbations,
        arms,
        search,
        claims: file.claims,
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
            return at("points", "there is no search to draw points of");
        }
    }
    Ok(())
}

fn check_perturbations(perturbations: &[Perturbation], places: &Places) -> Result<(), ExperimentError> {
    for (index, perturbation) in perturbations.iter().enumerate() {
        let problem = match (perturbation.name.as_str(), &perturbation.settings) {
            ("fgsm", Settings::Strength(epsilon)) if !(0.0..=1.0).contains(epsilon) => {
                "expected an ε in [0, 1]"
            }
            ("noise", Settings::Strength(deviation)) if !(*deviation > 0.0 && *deviation <= 1.0) => {
                "expected a deviation in (0, 1]"
            }
            _ if perturbations[..index].contains(perturbation) => "duplicate entry",
            _ => continue,
        };
        return Err(places.at(&["perturbations", &index.to_string()], problem, None));
    }
    Ok(())
}

fn check_claims(
    claims: &[Claim],
    arms: &[Arm],
    perturbations: &[Perturbation],
    places: &Places,
) -> Result<(), ExperimentError> {
    let facts: Vec<_> = arms.iter().map(|arm| arm.facts(None)).collect();
    tinderbox_report::claim::check(claims, &facts, perturbations).map_err(|error| {
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
