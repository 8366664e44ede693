//! Experiments with their settings applied, and arms with the same settings found among them.

use tinderbox_data::{Dataset, Protocol};
use tinderbox_report::Perturbation;

use super::{MOST_TRIALS, PlanError, PlanReason, Planned, ProfileName, Source, Wishes};
use crate::experiment::{Arm, Configuration, Content, Dimension, Experiment, Profile, Setting};
use crate::trial::check_fit;

/// An experiment whose settings are applied.
pub(super) struct Settled {
    experiment: Experiment,
    seeds: Vec<u64>,
    pooled: bool,
}

/// An arm that is trained, and what all experiments that use it want of it.
pub(super) struct Shared {
    pub(super) source: Source,
    pub(super) configuration: Configuration,
    pub(super) protocol: Protocol,
    seeds: Vec<u64>,
    pub(super) perturbations: Vec<Perturbation>,
    pub(super) pooled: bool,
}

impl Settled {
    pub(super) fn new(
        mut experiment: Experiment,
        wishes: &Wishes,
        dataset: &Dataset,
    ) -> Result<Self, PlanError> {
        let profile = match wishes.profile {
            ProfileName::Quick => experiment.profiles.quick,
            ProfileName::Full => experiment.profiles.full,
        };
        draw(&mut experiment, profile);
        let seeds = wishes.seeds.unwrap_or(profile.seeds);
        if let Some(arm) = experiment.arms.get(MOST_TRIALS / seeds.max(1)) {
            let (experiment, arm) = (experiment.name.clone(), arm.name.clone());
            return Err(PlanError { experiment, arm, reason: PlanReason::Many(seeds) });
        }
        for position in 0..experiment.arms.len() {
            let (before, from_here) = experiment.arms.split_at_mut(position);
            let arm = &mut from_here[0];
            settle(arm, before, wishes.epochs.unwrap_or(profile.epochs), wishes, dataset).map_err(
                |reason| PlanError { experiment: experiment.name.clone(), arm: arm.name.clone(), reason },
            )?;
        }
        let seeds = (1..=seeds as u64).collect();
        Ok(Self { experiment, seeds, pooled: profile.pooled })
    }

    /// Finds each trained arm among those of earlier experiments, or adds it to them.
    pub(super) fn share(self, shared: &mut Vec<Shared>) -> Planned {
        let Self { experiment, seeds, pooled } = self;
        let mut same_as = Vec::new();
        for arm in &experiment.arms {
            let Content::Trained(configuration) = &arm.content else {
                same_as.push(None);
                continue;
            };
            let place = shared.iter().position(|other| {
                other.configuration == *configuration
                    && other.protocol == experiment.protocol
                    && other.seeds == seeds
            });
            let place = place.unwrap_or_else(|| {
                shared.push(Shared {
                    source: Source { experiment: experiment.name.clone(), arm: arm.name.clone() },
                    configuration: configuration.clone(),
                    protocol: experiment.protocol,
                    seeds: seeds.clone(),
                    perturbations: Vec::new(),
                    pooled: false,
                });
                shared.len() - 1
            });
            let source = &mut shared[place];
            for perturbation in &experiment.perturbations {
                if !source.perturbations.contains(perturbation) {
                    source.perturbations.push(perturbation.clone());
                }
            }
            source.pooled |=
                pooled && experiment.protocol == Protocol::Official && is_placed(arm, &experiment.arms);
            same_as.push((source.source.experiment != experiment.name).then(|| source.source.clone()));
        }
        Planned { experiment, seeds, same_as, tasks: Vec::new() }
    }
}

/// Keeps the points that the profile draws, in the order of the grid.
fn draw(experiment: &mut Experiment, profile: Profile) {
    let Some(search) = &experiment.search else { return };
    experiment.arms.truncate(profile.points.unwrap_or(usize::MAX));
    let place = |arm: &Arm| -> Vec<Option<usize>> {
        let of = |dimension: &Dimension| {
            let chosen = arm.point.get(&dimension.name)?;
            dimension.values.iter().position(|value| value == chosen)
        };
        search.dimensions.iter().map(of).collect()
    };
    experiment.arms.sort_by_key(place);
}

/// Whether a reported number is to be placed by this arm: its own, or that of an average which it is a part of.
fn is_placed(arm: &Arm, arms: &[Arm]) -> bool {
    let reports = |other: &&Arm| other.reported.is_some();
    arm.reported.is_some()
        || arms
            .iter()
            .filter(reports)
            .any(|other| matches!(&other.content, Content::Average(members) if members.contains(&arm.name)))
}

/// Applies what was wished to an arm, and compares it with the images and the arms before it.
fn settle(
    arm: &mut Arm,
    before: &[Arm],
    epochs: usize,
    wishes: &Wishes,
    dataset: &Dataset,
) -> Result<(), PlanReason> {
    let Content::Trained(configuration) = &mut arm.content else { return Ok(()) };
    configuration.training.epochs = epochs;
    *configuration = Setting::apply_all(&wishes.settings, configuration)?;
    check_fit(&configuration.model, &dataset.test).map_err(PlanReason::Fit)?;
    match before.iter().find(|other| other.content == arm.content) {
        Some(twin) => Err(PlanReason::Twin(twin.name.clone())),
        None => Ok(()),
    }
}
