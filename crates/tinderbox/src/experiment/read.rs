//! From text to an [`Experiment`]: serde reads the tables, then the arms are built, then cross-checks follow.

use serde::Deserialize;
use tinderbox_data::Protocol;
use tinderbox_report::claim::{Claim, Reason};
use tinderbox_report::{ArmFacts, ExperimentFacts, Perturbation, PerturbationFacts, Strength};
use tinderbox_training::Choice;
use tinderbox_training::perturbation::Perturbation as Changes;

use super::arms::{self, ArmFile, ReadArm, SearchFile, kind_error};
use super::diagnostic::ExperimentError;
use super::places::Places;
use super::problems::Problems;
use super::{Arm, Defaults, Experiment, MOST_EPOCHS, MOST_SEEDS, Profiles, search};
use crate::json;
use crate::name::Name;
use crate::nearest::nearest;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
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
    let mut problems = Problems::new(&places);
    let experiment = read(&mut problems, defaults);
    problems.end()?;
    // Without a mistake there is one.
    experiment.ok_or_else(|| ExperimentError::unreadable(path, "cannot be read"))
}

/// The experiment, unless its mistakes leave none.
fn read(problems: &mut Problems, defaults: Defaults) -> Option<Experiment> {
    let (file, _) = problems.read_with_space::<File>(&["search", "draw", "space"]);
    let file = file?;
    if let Err(error) = Name::new(&file.name) {
        problems.add(&["name"], error.to_string(), None);
    }
    let defaults = check_dataset(file.dataset.as_deref(), problems, defaults);
    check_profiles(&file.profiles, file.search.is_some() || file.arms.is_empty(), problems);
    let perturbations = check_perturbations(&file.perturbations, problems, defaults);
    if file.arms.is_empty()
        && file.search.is_none()
        && problems.is_free(&["arms"])
        && problems.is_free(&["search"])
        && !problems.has_unknown_section()
    {
        problems.add(&["name"], "this experiment has neither arms nor a search; add one of them", None);
    }
    if file.search.is_some() && !file.arms.is_empty() {
        let message = "an experiment with a search takes its arms from the search; remove `arms`";
        problems.add(&["arms"], message, None);
    }
    let (arms, facts, search) = if let Some(search) = file.search {
        let arms = arms::searched(&search, &file.training, problems, defaults);
        let facts = arms.as_ref().map(|arms| arms.iter().map(|arm| arm.facts.clone()).collect());
        (arms, facts, Some(search.into_draw()))
    } else {
        let arms = arms::listed(&file.arms, &file.training, problems, defaults);
        let facts: Vec<ArmFacts> = arms.iter().map(|arm| arm.facts.clone()).collect();
        let whole = arms.into_iter().map(|ReadArm { facts, content }| Some(Arm { facts, content: content? }));
        (whole.collect(), Some(facts), None)
    };
    // Of arms that cannot be drawn, nothing is known.
    if let Some(facts) = &facts {
        check_claims(&file.claims, facts, &file.perturbations, problems);
    }
    Some(Experiment {
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
        arms: arms?,
        search,
    })
}

fn check_profiles(profiles: &Profiles, may_search: bool, problems: &mut Problems) {
    for (name, profile) in [("quick", profiles.quick), ("full", profiles.full)] {
        let counts = [
            ("seeds", Some(profile.seeds), MOST_SEEDS),
            ("epochs", Some(profile.epochs), MOST_EPOCHS),
            ("points", profile.points, search::MOST_POINTS as usize),
        ];
        for (key, value, most) in counts {
            if let Some(value) = value.filter(|value| !(1..=most).contains(value)) {
                let message = format!("is {value}, expected at least 1 and at most {most}");
                problems.add(&["profiles", name, key], message, None);
            }
        }
        if profile.points.is_some() && !may_search && problems.is_free(&["search"]) {
            let message = "this experiment has no search, so `points` has no effect; remove it";
            problems.add(&["profiles", name, "points"], message, None);
        }
    }
}

