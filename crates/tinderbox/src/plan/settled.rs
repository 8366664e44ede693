//! Experiments with their settings applied, and arms with the same settings found among them.

use std::collections::HashMap;

use tinderbox_data::{Dataset, Protocol};
use tinderbox_report::{ArmFacts, Perturbation, PerturbationFacts, Source};

use super::{MOST_TRIALS, Overrides, PlanError, PlanReason, Planned, ProfileName};
use crate::experiment::{Arm, Configuration, Content, Defaults, Experiment, Profile, Setting};
use crate::json;

/// An experiment whose settings are applied.
pub(super) struct Settled {
    experiment: Experiment,
    pooled: bool,
}

/// A trained arm, and what the experiments that use it need of it.
pub(super) struct Shared {
    pub(super) source: Source,
    pub(super) configuration: Configuration,
    pub(super) protocol: Protocol,
    pub(super) perturbations: Vec<Perturbation>,
    pub(super) pooled: bool,
}

impl Settled {
    pub(super) fn new(
        mut experiment: Experiment,
        overrides: &Overrides,
        dataset: &Dataset,
        defaults: Defaults,
    ) -> Result<Self, PlanError> {
        let profile = match overrides.profile {
            ProfileName::Quick => experiment.profiles.quick,
            ProfileName::Full => experiment.profiles.full,
        };
        draw(&mut experiment, profile);
        let seeds = overrides.seeds.unwrap_or(profile.seeds);
        if let Some(arm) = experiment.arms.get(MOST_TRIALS / seeds.max(1)) {
            let (experiment, arm) = (experiment.name().to_string(), arm.name().to_string());
            return Err(PlanError { experiment, arm, reason: Box::new(PlanReason::Many(seeds)) });
        }
        let mut before = HashMap::new();
        for arm in &mut experiment.arms {
            let epochs = overrides.epochs.unwrap_or(profile.epochs);
            settle(arm, &mut before, epochs, overrides, dataset, defaults).map_err(|reason| PlanError {
                experiment: experiment.facts.name.clone(),
                arm: arm.facts.name.clone(),
                reason: Box::new(reason),
            })?;
        }
        experiment.facts.seeds = (1..=seeds as u64).collect();
        Ok(Self { experiment, pooled: profile.pooled })
    }

    /// Finds each trained arm among those of earlier experiments, or adds it to them. `places` has their places, by
    /// all that makes a training the same.
    pub(super) fn share(self, shared: &mut Vec<Shared>, places: &mut HashMap<String, usize>) -> Planned {
        let Self { mut experiment, pooled } = self;
        let are_placed: Vec<bool> =
            experiment.arms.iter().map(|arm| is_placed(arm, &experiment.arms)).collect();
        let Experiment { facts, arms, protocol, .. } = &mut experiment;
        for (arm, is_placed) in arms.iter_mut().zip(are_placed) {
            let Content::Trained(configuration) = &arm.content else { continue };
            let same = json::text(&(configuration, *protocol, &facts.seeds));
            let place = *places.entry(same).or_insert_with(|| {
                shared.push(Shared {
                    source: Source { experiment: facts.name.clone(), arm: arm.facts.name.clone() },
                    configuration: configuration.clone(),
                    protocol: *protocol,
                    perturbations: Vec::new(),
                    pooled: false,
                });
                shared.len() - 1
            });
            let source = &mut shared[place];
            for PerturbationFacts { perturbation, .. } in &facts.perturbations {
                if !source.perturbations.contains(perturbation) {
                    source.perturbations.push(perturbation.clone());
                }
            }
            source.pooled |= pooled && *protocol == Protocol::Official && is_placed;
            let is_own = source.source.experiment == facts.name;
            arm.facts.same_as = (!is_own).then(|| source.source.clone());
        }
        Planned { experiment, tasks: Vec::new() }
    }
}

/// Keeps the points that the profile draws, in the order of the grid.
fn draw(experiment: &mut Experiment, profile: Profile) {
    let Some(search) = &experiment.search else { return };
    experiment.arms.truncate(profile.points.unwrap_or(usize::MAX));
    let grid = search.grid();
    experiment.arms.sort_by_cached_key(|arm| grid.iter().position(|point| *point == arm.facts.point));
}

/// Whether a reported number is to be placed by this arm: its own, or that of an average which it is a part of.
fn is_placed(arm: &Arm, arms: &[Arm]) -> bool {
    let holds = |other: &ArmFacts| {
        other.ensemble.as_ref().is_some_and(|ensemble| ensemble.members.contains(&arm.facts.name))
    };
    let reports = |other: &&Arm| other.facts.reported.is_some();
    arm.facts.reported.is_some() || arms.iter().filter(reports).any(|other| holds(&other.facts))
}

/// Applies what the command line overrides to an arm, and compares it with the images and the arms before it, which have
/// their names in `before` by their settings.
fn settle(
    arm: &mut Arm,
    before: &mut HashMap<String, String>,
    epochs: usize,
    overrides: &Overrides,
    dataset: &Dataset,
    defaults: Defaults,
) -> Result<(), PlanReason> {
    let Content::Trained(configuration) = &mut arm.content else { return Ok(()) };
    configuration.training.epochs = epochs;
    *configuration = Setting::apply_all(&overrides.settings, configuration, defaults)?;
    configuration.check_fit(&dataset.test).map_err(PlanReason::Fit)?;
    match before.insert(json::text(&*configuration), arm.facts.name.clone()) {
        Some(twin) => Err(PlanReason::Twin(twin)),
        None => Ok(()),
    }
}