/// The defaults for the images of the dataset that an experiment names.
fn check_dataset<'a>(dataset: Option<&str>, problems: &mut Problems, defaults: Defaults<'a>) -> Defaults<'a> {
    let Some(name) = dataset else { return defaults };
    match defaults.catalog.datasets.get(name) {
        Ok(manifest) => Defaults { images: manifest.spec(), ..defaults },
        Err(error) => {
            problems.add(&["dataset"], error.to_string(), None);
            defaults
        }
    }
}

fn check_perturbations(
    perturbations: &[Perturbation],
    problems: &mut Problems,
    defaults: Defaults,
) -> Vec<PerturbationFacts> {
    let kinds = &defaults.catalog.kinds;
    let mut read: Vec<(&Perturbation, Choice<dyn Changes>)> = Vec::new();
    for (index, perturbation) in perturbations.iter().enumerate() {
        let index = index.to_string();
        let choice = match kinds.perturbations.read(&json::value(perturbation), kinds) {
            Ok(choice) => choice,
            Err(error) => {
                kind_error(problems, &["perturbations"], &index, &error);
                continue;
            }
        };
        if choice.strength().is_some_and(|(_, value)| value == 0.0) && choice.as_attack().is_none() {
            let message = "a strength of 0 changes nothing; expected a strength above 0";
            problems.add(&["perturbations", &index], message, None);
        }
        if read.iter().any(|(_, other)| *other == choice) {
            problems.add(&["perturbations", &index], format!("duplicate entry `{perturbation}`"), None);
        }
        read.push((perturbation, choice));
    }
    let facts = |(perturbation, choice): &(&Perturbation, Choice<dyn Changes>)| PerturbationFacts {
        perturbation: (*perturbation).clone(),
        title: choice.title().to_string(),
        strength: choice.strength().map(|(symbol, value)| Strength { symbol: symbol.to_string(), value }),
        attack: choice.as_attack().is_some(),
    };
    read.iter().map(facts).collect()
}

fn check_claims(
    claims: &[Claim],
    arms: &[ArmFacts],
    perturbations: &[Perturbation],
    problems: &mut Problems,
) {
    for error in tinderbox_report::claim::mistakes(claims, arms, perturbations) {
        // What a claim names may be there once other mistakes are put right.
        let hidden = match &*error.reason {
            Reason::Arm(..)
            | Reason::NoArm(_)
            | Reason::TooFewArms(_)
            | Reason::Dimension(..)
            | Reason::SeveralArms(..)
            | Reason::Repeated(_) => names_are_hidden(arms, problems),
            Reason::Perturbation(..) => !problems.is_free(&["perturbations"]),
            _ => false,
        };
        if hidden {
            continue;
        }
        let index = error.claim.to_string();
        let keys: Vec<&str> =
            ["claims", &index].into_iter().chain(error.keys.iter().map(String::as_str)).collect();
        let help = error
            .word
            .as_deref()
            .and_then(|word| nearest(word, error.allowed.iter().map(String::as_str)))
            .map(|word| format!("did you mean `{word}`?"));
        problems.add(&keys, error.reason.to_string(), help);
    }
}

/// Whether the name of an arm could not be read. Of a file without arms that is a mistake of its own.
fn names_are_hidden(arms: &[ArmFacts], problems: &Problems) -> bool {
    let is_draw_free =
        problems.is_free(&["search", "draw"]) && !problems.lost_an_item(&["search", "draw", "space"]);
    let places = 0..arms.len();
    let is_name_free = |place: usize| problems.is_free(&["arms", &place.to_string(), "name"]);
    !is_draw_free
        || arms.is_empty()
        || problems.lost_an_item(&["arms"])
        || arms.iter().any(|arm| arm.name.is_empty())
        || !places.into_iter().all(is_name_free)
}

#[cfg(test)]
mod tests;
